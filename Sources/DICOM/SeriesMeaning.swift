import Quantities

/// What the voxel values of a series mean, and from which unit they come.
struct SeriesMeaning {
    private(set) var quantity: ImageSeries.Quantity
    private(set) var radiopharmaceutical: Radiopharmaceutical?
    private(set) var findings: [Finding] = []
    private var factor = 1.0

    /// CT number of air outside the scan field, for padded pixels.
    static let paddedHU: Float = -1024

    /// Decides from class, unit and headers.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `series.mixed-units`.
    init(
        kind: ObjectKind, headers: [DataSet], frames: [SeriesFrame], isMapped: Bool
    ) throws {
        let header = headers.first ?? DataSet()
        let units = Set(frames.map { $0.unit ?? "" })
        guard units.count == 1, let unit = units.first else {
            throw DicomError.refused(
                code: "series.mixed-units",
                reason: "frames carry \(units.count) different units")
        }
        (quantity, factor) = ImageSeries.Quantity.of(unit: Self.isUnspecified(unit) ? "" : unit)
        if isMapped {
            findings.append(
                Finding(
                    "rwvm.applied", .note,
                    "Values come from a Real World Value Mapping in \(unit).",
                    subject: header.seriesSubject))
        } else {
            interpret(kind, header: header, headers: headers, unit: unit)
        }
        if ["PT", "NM"].contains(header.term(.modality) ?? ""), radiopharmaceutical == nil {
            let timing = InjectionTiming(headers: headers)
            radiopharmaceutical = timing.radiopharmaceutical
            findings += timing.findings
        }
    }

    private mutating func interpret(
        _ kind: ObjectKind, header: DataSet, headers: [DataSet], unit: String
    ) {
        switch kind {
        case .ct, .enhancedCT: interpretCT(header, unit: unit)
        case .pet:
            let scaling = PETScaling(headers: headers)
            (quantity, factor) = (scaling.quantity, scaling.factor)
            radiopharmaceutical = scaling.radiopharmaceutical
            findings += scaling.findings
        case .nm:
            guard case .other(let unit) = quantity else { return }
            quantity = .counts
            guard !unit.isEmpty else { return }
            findings.append(
                Finding(
                    "nm.unit", .warning,
                    "The unit \(unit) is not known; values count as counts.",
                    subject: header.seriesSubject))
        case .secondaryCaptureWithGeometry:
            findings.append(
                Finding(
                    "image.odd-class", .warning,
                    "A Secondary Capture that carries positions and says modality "
                        + "\(header.term(.modality) ?? "none"): what its values mean is not "
                        + "stated, a person must say.", subject: header.seriesSubject))
        default: break
        }
    }

    private mutating func interpretCT(_ header: DataSet, unit: String) {
        guard case .other(let other) = quantity else { return }
        guard other.isEmpty else {
            findings.append(
                Finding(
                    "ct.rescale-type", .warning,
                    "The rescale type is \(other), not Hounsfield units: no density can be "
                        + "derived.", subject: header.seriesSubject))
            return
        }
        quantity = .hounsfieldUnits
        let hasRescale =
            header.contains(.rescaleSlope) || header.contains(.modalityLUTSequence)
            || !header.items(.perFrameFunctionalGroupsSequence).isEmpty
        if !hasRescale {
            findings.append(
                Finding(
                    "ct.no-rescale", .error,
                    "The CT has no rescale: stored values were taken as Hounsfield units.",
                    subject: header.seriesSubject))
        } else if !unit.isEmpty {
            findings.append(
                Finding(
                    "ct.rescale-unspecified", .warning,
                    "The rescale type says unspecified (US); values were taken as Hounsfield "
                        + "units because the object is a CT image.",
                    subject: header.seriesSubject))
        }
    }

    /// Brings slopes and intercepts to the quantity's unit and decides what padding becomes.
    func scale(_ frames: inout [SeriesFrame]) {
        let padded: Float? =
            switch quantity {
            case .hounsfieldUnits: Self.paddedHU
            case .becquerelsPerML, .counts, .standardisedUptakeValue: 0
            case .other: nil
            }
        for n in frames.indices {
            frames[n].values.slope *= factor
            frames[n].values.intercept *= factor
            frames[n].values.paddingValue = padded
        }
    }

    private static func isUnspecified(_ unit: String) -> Bool { unit.uppercased() == "US" }
}
