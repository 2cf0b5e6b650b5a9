import Foundation

/// What the Basic Application Level Confidentiality Profile does with each attribute, and what its
/// options change.
///
/// Source: DICOM PS3.15 table E.1-1; edition and origin stand in Data/confidentiality-profile.csv.
struct ConfidentialityProfile: Sendable {
    /// What happens to a value.
    enum Action: Hashable, Sendable {
        case remove
        case empty
        /// A value that says nothing, of the right form.
        case dummy
        /// A new identifier for each old one.
        case newUID
        /// A sequence whose items are dealt with one by one: it holds references.
        case references
        case keep
        case clean
    }

    /// One row of the table.
    struct Row: Hashable, Sendable {
        /// The basic profile's.
        let basic: Action
        /// Retain Longitudinal Temporal Information, with full or modified dates, speaks of it.
        let isTime: Bool
        /// Clean Descriptors speaks of it.
        let isDescriptor: Bool
        /// Clean Structured Content speaks of it.
        let isContent: Bool
    }

    private let rows: [Tag: Row]

    /// The table that comes with the program.
    static let standard: ConfidentialityProfile = {
        let text = String(decoding: PackageResources.confidentiality_profile_csv, as: UTF8.self)
        guard let profile = ConfidentialityProfile(csv: text) else {
            preconditionFailure("confidentiality-profile.csv cannot be read")
        }
        return profile
    }()

    /// The number of attributes named.
    var count: Int { rows.count }

    subscript(tag: Tag) -> Row? { rows[tag] }

    /// Whether a group goes whole, whatever is in it: private attributes, curves and overlays.
    ///
    /// The table names of overlays data and comments alone; the rest describes what is not there then.
    static func removes(group: UInt16) -> Bool {
        group % 2 == 1 || group & 0xff00 == 0x5000 || group & 0xff00 == 0x6000
    }

    /// Reads the table; `nil` when a row is none.
    init?(csv: String) {
        var rows: [Tag: Row] = [:]
        for line in csv.split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == Self.columns, fields[0].count == 8,
                let basic = Self.actions[String(fields[2])]
            else { return nil }
            // Groups that repeat go whole.
            guard let number = UInt32(fields[0], radix: 16) else {
                guard fields[0].contains("xx") else { return nil }
                continue
            }
            rows[Tag(UInt16(number >> 16), UInt16(truncatingIfNeeded: number))] = Row(
                basic: basic, isTime: fields[8] == "C", isDescriptor: fields[9] == "C",
                isContent: fields[10] == "C")
        }
        self.rows = rows
    }

    private static let columns = 12

    /// Of alternatives that hang on the kind of object, the one that suits all kinds: an empty value
    /// where one may be needed, a dummy where it may need content.
    private static let actions: [String: Action] = [
        "X": .remove, "Z": .empty, "D": .dummy, "U": .newUID, "X/Z": .empty, "X/D": .dummy,
        "Z/D": .dummy, "X/Z/D": .dummy, "X/Z/U*": .references,
    ]
}
