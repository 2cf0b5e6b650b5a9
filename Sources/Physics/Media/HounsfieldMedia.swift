/// Which medium a CT number stands for.
///
/// Density comes from a ``HounsfieldDensityCurve``; the medium only says what the matter is made
/// of, which outside bone moves a dose by 1 %.
public struct HounsfieldMedia: Hashable, Sendable {
    /// One medium and where its CT numbers end.
    public struct Range: Hashable, Sendable {
        public let medium: Medium
        /// The first CT number above the range; infinite for the last.
        public let upperHU: Double

        public init(medium: Medium, upperHU: Double) {
            self.medium = medium
            self.upperHU = upperHU
        }
    }

    public let name: String
    public let source: String
    /// The ranges by rising CT number, without gaps; the first has no lower end.
    public let ranges: [Range]

    /// Creates an assignment.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when there is no range, ends do not
    ///   rise, or the last has one.
    public init(name: String, source: String, ranges: [Range]) throws {
        let ends = ranges.map(\.upperHU)
        guard zip(ends, ends.dropFirst()).allSatisfy({ $0 < $1 }), ends.last == .infinity else {
            throw PhysicsError.malformedTable(
                name: name, reason: "ranges do not rise to one without end")
        }
        self.name = name
        self.source = source
        self.ranges = ranges
    }

    /// The eight media of the built-in table: air, lung, adipose, soft tissue, two mixtures of marrow
    /// and bone, cortical bone, and titanium for metal.
    ///
    /// - Throws: ``PhysicsError`` when a built-in table is damaged.
    public static var generic: HounsfieldMedia {
        get throws {
            let table = try decodeTable(
                Table.self, PackageResources.hounsfield_media_json, name: "hounsfield-media")
            return try HounsfieldMedia(
                name: table.name, source: table.source,
                ranges: table.ranges.map {
                    Range(medium: try .named($0.medium), upperHU: $0.upperHU ?? .infinity)
                })
        }
    }

    /// Returns the medium of a CT number; the lower end belongs to a range, the upper not.
    ///
    /// Edge cases: NaN gives the last medium; check for it before.
    public func medium(hounsfieldUnits hu: Double) -> Medium {
        ranges[place(of: hu)].medium
    }

    /// The CT number from which on a voxel is metal.
    public var metalHU: Double { ranges.dropLast().last?.upperHU ?? .infinity }

    /// Returns the index of a CT number's range in ``ranges``.
    public func place(of hu: Double) -> Int {
        ranges.firstIndex { hu < $0.upperHU } ?? ranges.count - 1
    }

    private struct Table: Decodable {
        struct Row: Decodable {
            let medium: String
            let upperHU: Double?
        }

        let name: String
        let source: String
        let ranges: [Row]
    }
}
