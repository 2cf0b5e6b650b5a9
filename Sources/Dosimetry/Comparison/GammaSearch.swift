import Imaging

/// The search for the least γ² around a voxel, over places in steps between the voxels.
///
/// Places are taken cell by cell, a cell being the box between eight neighbouring centres, nearest
/// first. A cell is left out when its distance and the range of its corners' doses already bound γ²
/// from below by the best one found; so no place is lost. Along x the dose within a cell is linear
/// and γ² a parabola, of which the places on both sides of the vertex have the least value.
struct GammaSearch: Sendable {
    /// A box between neighbouring centres, seen from a voxel.
    private struct Cell {
        /// Its lowest corner, in voxels from the voxel.
        let corner: Vector3<Int>
        /// The least distance over the distance to agreement, squared.
        let square: Double
        /// The places along x that lie in it, in steps from the voxel.
        let steps: ClosedRange<Double>
        /// Its lines along x, among ``lines``.
        let lines: Range<Int>
    }

    /// A line of places along x.
    private struct Line {
        /// Where it runs, in shares of the cell.
        let y: Double
        let z: Double
        /// Distance in y and z over the distance to agreement, squared.
        let square: Double
    }

    /// The places along one axis.
    private struct Axis {
        /// Steps between neighbouring centres.
        let parts: Int
        /// Steps that the search reaches.
        let reach: Int
        /// The length of a step over the distance to agreement, squared.
        let square: Double

        init(spacingMM: Double, count: Int, distanceMM: Double) {
            // A whole number of steps per voxel, so that neighbours' centres are among the places.
            let wanted = (GammaSearch.stepsPerDistance * spacingMM / distanceMM).rounded(.up)
            parts = Int(max(1, wanted))
            let share = spacingMM / Double(parts) / distanceMM
            // A single voxel has no neighbours to lie between.
            reach = count == 1 ? 0 : Int((GammaIndex.highest / share).rounded(.down))
            square = share * share
        }

        /// The cells that are reached: the lowest corner in voxels, and the steps inside.
        var cells: [(corner: Int, steps: ClosedRange<Int>)] {
            guard reach > 0 else { return [(0, 0 ... 0)] }
            let end = (reach + parts - 1) / parts
            return (-end ..< end).map {
                ($0, max($0 * parts, -reach) ... min(($0 + 1) * parts, reach))
            }
        }

        func leastSquare(_ steps: ClosedRange<Int>) -> Double {
            let least = steps.contains(0) ? 0 : min(abs(steps.lowerBound), abs(steps.upperBound))
            return Double(least * least) * square
        }
    }

    private let tested: Volume<Float>
    /// The least and the highest dose of the corners of the cell above each voxel.
    private let lowest: Volume<Float>
    private let highest: Volume<Float>
    private let x: Axis
    /// Nearest first.
    private let cells: [Cell]
    /// Nearest first within each cell.
    private let lines: [Line]

    /// With a third of the distance, γ of steep slopes came out 15 % too high.
    static let stepsPerDistance = 10.0

    init(_ criteria: GammaCriteria, in tested: Volume<Float>) {
        let (shape, spacing) = (tested.geometry.shape, tested.geometry.spacingMM)
        let distance = criteria.distanceMM
        let x = Axis(spacingMM: spacing.x, count: shape.x, distanceMM: distance)
        let y = Axis(spacingMM: spacing.y, count: shape.y, distanceMM: distance)
        let z = Axis(spacingMM: spacing.z, count: shape.z, distanceMM: distance)
        var (cells, lines): ([Cell], [Line]) = ([], [])
        for (k, c) in z.cells {
            for (j, b) in y.cells {
                let first = lines.count
                lines += Self.lines(y, j, b, z, k, c)
                let across = y.leastSquare(b) + z.leastSquare(c)
                cells += x.cells.map { i, a in
                    Cell(
                        corner: Vector3(i, j, k), square: across + x.leastSquare(a),
                        steps: Double(a.lowerBound) ... Double(a.upperBound),
                        lines: first ..< lines.count)
                }
            }
        }
        self.tested = tested
        self.x = x
        self.cells = cells.filter { $0.square < GammaIndex.highest * GammaIndex.highest }
            .sorted { $0.square < $1.square }
        self.lines = lines
        lowest = tested.reducedOverCells(min)
        highest = tested.reducedOverCells(max)
    }

    private static func lines(
        _ y: Axis, _ j: Int, _ b: ClosedRange<Int>, _ z: Axis, _ k: Int, _ c: ClosedRange<Int>
    ) -> [Line] {
        c.flatMap { c in
            b.map { b in
                Line(
                    y: Double(b - j * y.parts) / Double(y.parts),
                    z: Double(c - k * z.parts) / Double(z.parts),
                    square: Double(b * b) * y.square + Double(c * c) * z.square)
            }
        }.sorted { $0.square < $1.square }
    }

    /// Returns γ of a reference dose at a voxel, at most ``GammaIndex/highest``.
    func gamma(_ dose: Double, at voxel: Vector3<Int>, tolerance: Double) -> Double {
        let grid = tested.geometry
        return tested.withVoxels { doses in
            lowest.withVoxels { lowest in
                highest.withVoxels { highest in
                    let own = grid.offset(voxel.x, voxel.y, voxel.z)
                    let difference = (Double(doses[own]) - dose) / tolerance
                    var best = min(
                        GammaIndex.highest * GammaIndex.highest, difference * difference)
                    for cell in cells {
                        if cell.square >= best { break }
                        let corner = Vector3(
                            voxel.x + cell.corner.x, voxel.y + cell.corner.y,
                            voxel.z + cell.corner.z)
                        guard grid.hasCell(at: corner) else { continue }
                        let n = grid.offset(corner.x, corner.y, corner.z)
                        let gap =
                            max(0, Double(lowest[n]) - dose, dose - Double(highest[n])) / tolerance
                        guard cell.square + gap * gap < best else { continue }
                        best = least(in: cell, corner, doses, dose, tolerance, below: best)
                    }
                    return best.squareRoot()
                }
            }
        }
    }

    /// Returns the least γ² in a cell, or `best` when there is none below it.
    private func least(
        in cell: Cell, _ corner: Vector3<Int>, _ doses: Span<Float>, _ dose: Double,
        _ tolerance: Double, below best: Double
    ) -> Double {
        let shape = tested.geometry.shape
        let right = shape.x > 1 ? 1 : 0
        let down = shape.y > 1 ? shape.x : 0
        let next = shape.z > 1 ? shape.x * shape.y : 0
        let start = tested.geometry.offset(corner.x, corner.y, corner.z)
        // Differences in tolerances at the eight corners.
        func difference(_ n: Int) -> Double { (Double(doses[n]) - dose) / tolerance }
        func face(_ n: Int) -> (Double, Double, Double, Double) {
            (
                difference(n), difference(n + down), difference(n + next),
                difference(n + down + next)
            )
        }
        func between(_ f: (Double, Double, Double, Double), _ line: Line) -> Double {
            let near = f.0 + line.y * (f.1 - f.0)
            let far = f.2 + line.y * (f.3 - f.2)
            return near + line.z * (far - near)
        }
        let (left, other) = (face(start), face(start + right))
        let zero = Double(cell.corner.x * x.parts)
        let perStep = 1 / Double(x.parts)
        var best = best
        for n in cell.lines {
            let line = lines[n]
            if line.square >= best { break }
            let first = between(left, line)
            let slope = perStep * (between(other, line) - first)
            let offset = first - zero * slope
            let vertex = -slope * offset / (x.square + slope * slope)
            let low = min(max(vertex.rounded(.down), cell.steps.lowerBound), cell.steps.upperBound)
            for step in [low, min(low + 1, cell.steps.upperBound)] {
                let value = offset + slope * step
                best = min(best, line.square + x.square * step * step + value * value)
            }
        }
        return best
    }
}

extension VolumeGeometry {
    /// Whether there is a cell above a voxel; along an axis of one voxel it is flat.
    fileprivate func hasCell(at corner: Vector3<Int>) -> Bool {
        corner.smallest >= 0 && corner.x < max(1, shape.x - 1) && corner.y < max(1, shape.y - 1)
            && corner.z < max(1, shape.z - 1)
    }
}

extension Volume where Scalar == Float {
    /// Returns for each voxel what a rule makes of it and its neighbours one up along each axis.
    fileprivate func reducedOverCells(
        _ rule: @Sendable (Float, Float) -> Float
    ) -> Volume<Float> {
        var result = self
        let shape = geometry.shape
        let source = self
        result.updateSlices { k, slice in
            source.withVoxels { voxels in
                for j in 0 ..< shape.y {
                    for i in 0 ..< shape.x {
                        var value = voxels[source.geometry.offset(i, j, k)]
                        for c in k ... min(k + 1, shape.z - 1) {
                            for b in j ... min(j + 1, shape.y - 1) {
                                for a in i ... min(i + 1, shape.x - 1) {
                                    value = rule(value, voxels[source.geometry.offset(a, b, c)])
                                }
                            }
                        }
                        slice[i + shape.x * j] = value
                    }
                }
            }
        }
        return result
    }
}
