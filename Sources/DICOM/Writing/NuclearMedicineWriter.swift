package import Imaging
package import Quantities

/// Writes gamma-camera images as multi-frame NM Image objects.
package struct NuclearMedicineWriter: Sendable {
    package var series: SeriesContext
    package var tracer: Radiotracer
    /// How long each view was measured.
    package var viewDuration: TimeSpan

    package init(series: SeriesContext, tracer: Radiotracer, viewDuration: TimeSpan) {
        self.series = series
        self.tracer = tracer
        self.viewDuration = viewDuration
    }

    /// Returns a planar anterior and posterior pair: frame 1 anterior, frame 2 posterior.
    ///
    /// Both frames are as the camera sees them, so the posterior one is mirrored against the
    /// anterior one; the orientation of each detector says so.
    ///
    /// - Parameters:
    ///   - views: Counts on a grid of two slices, anterior first; only its rows, columns and
    ///     in-plane spacing are used.
    ///   - isWholeBody: Image Type `WHOLE BODY` instead of `STATIC`.
    ///   - instanceUID: The identifier of the object.
    /// - Returns: The objects, and what was changed to make them fit.
    /// - Throws: ``DicomError/refused(code:reason:)`` when the grid has not two slices, or a
    ///   count is not finite or beyond 0...65535.
    package func composePlanar(
        _ views: CountMap, isWholeBody: Bool, instanceUID: String
    ) throws -> ComposedObjects {
        let geometry = views.counts.geometry
        guard geometry.shape.z == 2 else {
            throw DicomError.refused(
                code: "write.planar-views", reason: "\(geometry.shape.z) views instead of 2")
        }
        var data = try common(views, instanceUID: instanceUID)
        data.set(
            .imageType, ["ORIGINAL", "PRIMARY", isWholeBody ? "WHOLE BODY" : "STATIC", "EMISSION"])
        data.set(.actualFrameDuration, milliseconds)
        if isWholeBody {
            data.setEmpty(.scanVelocity)
            data.setEmpty(.scanLength)
        }
        data.set(.frameIncrementPointer, [0x0054_0010, 0x0054_0020])
        data.set(.energyWindowVector, [1, 1])
        data.set(.detectorVector, [1, 2])
        data.set(.numberOfDetectors, 2)
        data.set(
            .detectorInformationSequence,
            [
                planarDetector(
                    CodedConcept("399321004", "SCT", "Anterior projection"),
                    orientation: [1, 0, 0, 0, 0, -1]),
                planarDetector(
                    CodedConcept("399001007", "SCT", "Posterior projection"),
                    orientation: [-1, 0, 0, 0, 0, -1]),
            ])
        return ComposedObjects(dataSets: [data], findings: [])
    }

    /// Returns a reconstructed SPECT volume (`RECON TOMO`), one frame per slice.
    ///
    /// - Parameters:
    ///   - map: Counts per voxel, from 0 to 65535; rounded to whole counts.
    ///   - frameOfReferenceUID: The frame of reference of the grid.
    ///   - instanceUID: The identifier of the object.
    /// - Returns: The objects, and what was changed to make them fit.
    /// - Throws: ``DicomError/refused(code:reason:)`` when a count is not finite or beyond
    ///   0...65535.
    package func composeTomographic(
        _ map: CountMap, frameOfReferenceUID: String, instanceUID: String
    ) throws -> ComposedObjects {
        let geometry = map.counts.geometry
        var data = try common(map, instanceUID: instanceUID)
        data.set(.imageType, ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"])
        data.setFrameOfReference(frameOfReferenceUID)
        data.set(.frameIncrementPointer, [0x0054_0080])
        data.set(.sliceVector, Array(1 ... geometry.shape.z))
        data.set(.numberOfSlices, geometry.shape.z)
        data.set(.numberOfDetectors, 1)
        data.set(.numberOfRotations, 1)
        // Positive: later slices lie along row × column from the first (PS3.3 §C.8.4.15).
        data.set(.spacingBetweenSlices, geometry.spacingMM.z)
        data.set(.sliceThickness, geometry.spacingMM.z)
        var detector = DataSet()
        detector.set(.collimatorType, "PARA")
        detector.set(.imagePositionPatient, geometry.slicePositionMM(0))
        detector.setOrientation(geometry)
        data.set(.detectorInformationSequence, [detector])
        data.set(.rotationInformationSequence, [rotation])
        return ComposedObjects(dataSets: [data], findings: [])
    }

    private func common(_ map: CountMap, instanceUID: String) throws -> DataSet {
        let geometry = map.counts.geometry
        let frame = try map.counts.withVoxels { voxels in
            try StoredPixels.sixteenBit(
                voxels, 0 ..< geometry.count, slope: 1, intercept: 0, range: 0 ... 65535)
        }
        guard frame.clipped == 0 else {
            throw DicomError.refused(
                code: "write.counts-range", reason: "\(frame.clipped) voxels beyond 0...65535")
        }
        var data = DataSet()
        data.setCommonModules(
            series, modality: "NM", sopClassUID: SOPClass.nuclearMedicineImage,
            sopInstanceUID: instanceUID, instanceNumber: 1)
        data.setContentAndAcquisition(series, number: 1)
        data.setPixelSpacing(geometry)
        data.set(.numberOfFrames, geometry.shape.z)
        data.setGreyPixels(
            rows: geometry.shape.y, columns: geometry.shape.x, bits: 16, isSigned: false,
            bytes: frame.bytes)
        let total = map.counts.sum()
        data.set(.countsAccumulated, Int(total.rounded()))
        data.setEmpty(.laterality)
        data.set(.numberOfEnergyWindows, 1)
        data.set(.energyWindowInformationSequence, [energyWindow])
        data.set(
            .radiopharmaceuticalInformationSequence, [tracer.item(activityUnitBecquerels: 1e6)])
        data.setSupineHeadFirst()
        return data
    }

    private var milliseconds: Int { Int((viewDuration.seconds * 1000).rounded()) }

    private var energyWindow: DataSet {
        var window = DataSet()
        if let range = tracer.energyWindowKeV {
            var item = DataSet()
            item.set(.energyWindowLowerLimit, range.lowerBound)
            item.set(.energyWindowUpperLimit, range.upperBound)
            window.set(.energyWindowRangeSequence, [item])
        }
        return window
    }

    private func planarDetector(_ view: CodedConcept, orientation: [Double]) -> DataSet {
        var detector = DataSet()
        detector.set(.collimatorType, "PARA")
        detector.setEmpty(.imagePositionPatient)
        detector.set(.imageOrientationPatient, orientation)
        detector.set(.viewCodeSequence, [view.item])
        return detector
    }

    private var rotation: DataSet {
        var rotation = DataSet()
        rotation.set(.startAngle, 0)
        rotation.set(.angularStep, 6)
        rotation.set(.rotationDirection, "CC")
        rotation.set(.scanArc, 360)
        rotation.set(.actualFrameDuration, milliseconds)
        rotation.set(.numberOfFramesInRotation, 60)
        return rotation
    }
}
