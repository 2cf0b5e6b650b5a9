import Foundation
import Imaging
import Testing
import Workflows
import _TestSupport

/// The liver's proposal against livers that others have drawn in real CTs.
///
/// Data: the README of each folder of `../shared/testdata`.
@Suite(
    "Proposed livers of real CTs",
    .enabled(if: ReferenceFiles.testdata != nil, "../shared/testdata is not there"))
struct LiverReferenceTests {
    private static let totalSegmentatorLiver: Float = 5
    private static let christieLiver: Float = 15000

    /// 2 |A ∩ B| / (|A| + |B|).
    private func dice(_ a: RegionMask, _ b: RegionMask) throws -> Double {
        2 * (try a.intersection(b).volumeML) / (a.volumeML + b.volumeML)
    }

    /// Without contrast, 3 mm, cut off above.
    ///
    /// It was 0.870 while what touches the liver was taken
    /// apart by openings alone.
    @Test("Without contrast it leaves the neighbours out")
    func native() throws {
        let folder = try #require(ReferenceFiles.testdata)
            .appending(path: "liver-ct-totalseg/nifti")
        let ct = try NIfTI.read(folder.appending(path: "example_ct_sm.nii.gz"))
        let labels = try NIfTI.read(folder.appending(path: "example_seg.nii.gz"))
        let truth = RegionMask(of: labels) { $0 == Self.totalSegmentatorLiver }
        let found = try VOIProposal(ct: ct).region(.liver)
        let dice = try dice(found, truth)
        print("Dice of the proposed liver, native CT: \(dice), \(found.volumeML) mL")
        #expect(dice > 0.88)
    }

    /// Low dose, 3.9 x 3.9 x 4.4 mm, the whole liver.
    ///
    /// It was 0.839 with means for medians.
    @Test("In a low-dose CT of large voxels its rim is not lost")
    func lowDose() throws {
        let ct = try patient("attn", lessHU: 1000)
        let truth = RegionMask(of: try patient("src", lessHU: 0)) { $0 == Self.christieLiver }
        let found = try VOIProposal(ct: ct).region(.liver)
        let dice = try dice(found, truth)
        print("Dice of the proposed liver, low-dose CT: \(dice), \(found.volumeML) mL")
        #expect(dice > 0.88)
    }

    /// One of the patient's images; its rows run to the front, its slices to the feet.
    private func patient(_ name: String, lessHU: Float) throws -> Volume<Float> {
        let file = try #require(ReferenceFiles.testdata).appending(
            path: "lu177-patient-phantom/patient15_LuDOTATATE_\(name).i33.gz")
        let header = """
            NRRD0004
            type: ushort
            dimension: 3
            space: left-posterior-superior
            sizes: 108 70 90
            space directions: (3.9063,0,0) (0,-3.9063,0) (0,0,-4.4196)
            space origin: (0,0,0)
            endian: little
            encoding: gzip
            data file: image.gz


            """
        let image = try ImageFile(bytes: Array(header.utf8)) { _ in
            [UInt8](try Data(contentsOf: file))
        }
        return try Volume(
            voxels: image.volume.voxels.map { $0 - lessHU }, geometry: image.volume.geometry)
    }
}
