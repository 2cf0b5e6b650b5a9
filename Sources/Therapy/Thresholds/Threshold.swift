/// A published dose threshold with everything that limits its use.
public struct Threshold: Hashable, Sendable, Decodable {
    /// How a dose is held against ``doseGy``.
    public enum Comparison: String, Hashable, Sendable, Decodable {
        case above, atLeast, atMost, below
        /// Between ``doseGy`` and ``upperGy``.
        case range
        /// The dose to aim at.
        case aim
        /// An observed dose, no limit.
        case information
    }

    /// Stable name that a recorded choice cites.
    public let id: String
    /// `glass`, `resin`, `holmium` or `any`.
    public let device: String
    /// `HCC`, `ICC`, `mCRC`, `NET` or `any`.
    public let entity: String
    public let scenario: String
    /// A ``StructureRole`` by name.
    public let compartment: String
    public let doseMethod: String
    public let comparison: Comparison
    public let doseGy: Double
    /// Upper end where the source gives two numbers.
    public let upperGy: Double?
    public let evidenceLevel: String
    public let source: String
    public let note: String?

    /// `any`, or this word.
    static func matches(_ field: String, _ word: String) -> Bool { field == "any" || field == word }

    /// One line for a report: id, source and evidence.
    public var provenance: String { "\(id): \(source); evidence: \(evidenceLevel)" }
}

/// Why thresholds were used for a tumour they were not made for, and who decided it.
public struct ThresholdChoice: Hashable, Sendable {
    /// The ids that were chosen; empty when a local rule without published threshold is used.
    public let thresholdIDs: [String]
    public let basis: String
    public let recordedBy: String

    /// - Throws: ``TherapyError/inconsistent(reason:)`` when basis or author is blank.
    public init(thresholdIDs: [String] = [], basis: String, recordedBy: String) throws {
        let isBlank = { (text: String) in text.allSatisfy(\.isWhitespace) }
        guard !isBlank(basis), !isBlank(recordedBy) else {
            throw TherapyError.inconsistent(
                reason: "A choice of thresholds needs its basis and the person who made it.")
        }
        self.thresholdIDs = thresholdIDs
        self.basis = basis
        self.recordedBy = recordedBy
    }
}
