import Imaging
import Quantities

/// The structures whose mean doses a run tells: a label map as it came, or outlines of a series.
struct DoseLabels: Sendable {
    /// On the dose grid.
    let map: Volume<UInt16>
    /// Numbers of the structures that hold the voxels of a label; `nil` where each label is one.
    private let members: [Int: Set<Int>]?
    /// What a person called them, by number.
    private let names: [Int: String]
    let findings: [Finding]

    /// Labels of a file.
    init(map: Volume<UInt16>) {
        (self.map, members, names, findings) = (map, nil, [:], [])
    }

    /// Outlines of a series, numbered as their ROIs or segments; they may overlap.
    ///
    /// - Parameters:
    ///   - outlines: In the frame of the grid.
    ///   - grid: The dose grid.
    ///   - sliceSpacingMM: How thick contours in a single plane are.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when none holds a voxel; `ImagingError`.
    init(
        _ outlines: [NumberedOutline], on grid: VolumeGeometry, sliceSpacingMM: Double
    ) throws {
        let masks = try outlines.map {
            ($0.number, try $0.outline.region(on: grid, sliceSpacingMM: sliceSpacingMM))
        }
        let labels = StructureLabels(masks, on: grid)
        let found = labels.structures.values.reduce(into: Set<Int>()) { $0.formUnion($1) }
        guard !found.isEmpty else {
            throw WorkflowError.refused(
                sentence: "None of the \(outlines.count) structures holds a voxel of the dose grid "
                    + "(\(grid.words)).")
        }
        map = labels.map
        members = labels.structures
        names = Dictionary(
            outlines.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
        let missing = outlines.map(\.number).filter { !found.contains($0) }
        findings =
            missing.isEmpty
            ? []
            : [
                Finding(
                    "labels.no-voxel", .warning,
                    "Structures that hold no half voxel of the dose grid, by number: "
                        + missing.map(String.init).joined(separator: ", ") + ".")
            ]
    }

    /// The smallest label that a run by uncertainty waits for, in mL.
    ///
    /// Structures that overlap leave slivers, which no one asked for.
    var smallestVolumeML: Double { members == nil ? 0 : 1 }

    /// The structures that hold a label's voxels.
    func numbers(of label: Int) -> Set<Int> { members.map { $0[label] ?? [] } ?? [label] }

    /// Puts labels together to structures, by rising number.
    ///
    /// Parts of a structure are taken to rise and fall together, so its uncertainty is an upper
    /// bound where it has several.
    func rows(_ labels: [DoseReport.Label]) -> [DoseReport.Label] {
        guard members != nil else { return labels }
        var parts: [Int: [DoseReport.Label]] = [:]
        for label in labels {
            for number in numbers(of: label.label) { parts[number, default: []].append(label) }
        }
        return parts.sorted { $0.key < $1.key }.map { number, parts in
            let mass = parts.reduce(0) { $0 + $1.massKg }
            let energy = parts.reduce(0) { $0 + $1.massKg * $1.meanGy }
            let sigma = parts.reduce(0) { $0 + $1.massKg * $1.meanGy * $1.relativeUncertainty }
            return DoseReport.Label(
                label: number, name: names[number], massKg: mass,
                meanGy: mass > 0 ? energy / mass : 0,
                relativeUncertainty: energy > 0 ? sigma / energy : 0)
        }
    }
}
