import Foundation

/// Regions that somebody has drawn on planar views, as the page sends them and the record keeps them.
package struct DrawnRegions: Codable, Hashable, Sendable {
    package enum Part: String, Codable, Hashable, Sendable {
        case lungs, liver, background
    }

    /// A box or a polygon in pixels of the anterior view; exactly one of the two.
    package struct Shape: Codable, Hashable, Sendable {
        package var part: Part
        /// `[firstRow, lastRow, firstColumn, lastColumn]` from 0, both ends inside.
        package var box: [Int]?
        /// Corners as `[column, row]`; the centre of the first pixel is `[0, 0]`.
        package var corners: [[Double]]?
    }

    /// From 1.
    package var anteriorFrame: Int
    package var posteriorFrame: Int
    package var shapes: [Shape]

    private static let mostShapes = 40

    /// Reads what a page sends.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when it is no set of regions.
    init(json: String) throws {
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else {
            throw WorkflowError.refused(
                sentence: "The regions are not written as this page writes them.")
        }
        self = read
        guard anteriorFrame != posteriorFrame else {
            throw WorkflowError.refused(
                sentence: "The anterior and the posterior view are two frames; choose two.")
        }
        guard shapes.count <= Self.mostShapes else {
            throw WorkflowError.refused(
                sentence: "These are \(shapes.count) regions; at most \(Self.mostShapes) are kept.")
        }
        _ = try regions
        for part in [Part.lungs, .liver] where !shapes.contains(where: { $0.part == part }) {
            throw WorkflowError.refused(
                sentence: "Draw a region of the \(part.rawValue) too: the shunt needs both.")
        }
    }

    /// The same for ``PlanarShuntReading``.
    var regions: PlanarShuntReading.PlanarRegions {
        get throws {
            func all(_ part: Part) throws -> [PlanarRegion] {
                try shapes.filter { $0.part == part }.map { try $0.region }
            }
            return PlanarShuntReading.PlanarRegions(
                lungs: try all(.lungs), liver: try all(.liver), background: try all(.background),
                anteriorFrame: anteriorFrame, posteriorFrame: posteriorFrame)
        }
    }
}

extension DrawnRegions.Shape {
    private static let mostCorners = 2000
    /// Pixels beyond any image.
    private static let farthest = 1e5

    fileprivate var region: PlanarRegion {
        get throws {
            if let box, corners == nil, box.count == 4, box[0] >= 0, box[2] >= 0,
                box[0] <= box[1], box[2] <= box[3]
            {
                return .box(box)
            }
            guard let corners, box == nil, (3 ... Self.mostCorners).contains(corners.count),
                corners.allSatisfy({ corner in
                    corner.count == 2 && corner.allSatisfy { abs($0) < Self.farthest }
                })
            else {
                throw WorkflowError.refused(
                    sentence:
                        "A region is a box of four whole numbers or at least three corners.")
            }
            return .polygon(corners)
        }
    }
}
