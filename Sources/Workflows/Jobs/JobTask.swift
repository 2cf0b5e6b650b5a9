package import Foundation

/// What a job does: plain data, everything large by its hash.
package enum JobTask: Codable, Hashable, Sendable {
    /// Takes a folder of received files in.
    case `import`(folder: String)
    /// Imports what a browser has sent.
    case upload(Int64)
    /// Makes a plan of a case from the plan file kept under a digest.
    case plan(case: Int64, spec: String)
    /// Makes a plan of a kept plan's images from the plan file kept under a digest.
    case change(case: Int64, plan: String, spec: String)
    /// Holds a post-treatment image against a plan of a case, by the delivery file kept under a digest.
    case delivered(case: Int64, spec: String)
    /// Registers one series of a case onto another.
    case registration(case: Int64, moving: String, fixed: String)
    /// Sends series and plans of a case, by name, to a DICOM peer.
    case send(case: Int64, series: [String], peer: String, caller: NodeCaller)
    /// Retrieves a study from a DICOM peer in an account's name, for a case where one is named.
    case retrieve(
        study: String, case: Int64?, peer: String, way: NodeClient.Way, account: Int64,
        caller: NodeCaller)
    /// Takes a case out in an account's name.
    case export(case: Int64, account: Int64, options: CaseExportOptions)

    /// The kind of what makes a plan.
    package static let planKind = "plan"

    package var kind: String {
        switch self {
        case .import, .upload: "import"
        case .plan, .change: Self.planKind
        case .delivered: "delivered doses"
        case .registration: "registration"
        case .send: "send"
        case .retrieve: "retrieve"
        case .export: "export"
        }
    }

    package var json: String {
        get throws { String(decoding: try CanonicalJSON.encoded(self), as: UTF8.self) }
    }
}

/// The file that `grevy job run` works from.
package struct JobSpec: Codable, Hashable, Sendable {
    package var dataFolder: String
    /// Who asked for it, for the audit trail.
    package var actor: String
    package var task: JobTask
    /// How often a simulation leaves its state in the job's folder, in seconds; `nil` for 30.
    package var checkpointSeconds: Double?
    /// The file of the server's key; `nil` for the one of the user's configuration folder.
    package var signingKey: String?

    package init(dataFolder: String, actor: String, task: JobTask, signingKey: String? = nil) {
        (self.dataFolder, self.actor, self.task) = (dataFolder, actor, task)
        self.signingKey = signingKey
    }

    /// Reads a spec.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when it is none.
    package init(file: URL) throws {
        guard let data = try? Data(contentsOf: file),
            let spec = try? JSONDecoder().decode(JobSpec.self, from: data)
        else {
            throw WorkflowError.refused(sentence: "'\(file.path)' is no specification of a job.")
        }
        self = spec
    }
}

/// What a job's process says, one JSON document a line.
package enum JobMessage: Codable, Hashable, Sendable {
    /// How far it is, from 0 to 1; `nil` while nobody can say.
    case progress(fraction: Double?, sentence: String)
    /// It is done, and kept what it made.
    case done(sentence: String, made: String?)
    /// It refused or failed; the sentence says why, without patient data.
    case failed(sentence: String)

    /// The longest line that is understood.
    package static let longestLine = 64 * 1024

    package var line: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        }
    }

    /// Reads a line; `nil` when it is none of ours.
    package init?(line: some Collection<UInt8>) {
        guard line.count <= Self.longestLine,
            let message = try? JSONDecoder().decode(JobMessage.self, from: Data(line))
        else { return nil }
        self = message
    }
}
