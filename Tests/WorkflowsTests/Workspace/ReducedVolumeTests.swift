import DICOM
import Imaging
import Synchronization
import Testing
import Workflows

@Suite("Reduced volumes")
struct ReducedVolumeTests {
    /// A ramp in patient coordinates, which the mean of a whole block keeps at the block's middle.
    private static func ramp(at mm: Vector3<Double>) -> Double { 3 * mm.x - 2 * mm.y + 5 * mm.z }

    private static func volume(_ shape: Vector3<Int>) throws -> Volume<Float> {
        let grid = try VolumeGeometry(
            shape: shape, spacingMM: [0.8, 1.1, 2.5], originMM: [-100, 40, 7],
            axes: Matrix3(rows: [0, -1, 0], [1, 0, 0], [0, 0, 1]))
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    let index = Vector3(Double(i), Double(j), Double(k))
                    volume[i, j, k] = Float(ramp(at: grid.positionMM(index: index)))
                }
            }
        }
        return volume
    }

    @Test("A ramp keeps its values and its place in the patient")
    func ramp() throws {
        let reduced = try ReducedVolume.of(
            Self.volume([256, 130, 3]), blocks: [2, 2, 1], isWhole: false)
        #expect(reduced.geometry.shape == Vector3(128, 65, 3))
        var worst = 0.0
        for k in 0 ..< 3 {
            for j in 0 ..< 65 {
                for i in 0 ..< 128 {
                    let index = Vector3(Double(i), Double(j), Double(k))
                    let expected = Self.ramp(at: reduced.geometry.positionMM(index: index))
                    worst = max(worst, abs(Double(reduced[i, j, k]) - expected))
                }
            }
        }
        // Float's rounding of values up to 1300.
        #expect(worst < 2e-4)
    }

    @Test("Blocks of any whole number lie where their voxels do", arguments: [2, 3, 7])
    func blocks(factor: Int) throws {
        let volume = try Self.volume([21, 14, 42])
        let reduced = try ReducedVolume.of(
            volume, blocks: Vector3(factor, factor, factor), isWhole: false)
        let (native, grid) = (volume.geometry, reduced.geometry)
        #expect(grid.axes == native.axes)
        for index in [Vector3<Int>(0, 0, 0), Vector3(2, 1, 5)] {
            let first = Vector3(
                Double(factor * index.x), Double(factor * index.y), Double(factor * index.z))
            let half = Double(factor - 1) / 2
            let middle = native.positionMM(index: first + Vector3(half, half, half))
            let at = grid.positionMM(
                index: Vector3(Double(index.x), Double(index.y), Double(index.z)))
            #expect((at - middle).length < 1e-9)
            let value = Double(reduced[index.x, index.y, index.z])
            #expect(abs(value - Self.ramp(at: middle)) < 2e-4)
        }
    }

    @Test("A block at the edge holds the mean of the voxels that there are")
    func edge() throws {
        let grid = try VolumeGeometry(shape: [129, 1, 1], spacingMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 2, geometry: grid)
        volume[128, 0, 0] = 9
        let reduced = try ReducedVolume.of(volume, blocks: [2, 1, 1], isWhole: true)
        #expect(reduced.geometry.shape == Vector3(65, 1, 1))
        #expect(reduced[64, 0, 0] == 9 && reduced[63, 0, 0] == 2)
    }

    @Test("Blocks of one voxel are the volume itself")
    func small() throws {
        let volume = try Self.volume([20, 128, 5])
        let reduced = try ReducedVolume.of(volume, blocks: [1, 1, 1], isWhole: false)
        #expect(reduced.geometry == volume.geometry && reduced.voxels == volume.voxels)
    }

    @Test(
        "Slices read some at a time give the means of the whole",
        arguments: [1, 100, 130, 300, 301])
    func slabs(slices: Int) async throws {
        let source = RampSource(slices: slices)
        let files = source.files
        let stack = try SeriesAssembler.order(files)
        #expect(stack.isFilePerSlice)
        let reduced = try await ReducedVolume.of(stack, from: source, isWhole: false)
        // Never more than eight blocks of slices at once.
        #expect(source.most.withLock(\.self) == min(slices, 8 * ((slices + 127) / 128)))
        let whole = try await SeriesAssembler.assemble(files, source: source).volume
        let blocks = Vector3(2, 1, (slices + 127) / 128)
        let expected = try ReducedVolume.of(whole, blocks: blocks, isWhole: false)
        #expect(reduced.geometry == expected.geometry && reduced.voxels == expected.voxels)
        // The mean of a whole block is the ramp at its middle.
        for k in 0 ..< slices / blocks.z {
            #expect(Double(reduced[3, 1, k]) == source.value(6.5, 1, blocks.middle(k)))
        }
    }
}

extension Vector3<Int> {
    /// The middle of block `k` along the third axis, in slices.
    fileprivate func middle(_ k: Int) -> Double { Double(z * k) + Double(z - 1) / 2 }
}

/// A CT of 130 columns and 3 rows whose stored values rise by 2, 5 and 3 along its axes.
private final class RampSource: DicomSource {
    let slices: Int
    /// The most slices that were asked for at once.
    let most = Mutex(0)

    init(slices: Int) { self.slices = slices }

    func slices(
        _ slices: [SliceRequest], rows: Int, columns: Int
    ) async throws -> SliceValues {
        most.withLock { $0 = max($0, slices.count) }
        return try await InOrder(source: self).slices(slices, rows: rows, columns: columns)
    }

    /// Reads one slice after the other.
    private struct InOrder: DicomSource {
        let source: RampSource

        func header(path: String) async throws -> DataSet { try await source.header(path: path) }

        func frames(path: String) async throws -> PixelFrames {
            try await source.frames(path: path)
        }
    }

    func value(_ i: Double, _ j: Double, _ k: Double) -> Double { 2 * i + 5 * j + 3 * k }

    var files: [SeriesFile] {
        (0 ..< slices).map { k in SeriesFile(path: "\(k)", header: header(k)) }
    }

    private func header(_ k: Int) -> DataSet {
        var header = DataSet()
        header.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.2")
        header.set(.sopInstanceUID, "1.2.3.\(k)")
        header.set(.studyInstanceUID, "1.2.1")
        header.set(.seriesInstanceUID, "1.2.2")
        header.set(.frameOfReferenceUID, "1.2.4")
        header.set(.modality, "CT")
        header.set(.rows, 3)
        header.set(.columns, 130)
        for (attribute, bits) in [
            (Attribute.bitsAllocated, 16), (.bitsStored, 16), (.highBit, 15),
            (.pixelRepresentation, 1),
        ] {
            header.set(attribute, bits)
        }
        header.set(.pixelSpacing, [1.5, 1.5])
        header.set(.sliceThickness, 2.0)
        header.set(.imagePositionPatient, [-100.0, 20, 2 * Double(k)])
        header.set(.imageOrientationPatient, [1.0, 0, 0, 0, 1, 0])
        header.set(.rescaleSlope, 1.0)
        header.set(.rescaleIntercept, 0.0)
        return header
    }

    func header(path: String) async throws -> DataSet { header(Int(path) ?? 0) }

    func frames(path: String) async throws -> PixelFrames {
        let k = Double(path) ?? 0
        let words = (0 ..< 3).flatMap { j in
            (0 ..< 130).map { Int16(value(Double($0), Double(j), k)) }
        }
        return PixelFrames(
            rows: 3, columns: 130, frames: 1, samplesPerPixel: 1, bitsAllocated: 16,
            isSigned: true, wasLossy: false,
            bytes: words.flatMap {
                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
            })
    }
}
