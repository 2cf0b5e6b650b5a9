import DICOM
import Yams

/// Where somebody named the series of a computation, so that a refusal can point there.
struct SeriesNaming: Sendable {
    /// What stands for a role in sentences, `'images.planning' (line 9)`.
    private let subjects: [String: String]

    /// Series that a record names, not a person.
    static let record = SeriesNaming(subjects: [:])

    /// The options of `grevy dose` and `grevy check`.
    static let options = SeriesNaming(
        subjects: [
            "tia": "'--tia'", "activity": "'--activity'", "ct": "'--ct'", "labels": "'--labels'",
            "density": "'--density'", "medium": "'--medium'",
        ])

    /// A plan file, or what it was before its settings were written out.
    static func planFile(_ yaml: String) -> SeriesNaming {
        SeriesNaming(
            yaml: yaml,
            keys: [
                "planning": ["images", "planning"], "activity": ["images", "activity"],
                "activityCT": ["images", "activityCT"], "planar": ["images", "planar"],
                "structures": ["structures", "from"],
            ])
    }

    /// A delivery file.
    static func deliveryFile(_ yaml: String) -> SeriesNaming {
        SeriesNaming(
            yaml: yaml, keys: ["plan": ["plan"], "image": ["image"], "imageCT": ["imageCT"]])
    }

    private init(subjects: [String: String]) { self.subjects = subjects }

    /// A text that cannot be read has no lines; whoever reads it says what is wrong.
    private init(yaml: String, keys: [String: [String]]) {
        let top = try? Node.document(yaml)
        subjects = keys.mapValues { path in
            let node = path.reduce(top) { node, key in node?.mapping?[Node(key)] }
            let place = node?.mark.map { " (line \($0.line))" } ?? ""
            return "'\(path.joined(separator: "."))'\(place)"
        }
    }

    /// Begins a sentence about what was named; `nil` where no person did.
    func subject(_ role: String) -> String? { subjects[role] }

    /// Refuses a name that leads to nothing.
    func unknown(_ role: String, _ error: any Error) -> any Error {
        guard let subject = subject(role), let error = error as? WorkflowError else { return error }
        return WorkflowError.refused(sentence: "\(subject): \(error.description)")
    }

    /// Refuses a series that does not serve as what it was named for.
    ///
    /// - Parameters:
    ///   - role: What it was named for.
    ///   - series: Its short id.
    ///   - modality: Its modality.
    ///   - cause: What stands against it, a sentence.
    /// - Returns: The refusal.
    func unfit(
        _ role: String, series: String, modality: String, _ cause: String
    ) -> WorkflowError {
        let start = start(role, series, modality)
        let needed = Self.needed[role].map { "; it must be \($0)" } ?? ""
        return .refused(sentence: "\(start)\(needed). \(cause)")
    }

    private func start(_ role: String, _ series: String, _ modality: String) -> String {
        let kind = modality.isEmpty ? "" : " (\(modality))"
        return subject(role).map { "\($0) names series \(series)\(kind)" }
            ?? "Series \(series)\(kind), named as \(role)"
    }

    /// Refuses a series of another patient than `whole`, with what makes them one.
    func otherPatient(
        _ role: String, series: String, modality: String, than whole: String
    ) -> WorkflowError {
        .refused(
            sentence: "\(start(role, series, modality)), which belongs to another patient than "
                + "\(whole): the files carry different patient IDs, or none ('grevy list' shows "
                + "them). If they are one person's, give them one ID and import them into a new "
                + "data folder: 'grevy import --patient-id ID' names files without any, another ID "
                + "is changed in the files before.")
    }

    /// Refuses an image that holds no CT numbers.
    func refuseNoCT(_ role: String, _ image: ImageSeries) throws {
        guard image.quantity != .hounsfieldUnits else { return }
        throw unfit(
            role, series: SeriesName.short(image.seriesInstanceUID), modality: image.modality,
            "It holds no CT numbers (Hounsfield units).")
    }

    /// Refuses a real CT where activity is asked for.
    func refuseTransmission(_ role: String, _ image: ImageSeries) throws {
        guard EmissionImage.isTransmission(image) else { return }
        throw unfit(
            role, series: SeriesName.short(image.seriesInstanceUID), modality: image.modality,
            "It holds Hounsfield units far below 0.")
    }

    private static let needed = [
        "planning": "a CT", "activity": "a SPECT or PET", "activityCT": "a CT",
        "structures": "one RTSTRUCT or SEG", "planar": "one object of planar views (NM)",
        "image": "a PET or SPECT", "imageCT": "a CT", "tia": "a PET or SPECT", "ct": "a CT",
        "labels": "one RTSTRUCT or SEG", "density": "a series of images in g/mL",
        "medium": "a series of images, an RTSTRUCT or SEG, of indices of media",
    ]
}
