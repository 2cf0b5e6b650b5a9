import Imaging
import Testing

@Suite("Convolution")
struct ConvolutionTests {
    private func kernel() throws -> SymmetricKernel {
        // Different weight at every offset of the octant, and one row of zeros.
        let weights = (0 ..< 24).map { n -> Float in
            if n / 3 == 5 { return 0 }
            return Float(n * n % 17 + 1) / 8
        }
        return try SymmetricKernel(reach: [2, 3, 1], weights: weights)
    }

    private func reference(_ volume: Volume<Float>, _ kernel: SymmetricKernel) -> [Double] {
        let (shape, reach) = (volume.geometry.shape, kernel.reach)
        var result = [Double](repeating: 0, count: volume.geometry.count)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    for c in -reach.z ... reach.z {
                        for b in -reach.y ... reach.y {
                            for a in -reach.x ... reach.x {
                                let (x, y, z) = (i - a, j - b, k - c)
                                guard 0 ..< shape.x ~= x, 0 ..< shape.y ~= y, 0 ..< shape.z ~= z
                                else { continue }
                                let n = abs(a) + (reach.x + 1) * (abs(b) + (reach.y + 1) * abs(c))
                                result[volume.geometry.offset(i, j, k)] +=
                                    Double(kernel.weights[n]) * Double(volume[x, y, z])
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    // Rows of vectors of 8 and a rest, and one of four vectors at once, one of 8 and a rest.
    @Test(
        "equals the sum over all offsets, at the borders and over empty rows too",
        arguments: [19, 45])
    func sum(columns: Int) throws {
        let geometry = try VolumeGeometry(shape: [columns, 7, 5], spacingMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        // Integers of a linear congruence, three of four rows empty.
        var state: UInt32 = 7
        for k in 0 ..< 5 {
            for j in 0 ..< 7 where (j + k) % 4 == 0 {
                for i in 0 ..< columns {
                    state = state &* 1_664_525 &+ 1_013_904_223
                    volume[i, j, k] = Float(state >> 28)
                }
            }
        }
        let expected = reference(volume, try kernel())
        let got = volume.convolved(with: try kernel())
        got.withVoxels { voxels in
            // Eighths of integers below 2^24: exact in single precision.
            for n in voxels.indices { #expect(Double(voxels[n]) == expected[n]) }
        }
    }

    /// The sum over all offsets in single precision and the order that the bytes stand for.
    private func ordered(_ volume: Volume<Float>, _ kernel: SymmetricKernel) -> Volume<Float> {
        let shape = volume.geometry.shape
        func value(_ i: Int, _ j: Int, _ k: Int) -> Float {
            0 ..< shape.x ~= i && 0 ..< shape.y ~= j && 0 ..< shape.z ~= k ? volume[i, j, k] : 0
        }
        func slices(_ i: Int, _ j: Int, _ k: Int, _ dk: Int) -> Float {
            dk == 0 ? value(i, j, k) : value(i, j, k - dk) + value(i, j, k + dk)
        }
        func rows(_ i: Int, _ j: Int, _ k: Int, _ dj: Int, _ dk: Int) -> Float {
            dj == 0 ? slices(i, j, k, dk) : slices(i, j - dj, k, dk) + slices(i, j + dj, k, dk)
        }
        var result = Volume<Float>(repeating: 0, geometry: volume.geometry)
        let reach = kernel.reach
        for n in 0 ..< volume.geometry.count {
            let (i, j, k) = (n % shape.x, n / shape.x % shape.y, n / (shape.x * shape.y))
            for dk in 0 ... reach.z {
                for dj in 0 ... reach.y {
                    let first = (reach.x + 1) * (dj + (reach.y + 1) * dk)
                    var sum = rows(i, j, k, dj, dk) * kernel.weights[first]
                    for di in 1 ... reach.x {
                        let pair = rows(i - di, j, k, dj, dk) + rows(i + di, j, k, dj, dk)
                        sum += pair * kernel.weights[first + di]
                    }
                    result[i, j, k] += sum
                }
            }
        }
        return result
    }

    @Test(
        "adds in one order, whatever the processor does at once", arguments: [5, 19, 45, 75, 103])
    func order(columns: Int) throws {
        let geometry = try VolumeGeometry(shape: [columns, 7, 5], spacingMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        var state: UInt32 = 3
        for k in 0 ..< 5 {
            for j in 0 ..< 7 where (j + k) % 3 != 0 {
                for i in j % 2 ..< columns {
                    state = state &* 1_664_525 &+ 1_013_904_223
                    // No two of them share an exponent for long: every addition rounds.
                    volume[i, j, k] = 1 / Float(1 + state >> 20)
                }
            }
        }
        let expected = ordered(volume, try kernel())
        #expect(volume.convolved(with: try kernel()).voxels == expected.voxels)
    }

    @Test("does not wrap around: a point in a corner leaves the far side empty")
    func noWrap() throws {
        let geometry = try VolumeGeometry(shape: [32, 32, 32], spacingMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        volume[0, 0, 0] = 1
        let got = volume.convolved(with: try kernel())
        #expect(got[0, 0, 0] == 0.125)
        #expect(got[31, 0, 0] == 0 && got[0, 31, 0] == 0 && got[0, 0, 31] == 0)
    }

    @Test("refuses weights that do not fill the octant")
    func refusal() {
        #expect(throws: ImagingError.self) {
            try SymmetricKernel(reach: [1, 1, 1], weights: [1])
        }
    }
}
