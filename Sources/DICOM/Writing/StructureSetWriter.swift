import Imaging
import Quantities

/// Writes a structure set as an RT Structure Set object.
package struct StructureSetWriter: Sendable {
    package var series: SeriesContext
    /// The images that were contoured; `nil` when there are none.
    package var images: ReferencedSeries?
    /// How the contours came about (ROI Generation Algorithm): `AUTOMATIC`, `SEMIAUTOMATIC`,
    /// `MANUAL`, or empty when it is not known.
    package var generation: String

    package init(series: SeriesContext, images: ReferencedSeries?, generation: String = "") {
        self.series = series
        self.images = images
        self.generation = generation
    }

    /// Returns the object.
    ///
    /// Coordinates are written to 0.1 µm, or as exactly as the 65534 bytes of one contour allow,
    /// never coarser than 10 µm.
    ///
    /// - Throws: ``DicomError/limitExceeded(what:)`` for a contour with more points than an
    ///   element holds, ``DicomError/refused(code:reason:)`` for one that is not finite or has
    ///   no points.
    package func compose(
        _ set: StructureSet, instanceUID: String
    ) throws -> ComposedObjects {
        var data = DataSet()
        data.setCommonModules(
            series, modality: "RTSTRUCT", sopClassUID: SOPClass.rtStructureSet,
            sopInstanceUID: instanceUID, instanceNumber: 1)
        data.setEmpty(.operatorsName)
        data.setFrameOfReference(set.frameOfReferenceUID)
        data.setFitted(.structureSetLabel, set.label)
        data.set(.structureSetDate, series.date)
        data.set(.structureSetTime, series.time)
        data.set(.referencedFrameOfReferenceSequence, [frameOfReference(set)])
        data.set(.structureSetROISequence, set.structures.map { region($0, set) })
        data.set(.roiContourSequence, try set.structures.map(contours))
        data.set(.rtroiObservationsSequence, set.structures.map(observation))
        data.set(.approvalStatus, "UNAPPROVED")
        return ComposedObjects(dataSets: [data], findings: shortened(set))
    }

    private func frameOfReference(_ set: StructureSet) -> DataSet {
        var frame = DataSet()
        frame.set(.frameOfReferenceUID, set.frameOfReferenceUID)
        guard let images else { return frame }
        var series = DataSet()
        series.set(.seriesInstanceUID, images.seriesInstanceUID)
        series.set(.contourImageSequence, images.instances.map(DataSet.init(reference:)))
        // Detached Study Management, retired, is what RT objects name here by custom.
        var study = DataSet(
            reference: InstanceReference(
                sopClassUID: "1.2.840.10008.3.1.2.3.1", sopInstanceUID: images.studyInstanceUID))
        study.set(.rtReferencedSeriesSequence, [series])
        frame.set(.rtReferencedStudySequence, [study])
        return frame
    }

    private func region(_ structure: StructureSet.Structure, _ set: StructureSet) -> DataSet {
        var item = DataSet()
        item.set(.roiNumber, structure.number)
        item.set(.referencedFrameOfReferenceUID, set.frameOfReferenceUID)
        item.setFitted(.roiName, structure.name)
        if let note = structure.note { item.setFitted(.roiDescription, note) }
        item.set(.roiGenerationAlgorithm, generation)
        return item
    }

    private func contours(_ structure: StructureSet.Structure) throws -> DataSet {
        var item = DataSet()
        if let color = structure.colorRGB { item.set(.roiDisplayColor, color) }
        let contours = try structure.contours.contours.map(contour)
        if !contours.isEmpty { item.set(.contourSequence, contours) }
        item.set(.referencedROINumber, structure.number)
        return item
    }

    private func contour(_ contour: PlanarContour) throws -> DataSet {
        guard let first = contour.pointsMM.first else {
            throw DicomError.refused(code: "write.contour-empty", reason: "a contour is empty")
        }
        var item = DataSet()
        if let image = images?.instance(at: first) {
            item.set(.contourImageSequence, [DataSet(reference: image)])
        }
        item.set(
            .contourGeometricType, contour.pointsMM.count == 1 ? "POINT" : "CLOSED_PLANAR")
        item.set(.numberOfContourPoints, contour.pointsMM.count)
        item.setBytes(.contourData, try Self.coordinates(contour))
        return item
    }

    private static func coordinates(_ contour: PlanarContour) throws -> [UInt8] {
        let numbers = contour.pointsMM.flatMap { [$0.x, $0.y, $0.z] }
        // Beyond ten kilometres a coordinate is nonsense and would not fit 16 characters.
        guard numbers.allSatisfy({ $0.isFinite && abs($0) < 1e7 }) else {
            throw DicomError.refused(
                code: "write.contour-position", reason: "a contour leaves the coordinate range")
        }
        for decimals in [4, 3, 2] {
            let text = numbers.map { fixed($0, decimals) }.joined(separator: "\\")
            if text.utf8.count <= 65534 { return Array(text.utf8) }
        }
        throw DicomError.limitExceeded(
            what: "a contour of \(contour.pointsMM.count) points does not fit one element")
    }

    /// Returns the number with at most `decimals` decimals and no trailing zeros.
    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1
        for _ in 0 ..< decimals { scale *= 10 }
        // |value| < 1e7, so the scaled number is below 1e11 and fits an Int.
        let scaled = Int((value * Double(scale)).rounded())
        let sign = scaled < 0 ? "-" : ""
        let whole = abs(scaled) / scale
        var (rest, places) = (abs(scaled) % scale, decimals)
        guard rest > 0 else { return "\(sign)\(whole)" }
        while rest % 10 == 0 { (rest, places) = (rest / 10, places - 1) }
        let digits = String(rest)
        return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
    }

    private func observation(_ structure: StructureSet.Structure) -> DataSet {
        var item = DataSet()
        item.set(.observationNumber, structure.number)
        item.set(.referencedROINumber, structure.number)
        item.setFitted(.rtroiInterpretedType, structure.interpretedType ?? "")
        item.setEmpty(.roiInterpreter)
        return item
    }

    private func shortened(_ set: StructureSet) -> [Finding] {
        let names = set.structures.filter {
            FittedText.fitted($0.name, vr: .LO) != $0.name
        }
        return names.map {
            Finding(
                "rtstruct.name-shortened", .warning,
                "The name of structure \($0.number) was made to fit 64 characters.")
        }
    }
}
