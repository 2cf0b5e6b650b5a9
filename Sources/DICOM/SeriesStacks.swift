import Quantities

/// Frames that belong in one volume, and what sets them apart from the other stacks.
struct SeriesStacks {
    /// One stack: its label (empty when it is the only one) and its frames in no order.
    struct Stack {
        var label: String
        var frames: [SeriesFrame]
    }

    private(set) var stacks: [Stack] = []
    private(set) var findings: [Finding]

    /// What may split frames that lie at the same positions, strongest first.
    static let keyOrder = [
        "stack", "energy window", "detector", "phase", "R-R interval", "time slot", "time slice",
        "temporal position", "trigger time", "cardiac phase", "echo", "b value",
        "acquisition number", "frame reference time", "kernel", "image type", "acquisition time",
    ]

    /// Reads the frames of all files and sorts them into stacks.
    ///
    /// - Throws: ``DicomError``; `series.mixed` when files of several series or frames of
    ///   reference were given, `ct.localizer` when there are only localizers.
    init(files: [SeriesFile]) throws {
        guard let first = files.first else {
            throw DicomError.refused(code: "series.empty", reason: "the series has no files")
        }
        for attribute in [Attribute.seriesInstanceUID, .frameOfReferenceUID] {
            guard Set(files.map { $0.header.string(attribute) }).count == 1 else {
                throw DicomError.refused(
                    code: "series.mixed",
                    reason: attribute == .seriesInstanceUID
                        ? "files of several series" : "files in several frames of reference")
            }
        }
        let subject = first.header.seriesSubject
        findings = []
        let images = files.indices.filter {
            !files[$0].header.strings(.imageType).contains { $0.uppercased() == "LOCALIZER" }
        }
        guard !images.isEmpty else {
            throw DicomError.refused(
                code: "ct.localizer", reason: "the series holds localizers only")
        }
        var frames: [SeriesFrame] = []
        for index in images {
            frames += try SeriesFrame.frames(
                of: files[index], index: index, findings: &findings)
        }
        var groups = Self.stackable(frames)
        var leftOut = files.count - images.count
        if groups.contains(where: { $0.count >= 3 }) {
            leftOut += groups.filter { $0.count == 1 }.count
            groups.removeAll { $0.count == 1 }
        }
        if leftOut > 0 {
            findings.append(
                Finding(
                    "series.images-left-out", .note,
                    "\(leftOut) images with another orientation, size or purpose (localizers) "
                        + "were left out of the volume.", subject: subject))
        }
        for (n, group) in groups.enumerated() {
            let label = groups.count > 1 ? "orientation or size \(n + 1) of \(groups.count)" : ""
            stacks += Self.split(group, label: label)
        }
    }

    /// Groups frames of the same matrix whose planes are parallel.
    private static func stackable(_ frames: [SeriesFrame]) -> [[SeriesFrame]] {
        var groups: [[SeriesFrame]] = []
        for frame in frames {
            let match = groups.firstIndex {
                $0.first.map { $0.plane.isStackable(with: frame.plane) } ?? false
            }
            if let match { groups[match].append(frame) } else { groups.append([frame]) }
        }
        return groups
    }

    /// Splits frames that share positions by what distinguishes them.
    ///
    /// A split counts when it yields as many parts as there are frames at one position and no
    /// part has a position twice; otherwise the frames stay together as duplicates.
    private static func split(_ frames: [SeriesFrame], label: String) -> [Stack] {
        let order = SliceOrder(planes: frames.map(\.plane))
        var place = Array(repeating: 0, count: frames.count)
        for (n, index) in order.order.enumerated() { place[index] = n }
        for pair in order.duplicates { place[pair.other] = place[pair.kept] }
        let multiplicity =
            Dictionary(place.map { ($0, 1) }, uniquingKeysWith: +).values.max() ?? 1
        guard multiplicity > 1 else { return [Stack(label: label, frames: frames)] }
        let single = keyOrder.map { [$0] }
        let pairs = keyOrder.indices.flatMap { a in
            keyOrder.indices.filter { $0 > a }.map { [keyOrder[a], keyOrder[$0]] }
        }
        for keys in single + pairs {
            let parts = Dictionary(grouping: frames.indices) { index in
                keys.map { frames[index].keys[$0] ?? "" }
            }
            let isSplit =
                parts.count == multiplicity
                && parts.values.allSatisfy { part in
                    Set(part.map { place[$0] }).count == part.count
                        && part.count >= min(2, order.order.count)
                }
            guard isSplit else { continue }
            let sorted = parts.sorted { isBefore($0.key, $1.key) }
            let prefix = label.isEmpty ? "" : label + ", "
            return sorted.enumerated().map { n, part in
                Stack(
                    label: prefix
                        + "\(keys.joined(separator: " and ")) \(n + 1) of \(sorted.count)",
                    frames: part.value.map { frames[$0] })
            }
        }
        return [Stack(label: label, frames: frames)]
    }

    /// Numbers by value, other text by character.
    private static func isBefore(_ a: [String], _ b: [String]) -> Bool {
        for (x, y) in zip(a, b) where x != y {
            if let p = Double(x), let q = Double(y), p != q { return p < q }
            return x < y
        }
        return false
    }
}
