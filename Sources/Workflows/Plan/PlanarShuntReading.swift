import DICOM
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
    func shunt() throws -> PlanarLungShunt {
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

    /// Pixels and counts of some regions, one after the other.
    func counted(_ some: [PlanarRegion]) throws -> Counted {
        let anterior = try frame(regions.anteriorFrame, "anteriorFrame").counts
        let posterior = image.mirrored(try frame(regions.posteriorFrame, "posteriorFrame"))
        let pixels = try some.flatMap {
            try $0.pixels(rows: image.rows, columns: image.columns)
        }
        return Counted(
            pixels: pixels.count,
            counts: ConjugateCounts(
                anterior: pixels.reduce(0.0) { $0 + Double(anterior[$1]) },
                posterior: pixels.reduce(0.0) { $0 + Double(posterior[$1]) }))
    }

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
