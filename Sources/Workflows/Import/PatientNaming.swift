import DICOM
import Quantities
import Storage

/// Where the patient ID given with an import names nobody, which its user may not expect.
struct PatientNaming: Sendable {
    /// The finding of a file that took the ID.
    static let assigned = "patient.id-assigned"

    private let patientID: String?
    private var withAnother = 0
    /// Files without an ID that were there before, by series.
    private var known: [String: Int] = [:]

    /// - Parameter patientID: The ID for files without any; `nil` when none was given.
    init(patientID: String?) { self.patientID = patientID }

    /// Counts a file.
    mutating func note(_ file: ObjectSummary, _ outcome: RegistrationOutcome) {
        guard let patientID else { return }
        if file.study.patientID != patientID {
            withAnother += 1
        } else if outcome == .alreadyStored,
            file.findings.contains(where: { $0.code == Self.assigned })
        {
            known[file.seriesInstanceUID, default: 0] += 1
        }
    }

    /// Warnings with what to do; empty where every file is the patient's.
    ///
    /// - Throws: ``StorageError``.
    func findings(_ records: RecordStore) async throws -> [Finding] {
        var findings: [Finding] = []
        if withAnother > 0 {
            findings.append(
                Finding(
                    "import.other-patient-id", .warning,
                    "\(Self.files(withAnother)) another patient ID of its own and kept it: the one "
                        + "given with the import is for files without any. Where it is the same "
                        + "person, change the ID in the files and import them into a new data "
                        + "folder."))
        }
        let late = try await tooLate(records)
        if late > 0 {
            findings.append(
                Finding(
                    "import.patient-id-too-late", .warning,
                    "\(Self.files(late)) no patient ID and was known already; whose it is stays as "
                        + "it was first imported, and the ID given now changes nothing. To name the "
                        + "patient, import the files into a new data folder with it."))
        }
        return findings
    }

    /// Files that are known as somebody else's.
    private func tooLate(_ records: RecordStore) async throws -> Int {
        guard !known.isEmpty else { return 0 }
        var others = known
        for patient in try await records.patients() where patient.identity.patientID == patientID {
            for series in try await records.series(patient: patient.id) {
                others[series.description.seriesUID] = nil
            }
        }
        return others.values.reduce(0, +)
    }

    private static func files(_ count: Int) -> String {
        count == 1 ? "1 file has" : "Each of \(count) files has"
    }
}
