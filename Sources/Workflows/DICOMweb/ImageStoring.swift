package import DICOM
package import Foundation
package import Storage

/// Takes instances that a program sends (STOW-RS), some at a time, as an import takes files in:
/// checked, kept once, listed, and in quarantine where their patient is not beyond doubt.
package struct ImageStoring: Sendable {
    /// A part of a request, on disk.
    package struct Part: Hashable, Sendable {
        let file: ReceivedFile

        /// - Parameters:
        ///   - url: Where its bytes lie.
        ///   - number: From 1, in the order of the request.
        package init(url: URL, number: Int) {
            file = ReceivedFile(url: url, name: Self.name(number))
        }

        static func name(_ number: Int) -> String { "part \(number)" }
    }

    /// What became of the parts so far.
    package private(set) var taken: [TakenFile] = []
    private var receiving: ImportWorkflow.Receiving
    private let workflow: ImportWorkflow

    /// How many parts are best handed over together.
    package static let together = ImportWorkflow.batchSize

    /// Begins.
    ///
    /// - Parameters:
    ///   - folder: Where they go.
    ///   - source: What reads them.
    ///   - account: Whose request it is.
    ///   - onlyStudy: The study that the address names; others are refused. `nil` takes any.
    /// - Throws: `StorageError`.
    package init(
        folder: DataFolder, source: any DicomSource, by account: AccountRecord,
        onlyStudy: String?
    ) async throws {
        workflow = ImportWorkflow(
            folder: folder, source: source, actor: account.actor,
            intake: Intake(
                account: account.id, organisation: account.organisation.id, patient: nil),
            onlyStudy: onlyStudy, comeInPieces: true)
        receiving = try await workflow.begin()
    }

    /// Takes parts; what is taken is on disk and listed when this returns.
    ///
    /// - Throws: `StorageError`; bad parts do not throw.
    package mutating func take(_ parts: [Part]) async throws {
        taken += try await workflow.take(parts.map(\.file), &receiving)
    }

    /// Why a part is not even looked at.
    package enum PartRefusal: Hashable, Sendable {
        /// It is longer than ``longestPart``.
        case tooLong
        /// Its own fields say that it is something else than a DICOM file.
        case otherKind
    }

    /// The most bytes of one instance.
    package static let longestPart = 2 << 30

    /// Notes a part that is not looked at.
    ///
    /// - Parameters:
    ///   - number: From 1, in the order of the request.
    ///   - reason: Why.
    /// - Throws: `StorageError`.
    package mutating func refuse(part number: Int, _ reason: PartRefusal) async throws {
        let refusal =
            switch reason {
            case .tooLong:
                ImportRefusal(
                    code: "limit",
                    sentence: "The file is longer than \(Self.longestPart >> 30) GB.")
            case .otherKind:
                ImportRefusal(code: "not-dicom", sentence: "The part is no DICOM file.")
            }
        try await workflow.note(refusal, of: Part.name(number), receiving)
        taken.append(TakenFile(.refused(refusal), nil))
    }

    /// Ends.
    package mutating func finish() async throws { try await workflow.finish(receiving) }
}

/// Says what became of stored instances, as STOW-RS answers.
///
/// Source: PS3.18 §10.5 and annex I.2.
package struct StoringAnswer: Sendable {
    /// A data set in the DICOM JSON model.
    package let json: [UInt8]
    package let listed: Int
    package let failed: Int
    /// How many of those that were kept wait for a person's word whose they are.
    package let waiting: Int

    /// - Parameters:
    ///   - taken: What became of each part.
    ///   - base: Where DICOMweb begins, as `https://host/dicomweb`.
    package init(_ taken: [TakenFile], base: String) {
        var (good, bad, other): ([DataSet], [DataSet], [DataSet]) = ([], [], [])
        var studies: Set<String> = []
        var waiting = 0
        for file in taken {
            var item = DataSet()
            if let identity = file.identity {
                item.set(.referencedSOPClassUID, identity.sopClassUID)
                item.set(.referencedSOPInstanceUID, identity.sopInstanceUID)
            }
            guard let reason = file.failureReason else {
                guard let identity = file.identity else { continue }
                if file.isWaiting {
                    waiting += 1
                    item.set(.warningReason, Self.coerced)
                } else {
                    studies.insert(identity.studyUID)
                    item.set(
                        .retrieveURL,
                        "\(base)/studies/\(identity.studyUID)/series/\(identity.seriesUID)"
                            + "/instances/\(identity.sopInstanceUID)")
                }
                good.append(item)
                continue
            }
            item.set(.failureReason, reason)
            if file.identity == nil { other.append(item) } else { bad.append(item) }
        }
        var answer = DataSet()
        if studies.count == 1, let study = studies.first {
            answer.set(.retrieveURL, "\(base)/studies/\(study)")
        }
        if !good.isEmpty { answer.set(.referencedSOPSequence, good) }
        if !bad.isEmpty { answer.set(.failedSOPSequence, bad) }
        if !other.isEmpty { answer.set(.otherFailuresSequence, other) }
        var json = DicomJSON()
        json.append(answer)
        (self.json, self.waiting) = (json.bytes, waiting)
        (listed, failed) = (good.count, bad.count + other.count)
    }

    /// Coercion of data elements: a person may give the instance to another patient than its file
    /// names.
    private static let coerced = 0xb000
}

extension Attribute {
    package static let warningReason = Attribute(0x0008, 0x1196, .US)
    package static let otherFailuresSequence = Attribute(0x0008, 0x119a, .SQ)
}

extension TakenFile {
    /// Whether it is kept and waits in quarantine.
    var isWaiting: Bool {
        if case .listed(.quarantined) = result { true } else { false }
    }

    /// Why it was not taken, as PS3.18 table I.2-2 numbers it; `nil` when it was.
    var failureReason: Int? {
        switch result {
        case .listed(.stored), .listed(.alreadyStored), .listed(.quarantined): nil
        // Duplicate SOP Instance, of PS3.7 §C.5.5.
        case .listed(.conflict(.instanceDiffers)): 0x0111
        case .listed(.conflict): 0x0110
        case .refused(let refusal):
            switch refusal.code {
            case "limit": 0xa700
            case "unsupported": 0x0122
            case "study.other": 0xa900
            case "unreadable", "worker-died", "file.changed": 0x0110
            default: 0xc000
            }
        }
    }
}
