import DICOM
import Foundation
import Imaging
import Testing
import _TestSupport

/// Expected values: the README of `../shared/testdata/fdg-pet-ct`.
@Suite("Contours of a real tumour", .enabled(if: RealFiles.isPresent), .serialized)
struct ContourReferenceTests {
    private let source = InProcessSource()

    private func series(_ folder: URL) async throws -> Volume<Float> {
        try await SeriesAssembler.assemble(
            try await RealFiles.files(in: folder), source: source
        ).volume
    }

    private func mask(
        _ name: String, in folder: URL, on geometry: VolumeGeometry
    ) async throws -> RegionMask {
        let files = try await RealFiles.files(in: folder)
        let structures = try StructureSet.read(header: try #require(files.first).header).value
        let structure = try #require(structures.structures.first { $0.name == name })
        return try structure.contours.withoutDegenerate().kept.mask(
            on: geometry, mode: .voxelCentre)
    }

    /// Number of voxels, mean and maximum of the values inside.
    private func figures(
        _ mask: RegionMask, _ volume: Volume<Float>
    ) -> (count: Int, mean: Double, maximum: Double) {
        var (count, sum, maximum) = (0, 0.0, -Double.infinity)
        volume.withVoxels { voxels in
            mask.forEachVoxel { index, _ in
                count += 1
                sum += Double(voxels[index])
                maximum = max(maximum, Double(voxels[index]))
            }
        }
        return (count, sum / Double(count), maximum)
    }

    @Test("in the PET give its voxels, volume, SUV and total lesion glycolysis")
    func pet() async throws {
        try await RealFiles.withUnpacked("fdg-pet-ct/raw-pet.tar.xz") { folder in
            let files = try await RealFiles.files(in: folder.appending(path: "image"))
            let volume = try await SeriesAssembler.assemble(files, source: source).volume
            let factor = try PETScaling.suvbwFactor(headers: files.map(\.header))
            let expected = [
                ("GTV_Mass", 5095, 366.079, 2.5552, 7.9107, 935.40),
                ("GTV_Edema", 8058, 578.972, 2.2551, 7.9107, 1305.65),
            ]
            for (name, count, volumeML, mean, maximum, glycolysis) in expected {
                let mask = try await mask(
                    name, in: folder.appending(path: "mask"), on: volume.geometry)
                let found = figures(mask, volume)
                #expect(found.count == count)
                // Half a unit of the last digit that the README prints.
                #expect(abs(mask.volumeML - volumeML) < 0.0005)
                #expect(abs(found.mean * factor - mean) < 0.00005)
                #expect(abs(found.maximum * factor - maximum) < 0.00005)
                #expect(abs(found.mean * factor * mask.volumeML - glycolysis) < 0.005)
            }
        }
    }

    @Test("in the CT give its voxels, volume and HU")
    func ct() async throws {
        try await RealFiles.withUnpacked("fdg-pet-ct/cropped-ct-suv.tar.xz") { folder in
            let volume = try await series(folder.appending(path: "CT/image"))
            let mask = try await mask(
                "GTV_Mass_CT", in: folder.appending(path: "CT/mask"), on: volume.geometry)
            let found = figures(mask, volume)
            #expect(found.count == 117_145)
            #expect(abs(mask.volumeML - 365.318) < 0.0005)
            #expect(abs(found.mean - 28.4677) < 0.00005)
            #expect(found.maximum == 150)
        }
    }

    @Test("are the masks that MIRP made of them, voxel by voxel", arguments: ["CT", "PET"])
    func mirp(kind: String) async throws {
        let theirs = try await RealFiles.withUnpacked("fdg-pet-ct/\(kind)_mask.nii.gz") { folder in
            try NIfTI.read(folder.appending(path: "\(kind)_mask.nii"))
        }
        try await RealFiles.withUnpacked("fdg-pet-ct/cropped-ct-suv.tar.xz") { folder in
            let geometry = try await series(folder.appending(path: "\(kind)/image")).geometry
            let files = try await RealFiles.files(in: folder.appending(path: "\(kind)/mask"))
            let structures = try StructureSet.read(header: try #require(files.first).header).value
            let name = try #require(structures.structures.map(\.name).first)
            let ours = try await mask(
                name, in: folder.appending(path: "\(kind)/mask"), on: geometry)
            // The NIfTI may run along its axes the other way: compared by position.
            var inside = Set<Int>()
            try theirs.withVoxels { voxels in
                let shape = theirs.geometry.shape
                for k in 0 ..< shape.z {
                    for j in 0 ..< shape.y {
                        for i in 0 ..< shape.x
                        where voxels[theirs.geometry.offset(i, j, k)] > 0.5 {
                            let place = theirs.geometry.positionMM(
                                index: [Double(i), Double(j), Double(k)])
                            let index = geometry.index(positionMM: place)
                            let whole = Vector3(
                                index.x.rounded(), index.y.rounded(), index.z.rounded())
                            try #require((index - whole).length < 0.01)  // one grid
                            inside.insert(
                                geometry.offset(Int(whole.x), Int(whole.y), Int(whole.z)))
                        }
                    }
                }
            }
            var own = Set<Int>()
            ours.forEachVoxel { index, _ in own.insert(index) }
            #expect(own == inside)
        }
    }
}
