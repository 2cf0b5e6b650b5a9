import Foundation

/// What a volume of interest is for.
package enum VOIRole: String, Codable, Hashable, Sendable, CaseIterable {
    case liver, territory, tumour, lungs, body, other

    /// The role that a structure's name speaks of; `other` where it speaks of none.
    package init(structureName name: String) {
        let words: [(VOIRole, [String])] = [
            (.tumour, ["tumour", "tumor", "lesion", "metasta", "gtv"]),
            (.territory, ["territory", "perfused", "lobe", "segment"]),
            (.liver, ["liver"]), (.lungs, ["lung"]), (.body, ["body", "external", "skin"]),
        ]
        let lower = name.lowercased()
        self = words.first { $0.1.contains { lower.contains($0) } }?.0 ?? .other
    }
}

/// What makes a version of a volume of interest.
package enum VOIOperation: Hashable, Sendable {
    package enum Limits: Hashable, Sendable {
        /// In the image's own unit, both ends included.
        case values(lowest: Double, highest: Double)
        /// At least this share of the highest value in the region.
        case shareOfHighest(Double)
    }

    package enum Within: Hashable, Sendable {
        case voi(String)
        case sphere(centreMM: [Double], diameterMM: Double)
    }

    /// What boxes between volumes can be made of.
    package enum Combination: String, Codable, Hashable, Sendable, CaseIterable {
        case union, difference, intersection
    }

    /// Centre in LPS.
    case sphere(centreMM: [Double], diameterMM: Double)
    case threshold(layer: String, limits: Limits, within: Within)
    case combination(Combination, of: [String])
    case margin(of: String, mm: Double)
    /// Takes away what is thinner than twice `mm` and fills what is narrower.
    case smoothing(of: String, mm: Double)
    case fill(of: String, inSlices: Bool)
    case interpolation(of: String)
    case structure(String, of: String)
    case proposal(VOIProposal.Organ)
}

/// Where a version goes.
package struct VOITarget: Hashable, Sendable {
    package enum Base: Hashable, Sendable {
        /// The version that was looked at; `nil` for a VOI that was not there.
        case version(String?)
        /// Whichever counts when the work begins.
        case current
    }

    package let name: String
    /// For a new VOI.
    package let role: VOIRole
    /// The CT that a new VOI lies on; `nil` takes that of the case's other VOIs.
    package let series: String?
    package let base: Base

    package init(name: String, role: VOIRole, series: String?, base: Base) {
        (self.name, self.role, self.series, self.base) = (name, role, series, base)
    }
}

/// How a version came about, as its record keeps it; also what pages and scripts read.
package struct VOIMaking: Codable, Hashable, Sendable {
    package var making: String
    /// The version that was changed.
    package var base: String?
    package var volumeML: Double
    /// Versions of other VOIs that it was made from, in the order of the operation.
    package var operands: [String]?
    package var centreMM: [Double]?
    package var diameterMM: Double?
    /// The series that was looked at.
    package var layer: String?
    package var lowest: Double?
    package var highest: Double?
    package var shareOfHighest: Double?
    package var marginMM: Double?
    package var inSlices: Bool?
    package var structure: String?
    package var organ: String?
    package var smoothingMM: Double?
    /// Why it was taken out of use.
    package var reason: String?
    /// What it was called until this version.
    package var formerName: String?

    init(_ making: String, volumeML: Double = 0) {
        (self.making, self.volumeML) = (making, volumeML)
    }

    package init(json: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    }

    var json: String {
        get throws { String(decoding: try CanonicalJSON.encoded(self), as: UTF8.self) }
    }
}

/// A volume of interest as people and scripts see it.
package struct VOIShown: Codable, Hashable, Sendable {
    package struct Version: Codable, Hashable, Sendable {
        /// `voi-12`.
        package var id: String
        package var number: Int
        package var making: VOIMaking
        package var author: String
        /// ISO 8601, UTC.
        package var time: String
        /// `proposal`, `accepted` or `withdrawn`.
        package var state: String
        package var acceptedBy: String?
        /// Whether it was kept beside the version that counted then.
        package var isAside: Bool
        /// Why it must not be used as it is.
        package var outdated: String?
    }

    package var number: Int64
    package var name: String
    package var role: String
    /// The short id of the CT that it lies on.
    package var series: String
    /// The version that counts.
    package var current: Version
    /// All of them, the first first.
    package var versions: [Version]
}
