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
            noteAssumedRescale(kind, frames: frames, subject: header.seriesSubject)
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
        if !unit.isEmpty {
            findings.append(
                Finding(
                    "ct.rescale-unspecified", .warning,
                    "The rescale type says unspecified (US); values were taken as Hounsfield "
                        + "units because the object is a CT image.",
                    subject: header.seriesSubject))
        }
    }

    /// Says what stands for a slope or an intercept that frames do not state.
    ///
    /// Both are of type 1 in CT (PS3.3 C.8.2.1) and PET (C.8.9.4) images. The slope of a PET is any
    /// number, often another for every slice: without it the values have no unit. Its intercept is
    /// always 0. Counts of NM images and what has no unit are stored as they are.
    private mutating func noteAssumedRescale(
        _ kind: ObjectKind, frames: [SeriesFrame], subject: String
    ) {
        let lacking = frames.filter { !$0.values.assumed.isEmpty }
        guard !lacking.isEmpty else { return }
        let assumed = lacking.reduce(into: AssumedRescale()) { $0.formUnion($1.values.assumed) }
        let start = "In \(lacking.count) of \(frames.count) images \(assumed.sentence)"
        func find(_ code: String, _ severity: Finding.Severity, _ end: String) {
            findings.append(Finding(code, severity, start + end, subject: subject))
        }
        switch kind {
        case .ct, .enhancedCT:
            find(
                "ct.no-rescale", .error,
                ": values may be off by a constant, often 1024, or by a factor.")
        case .pet, .enhancedPET:
            guard assumed.contains(.slope) else {
                return find("pet.no-rescale", .warning, ", as in every PET image.")
            }
            (quantity, factor) = (.other(unit: ""), 1)
            find("pet.no-rescale", .error, ": the values have no unit, no activity can be derived.")
        case .nm where assumed != [.slope, .intercept], .nm where quantity != .counts:
            find("nm.no-rescale", quantity == .counts ? .warning : .error, ".")
        default: break
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
