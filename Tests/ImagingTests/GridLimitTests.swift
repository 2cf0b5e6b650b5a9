import Imaging
import Testing

@Suite("Limits of grids")
struct GridLimitTests {
    @Test(
        "A grid whose indices would be no numbers is refused",
        arguments: [
            (1e20, 0.0), (1e-200, 0), (0, 0), (-1, 0), (.nan, 0), (1, 1e300), (1, .nan),
        ])
    func refused(spacingMM: Double, originMM: Double) {
        #expect(throws: ImagingError.self) {
            try VolumeGeometry(
                shape: [2, 2, 2], spacingMM: [1, spacingMM, 1], originMM: [originMM, 0, 0])
        }
    }

    @Test("Grids of very different voxels can be laid on each other")
    func unlike() throws {
        let fine = try VolumeGeometry(shape: [2, 2, 2], spacingMM: [1e-4, 1e-4, 1e-4])
        let coarse = try VolumeGeometry(shape: [2, 2, 2], spacingMM: [1e6, 1e6, 1e6])
        let volume = Volume<Float>(repeating: 1, geometry: fine)
        let there = volume.averaged(onto: coarse, outside: 0)
        let back = there.averaged(onto: fine, outside: 0)
        let values = there.voxels + back.voxels
        let areFinite = values.allSatisfy(\.isFinite)
        #expect(areFinite)
    }
}
