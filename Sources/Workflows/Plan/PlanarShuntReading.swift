import DICOM
import Therapy

/// Counts of the plan's boxes in two opposite planar views, and the lung shunt they give.
///
/// The posterior view is mirrored left to right, so a box means the same tissue in both.
struct PlanarShuntReading {
    let image: PlanarImage
    let regions: PlanSpec.PlanarRegions

    /// The geometric-mean lung shunt; the background box, if any, is scaled by area.
    var lungShuntFraction: Double {
        get throws {
            let anterior = try frame(regions.anteriorFrame, "anteriorFrame").counts
            let posterior = image.mirrored(try frame(regions.posteriorFrame, "posteriorFrame"))
            func counts(_ boxes: [[Int]]) throws -> ConjugateCounts {
                ConjugateCounts(
                    anterior: try sum(anterior, boxes), posterior: try sum(posterior, boxes))
            }
            let background = try counts(regions.background)
            let backgroundArea = regions.background.map(Self.area).reduce(0, +)
            func scaled(to boxes: [[Int]]) -> ConjugateCounts {
                let area = boxes.map(Self.area).reduce(0, +)
                let scale = backgroundArea > 0 ? Double(area) / Double(backgroundArea) : 0
                return ConjugateCounts(
                    anterior: scale * background.anterior,
                    posterior: scale * background.posterior)
            }
            return try PlanarLungShunt(
                lung: try counts(regions.lungs), liver: try counts(regions.liver),
                lungBackground: scaled(to: regions.lungs),
                liverBackground: scaled(to: regions.liver)
            ).lungShuntFraction
        }
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

    private static func area(_ box: [Int]) -> Int {
        (box[1] - box[0] + 1) * (box[3] - box[2] + 1)
    }

    private func sum(_ counts: [Float], _ boxes: [[Int]]) throws -> Double {
        var total = 0.0
        for box in boxes {
            guard box[1] < image.rows, box[3] < image.columns else {
                throw WorkflowError.refused(
                    sentence:
                        "A planar box reaches row \(box[1]), column \(box[3]); the image has \(image.rows) rows and \(image.columns) columns, counted from 0."
                )
            }
            for row in box[0] ... box[1] {
                for column in box[2] ... box[3] {
                    total += Double(counts[row * image.columns + column])
                }
            }
        }
        return total
    }
}
