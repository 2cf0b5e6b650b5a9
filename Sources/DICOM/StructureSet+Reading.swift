import Imaging
import Quantities

extension StructureSet {
    /// Reads an RTSTRUCT.
    ///
    /// Closed planar contours are kept; points and open lines enclose nothing and are left out
    /// with a finding, as are structures without any contour.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `rtstruct.empty` when no structure is
    ///   defined, `rtstruct.mixed-frames` when structures lie in several frames of reference,
    ///   ``DicomError/malformed(reason:)`` when contour data are not numbers.
    package static func read(header: DataSet) throws -> Reading<StructureSet> {
        let definitions = header.items(.structureSetROISequence)
        guard !definitions.isEmpty else {
            throw DicomError.refused(code: "rtstruct.empty", reason: "no structure is defined")
        }
        var findings: [Finding] = []
        let frame = try frameOfReference(header, definitions, &findings)
        let contours = Dictionary(
            header.items(.roiContourSequence).compactMap { item in
                item.integer(.referencedROINumber).map { ($0, item) }
            }, uniquingKeysWith: { first, _ in first })
        let types = Dictionary(
            header.items(.rtroiObservationsSequence).compactMap { item in
                item.integer(.referencedROINumber).map { ($0, item.string(.rtroiInterpretedType)) }
            }, uniquingKeysWith: { first, _ in first })
        var structures: [Structure] = []
        var seen: Set<Int> = []
        for definition in definitions {
            guard let number = definition.integer(.roiNumber) else {
                throw DicomError.missing(attribute: "ROI Number", object: "RTSTRUCT")
            }
            guard seen.insert(number).inserted else {
                throw DicomError.malformed(reason: "ROI Number \(number) occurs twice")
            }
            let name = definition.string(.roiName) ?? "ROI \(number)"
            let item = contours[number] ?? DataSet()
            let stack = try stack(item, name: name, &findings)
            structures.append(
                Structure(
                    number: number, name: name, interpretedType: types[number] ?? nil,
                    colorRGB: color(item), note: definition.string(.roiDescription), contours: stack
                ))
        }
        let set = StructureSet(
            label: header.string(.structureSetLabel) ?? "", frameOfReferenceUID: frame,
            referencedSeriesUID: referencedSeries(header), structures: structures)
        return Reading(set, findings: findings)
    }

    private static func frameOfReference(
        _ header: DataSet, _ definitions: [DataSet], _ findings: inout [Finding]
    ) throws -> String {
        let used = Set(definitions.compactMap { $0.string(.referencedFrameOfReferenceUID) })
        guard used.count <= 1 else {
            throw DicomError.refused(
                code: "rtstruct.mixed-frames",
                reason: "structures lie in \(used.count) frames of reference")
        }
        let listed = header.items(.referencedFrameOfReferenceSequence).compactMap {
            $0.string(.frameOfReferenceUID)
        }
        if let uid = used.first ?? listed.first ?? header.string(.frameOfReferenceUID) {
            return uid
        }
        findings.append(
            Finding(
                "rtstruct.no-frame-of-reference", .error,
                "The structure set does not say in which frame of reference it lies.",
                subject: header.seriesSubject))
        return ""
    }

    private static func stack(
        _ item: DataSet, name: String, _ findings: inout [Finding]
    ) throws -> ContourStack {
        var closed: [PlanarContour] = []
        var skipped: [String: Int] = [:]
        for contour in item.items(.contourSequence) {
            let type = contour.term(.contourGeometricType) ?? "CLOSED_PLANAR"
            guard type.hasPrefix("CLOSED") else {
                skipped[type, default: 0] += 1
                continue
            }
            guard let data = contour.decimals(.contourData), data.count % 3 == 0 else {
                throw DicomError.malformed(
                    reason: "the contour data of structure number "
                        + "\(item.integer(.referencedROINumber) ?? 0) are not triplets of numbers")
            }
            guard data.allSatisfy({ abs($0) <= SeriesPlane.largestMM }) else {
                throw DicomError.malformed(
                    reason: "the contours of structure number "
                        + "\(item.integer(.referencedROINumber) ?? 0) lie more than "
                        + "\(shown(SeriesPlane.largestMM)) mm away")
            }
            guard data.count >= 9 else {
                skipped["contour of \(data.count / 3) points", default: 0] += 1
                continue
            }
            if let declared = contour.integer(.numberOfContourPoints), declared != data.count / 3 {
                findings.append(
                    Finding(
                        "rtstruct.point-count", .warning,
                        "A contour says \(declared) points and has \(data.count / 3); those "
                            + "present were read.", subject: name))
            }
            closed.append(
                PlanarContour(
                    pointsMM: stride(from: 0, to: data.count, by: 3).map {
                        Vector3(data[$0], data[$0 + 1], data[$0 + 2])
                    }))
        }
        for (type, count) in skipped.sorted(by: { $0.key < $1.key }) {
            findings.append(
                Finding(
                    "rtstruct.not-closed", .warning,
                    "\(count) of type \(type) enclose no volume and were left out.",
                    subject: name))
        }
        if closed.isEmpty {
            findings.append(
                Finding(
                    "rtstruct.no-contours", .warning,
                    "The structure has no closed contour: it has no volume.", subject: name))
        }
        return ContourStack(contours: closed)
    }

    private static func color(_ item: DataSet) -> [Int]? {
        guard let values = item.integers(.roiDisplayColor), values.count == 3,
            values.allSatisfy({ (0 ... 255).contains($0) })
        else { return nil }
        return values
    }

    private static func referencedSeries(_ header: DataSet) -> String? {
        for frame in header.items(.referencedFrameOfReferenceSequence) {
            for study in frame.items(.rtReferencedStudySequence) {
                for series in study.items(.rtReferencedSeriesSequence) {
                    if let uid = series.string(.seriesInstanceUID) { return uid }
                }
            }
        }
        return nil
    }
}
