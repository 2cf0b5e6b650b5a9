import Foundation
import Imaging
import Testing
import Workflows

@Suite("Masks as bytes")
struct VOIMaskTests {
    private let grid: VolumeGeometry

    init() throws {
        // Oblique, far from the origin, as CTs are.
        let turn = Matrix3(rows: [0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1])
        grid = try VolumeGeometry(
            shape: [90, 80, 40], spacingMM: [0.7, 0.7, 2.5], originMM: [-212.3, -310.7, 1204.9],
            axes: turn)
    }

    @Test("A mask comes back to a 255th, on its own voxels; once more byte for byte")
    func roundTrip() throws {
        let mask = try VOIMakingTests.sphere(22, on: grid)
        let bytes = try VOIMask.encoded(mask)
        let back = try VOIMask.decoded(bytes, on: grid)
        #expect(back.box == mask.box)
        let difference = zip(back.coverage, mask.coverage).map { abs($0 - $1) }.max() ?? 1
        #expect(difference <= 0.5 / 255 + 1e-6)
        #expect(try VOIMask.encoded(back) == bytes)
    }

    @Test("An empty mask comes back empty")
    func empty() throws {
        let bytes = try VOIMask.encoded(RegionMask(empty: grid))
        #expect(try VOIMask.decoded(bytes, on: grid).isEmpty)
    }

    @Test("A mask of another grid is refused")
    func otherGrid() throws {
        let bytes = try VOIMask.encoded(VOIMakingTests.sphere(22, on: grid))
        let other = try VolumeGeometry(
            shape: grid.shape, spacingMM: grid.spacingMM, originMM: grid.originMM + [0.3, 0, 0],
            axes: grid.axes)
        #expect(throws: WorkflowError.self) { _ = try VOIMask.decoded(bytes, on: other) }
    }

    private func runs(_ bounds: [Int32], _ runs: [(UInt8, UInt32)]) -> [UInt8] {
        func bytes(_ word: UInt32) -> [UInt8] {
            (0 ..< 4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        return Array("GREVYVM1".utf8) + bounds.flatMap { bytes(UInt32(bitPattern: $0)) }
            + runs.flatMap { [$0.0] + bytes($0.1) }
    }

    @Test("Runs say the coverage of a box, row by row")
    func decodedRuns() throws {
        let mask = try VOIMask.decodedRuns(
            runs([1, 2, 3, 4, 4, 4], [(255, 2), (0, 1), (51, 3)]), on: grid)
        #expect(mask.box == IndexBox(lower: [1, 2, 3], upper: [4, 4, 4]))
        #expect(mask.coverage == [1, 1, 0, 0.2, 0.2, 0.2])
        #expect(try VOIMask.decodedRuns(runs([0, 0, 0, 0, 0, 0], []), on: grid).isEmpty)
    }

    @Test("Runs that lie about their box are refused before memory is taken")
    func hostileRuns() {
        let cases: [[UInt8]] = [
            [], Array("GREVYVM1".utf8), runs([0, 0, 0, 2, 2, 2], [(255, 9)]),
            runs([0, 0, 0, 2, 2, 2], [(255, 7)]), runs([0, 0, 0, 2, 2, 2], [(255, .max)]),
            runs([-1, 0, 0, 2, 2, 2], [(255, 12)]), runs([0, 0, 0, .max, .max, .max], []),
            runs([2, 0, 0, 1, 2, 2], []), runs([0, 0, 0, 2, 2, 2], [(255, 8)]) + [1],
        ]
        for bytes in cases {
            #expect(throws: WorkflowError.self) {
                _ = try VOIMask.decodedRuns(bytes, on: grid)
            }
        }
    }
}
