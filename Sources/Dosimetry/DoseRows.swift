import Imaging

/// A dose between voxels, row by row of a grid whose axes run along those of the dose.
///
/// Trilinear; the value of border voxels holds up to their outer faces and beyond.
struct DoseRows: Sendable {
    private let dose: Volume<Float>
    private let columns: [Place]
    private let rows: [Place]
    private let slices: [Place]

    /// Between which two voxels a sample lies.
    private struct Place {
        let low: Int
        let high: Int
        let fraction: Double

        init(_ position: Double, count: Int) {
            let inside = min(max(position, 0), Double(count - 1))
            low = Int(inside)
            high = min(low + 1, count - 1)
            fraction = inside - Double(low)
        }

        var nearest: Int { fraction < 0.5 ? low : high }
    }

    init(dose: Volume<Float>, on grid: VolumeGeometry) {
        let source = dose.geometry
        let first = source.index(positionMM: grid.originMM)
        func places(_ start: Double, _ step: Double, _ count: Int, _ sources: Int) -> [Place] {
            (0 ..< count).map { Place(start + step * Double($0), count: sources) }
        }
        self.dose = dose
        columns = places(
            first.x, grid.spacingMM.x / source.spacingMM.x, grid.shape.x, source.shape.x)
        rows = places(
            first.y, grid.spacingMM.y / source.spacingMM.y, grid.shape.y, source.shape.y)
        slices = places(
            first.z, grid.spacingMM.z / source.spacingMM.z, grid.shape.z, source.shape.z)
    }

    /// The least and the highest finite dose among all voxels between which samples lie.
    var rangeGy: ClosedRange<Double> {
        var (low, high) = (Float.infinity, -Float.infinity)
        guard let x0 = columns.first?.low, let x1 = columns.last?.high, let y0 = rows.first?.low,
            let y1 = rows.last?.high, let z0 = slices.first?.low, let z1 = slices.last?.high
        else { return 0 ... 0 }
        dose.withVoxels { voxels in
            for k in z0 ... z1 {
                for j in y0 ... y1 {
                    let start = dose.geometry.offset(0, j, k)
                    for n in start + x0 ... start + x1 where voxels[n].isFinite {
                        low = min(low, voxels[n])
                        high = max(high, voxels[n])
                    }
                }
            }
        }
        return low <= high ? Double(low) ... Double(high) : 0 ... 0
    }

    /// Returns the storage index of the dose voxel in which a sample lies.
    func nearestVoxel(_ i: Int, _ j: Int, _ k: Int) -> Int {
        dose.geometry.offset(columns[i].nearest, rows[j].nearest, slices[k].nearest)
    }

    /// Writes the doses of part of a row, in grays.
    ///
    /// `result` is as long as the part, whose first column is `start`; `line` is scratch space as
    /// long as a row of the dose grid.
    func read(
        row j: Int, slice k: Int, from start: Int, line: inout [Double], into result: inout [Double]
    ) {
        let used = columns[start].low ... columns[start + result.count - 1].high
        blend(row: rows[j], slice: slices[k], used, into: &line)
        let (line, columns) = (line.span, columns.span)
        var result = result.mutableSpan
        for n in result.indices {
            let place = columns[start + n]
            let value = line[place.low]
            result[n] = value + place.fraction * (line[place.high] - value)
        }
    }

    /// Interpolates a line of the dose grid between rows and slices.
    private func blend(
        row: Place, slice: Place, _ used: ClosedRange<Int>, into line: inout [Double]
    ) {
        var line = line.mutableSpan
        let (fy, fz) = (row.fraction, slice.fraction)
        dose.withVoxels { voxels in
            func start(_ j: Int, _ k: Int) -> Int { dose.geometry.offset(0, j, k) }
            func along(_ n: Int, _ m: Int) -> Double {
                Double(voxels[n]) + fy * (Double(voxels[m]) - Double(voxels[n]))
            }
            let (a, b) = (start(row.low, slice.low), start(row.high, slice.low))
            for i in used { line[i] = along(a + i, b + i) }
            guard fz > 0 else { return }
            let (c, d) = (start(row.low, slice.high), start(row.high, slice.high))
            for i in used { line[i] += fz * (along(c + i, d + i) - line[i]) }
        }
    }
}
