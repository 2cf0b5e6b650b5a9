import Pathway
import Quantities
import Storage
import Workflows

/// What the JSON interface answers; each type is its own schema.
///
/// Numbers carry their unit in the name, moments are ISO 8601 in UTC.
enum API {
    struct Cases: Codable, Sendable {
        let cases: [CaseLine]
        /// How many there are in all.
        let total: Int
        let offset: Int
        let limit: Int
    }

    struct CaseLine: Codable, Sendable {
        let id: Int64
        let name: String
        let patientID: String
        let birthDate: String
        let state: CaseState
        let latestStudy: String
        let modalities: [String]
        let plans: Int
        /// What a plan or its use still needs.
        let missing: [String]
        /// What whoever asks can do next.
        let waitsForYouTo: String?
    }

    struct Case: Codable, Sendable {
        let id: Int64
        let patient: Patient
        let state: CaseState
        let moves: [Move]
        /// Registrations, doses, plans, reports and so on, the latest first.
        let computed: [Listing.Computed]
    }

    struct Patient: Codable, Sendable {
        let name: String
        let patientID: String
        let issuer: String
        let birthDate: String
        let sex: String
    }

    struct Move: Codable, Sendable {
        let from: CaseState
        let act: CaseMove.Act
        let to: CaseState
        let movedAt: String
        let plan: String?
        let reason: String
    }

    struct Studies: Codable, Sendable {
        let studies: [Listing.Study]
    }

    struct Plans: Codable, Sendable {
        let plans: [Listing.Computed]
    }

    struct Plan: Codable, Sendable {
        let record: Listing.Computed
        let signatures: [Signature]
        let document: PlanDocument
    }

    struct Signature: Codable, Sendable {
        let meaning: SignatureMeaning
        let name: String
        let role: Role
        let signedAt: String
        /// Whether it still counts.
        let counts: Bool
    }

    struct Doses: Codable, Sendable {
        let doses: [Dose]
    }

    struct Dose: Codable, Sendable {
        let record: Listing.Computed
        /// What the values are: `dose` in Gy.
        let kind: String
        let mediaType: String
        let sha256: String
        /// The plan whose dose it is.
        let plan: String?
    }

    struct Findings: Codable, Sendable {
        let findings: [SourceFinding]
    }

    struct SourceFinding: Codable, Sendable {
        /// The series (`se-...`) or plan (`plan-3`) that it is about.
        let source: String
        let code: String
        let severity: Finding.Severity
        let sentence: String
        let subject: String?
    }

    struct Jobs: Codable, Sendable {
        let jobs: [Job]
    }

    struct Job: Codable, Sendable {
        let id: Int64
        let kind: String
        /// `nil` for what belongs to no case.
        let caseID: Int64?
        let askedBy: String
        let state: JobState
        /// From 0 to 1; `nil` while nobody can say.
        let fraction: Double?
        let sentence: String
        /// The id of what it made.
        let made: String?
        let createdAt: String
        let startedAt: String?
        let endedAt: String?
    }
}

extension API.CaseLine {
    init(_ row: Worklist.Row) {
        self.init(
            id: row.caseID, name: row.name, patientID: row.patientID, birthDate: row.birthDate,
            state: row.state, latestStudy: row.latestStudy,
            modalities: row.modalities.split(separator: ",").map {
                String($0.drop(while: \.isWhitespace))
            }, plans: row.plans, missing: row.missing, waitsForYouTo: row.waitsForMe)
    }
}

extension API.Move {
    init(_ move: CaseMoveRecord) {
        self.init(
            from: move.from, act: move.act, to: move.to, movedAt: move.movedAt, plan: move.plan,
            reason: move.reason)
    }
}

extension API.Signature {
    init(_ record: SignatureRecord) {
        self.init(
            meaning: record.meaning, name: record.fullName, role: record.role,
            signedAt: record.signedAt, counts: record.ending == nil)
    }
}

extension API.SourceFinding {
    init(_ finding: Finding, of source: String) {
        self.init(
            source: source, code: finding.code, severity: finding.severity,
            sentence: finding.sentence, subject: finding.subject)
    }
}

extension API.Job {
    init(_ job: JobRecord) {
        self.init(
            id: job.id, kind: job.kind, caseID: job.patient, askedBy: job.person,
            state: job.state, fraction: job.fraction, sentence: job.sentence, made: job.made,
            createdAt: job.createdAt, startedAt: job.startedAt, endedAt: job.endedAt)
    }
}
