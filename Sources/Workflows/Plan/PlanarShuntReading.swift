import DICOM
import Quantities
import Therapy

/// Counts of regions in two opposite planar views, and the lung shunt they give.
///
/// The posterior view is mirrored left to right, so a region means the same tissue in both.
struct PlanarShuntReading {
    let image: PlanarImage
    let regions: PlanarRegions

    /// Regions of the anterior view, and which frames the views are, from 1.
    struct PlanarRegions: Hashable, Sendable {
        var lungs: [PlanarRegion]
        var liver: [PlanarRegion]
        var background: [PlanarRegion]
        var anteriorFrame: Int
        var posteriorFrame: Int
    }

    /// What a set of regions holds.
    struct Counted: Hashable, Sendable {
        let pixels: Int
        let counts: ConjugateCounts
    }

    /// The geometric-mean lung shunt; the background, if any, is scaled by area.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the frames are not the two views;
    ///   ``TherapyError`` when the counts give no shunt.
    func shunt() throws -> PlanarLungShunt {
        try refuseOtherViews()
        let (lungs, liver) = (try counted(regions.lungs), try counted(regions.liver))
        let background = try counted(regions.background)
        func scaled(to part: Counted) -> ConjugateCounts {
            let scale =
                background.pixels > 0 ? Double(part.pixels) / Double(background.pixels) : 0
            return ConjugateCounts(
                anterior: scale * background.counts.anterior,
                posterior: scale * background.counts.posterior)
        }
        return try PlanarLungShunt(
            lung: lungs.counts, liver: liver.counts, lungBackground: scaled(to: lungs),
            liverBackground: scaled(to: liver))
    }

    /// Says which regions count pixels that another counts too, or count some twice.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for regions outside the image.
    func findings() throws -> [Finding] {
        let parts = try [
            ("lungs", regions.lungs), ("liver", regions.liver), ("background", regions.background),
        ].map { name, some in (name: name, pixels: try pixels(some)) }
        var shared: [String] = []
        for (n, first) in parts.enumerated() {
            let own = Set(first.pixels)
            if own.count < first.pixels.count {
                shared.append(
                    "those of \(first.name) one another in \(first.pixels.count - own.count) pixels"
                )
            }
            for second in parts[(n + 1)...] {
                let both = own.intersection(second.pixels).count
                if both > 0 { shared.append("\(first.name) and \(second.name) in \(both) pixels") }
            }
        }
        guard !shared.isEmpty else { return [] }
        return [
            Finding(
                "planar.regions-overlap", .warning,
                "The regions on the planar views overlap, \(shared.joined(separator: ", ")): "
                    + "these counts are taken twice, which moves the lung shunt. Draw them apart.",
                subject: "planar")
        ]
    }

    private func pixels(_ some: [PlanarRegion]) throws -> [Int] {
        try some.flatMap { try $0.pixels(rows: image.rows, columns: image.columns) }
    }

    /// Frames of two different views, and not the other way round, as far as the file tells.
    private func refuseOtherViews() throws {
        guard regions.anteriorFrame != regions.posteriorFrame else {
            throw WorkflowError.refused(
                sentence:
                    "'anteriorFrame' and 'posteriorFrame' are both \(regions.anteriorFrame); the geometric mean needs two views."
            )
        }
        let views = [
            ("anteriorFrame", regions.anteriorFrame, PlanarImage.View.posterior),
            ("posteriorFrame", regions.posteriorFrame, .anterior),
        ]
        for (key, number, other) in views where try frame(number, key).view == other {
            throw WorkflowError.refused(
                sentence:
                    "'\(key)' is frame \(number), which the file says is the \(other.rawValue) view; exchange the two."
            )
        }
    }

    /// Pixels and counts of some regions, one after the other.
    func counted(_ some: [PlanarRegion]) throws -> Counted {
        let anterior = try frame(regions.anteriorFrame, "anteriorFrame").counts
        let posterior = image.mirrored(try frame(regions.posteriorFrame, "posteriorFrame"))
        let pixels = try pixels(some)
        let counts = ConjugateCounts(
            anterior: pixels.reduce(0.0) { $0 + Double(anterior[$1]) },
            posterior: pixels.reduce(0.0) { $0 + Double(posterior[$1]) })
        guard abs(counts.anterior) <= Self.mostCounts, abs(counts.posterior) <= Self.mostCounts
        else {
            throw WorkflowError.refused(
                sentence: "The regions hold more counts than a gamma camera measures, or none "
                    + "that are numbers: the slope or the pixels of the views are damaged.")
        }
        return Counted(pixels: pixels.count, counts: counts)
    }

    /// A camera at 1 million counts a second takes twelve days for them.
    private static let mostCounts = 1e12

    private func frame(_ number: Int, _ key: String) throws -> PlanarImage.Frame {
        guard number >= 1, number <= image.frames.count else {
            throw WorkflowError.refused(
                sentence:
                    "'planarRegions.\(key)' is \(number), but the image has \(image.frames.count) frames."
            )
        }
        return image.frames[number - 1]
    }
}

extension PlanarShuntReading.PlanarRegions {
    /// The boxes of a plan file.
    init(_ boxes: PlanSpec.PlanarRegions) {
        self.init(
            lungs: boxes.lungs.map(PlanarRegion.box), liver: boxes.liver.map(PlanarRegion.box),
            background: boxes.background.map(PlanarRegion.box),
            anteriorFrame: boxes.anteriorFrame, posteriorFrame: boxes.posteriorFrame)
    }
}
