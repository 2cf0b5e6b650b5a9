import DICOM
import Foundation
import Imaging
import Phantom
import Testing
import Workflows
import _TestSupport

@Suite("Proposals of body, lungs and liver")
struct VOIProposalTests {
    /// 2 |A ∩ B| / (|A| + |B|).
    private static func dice(_ a: RegionMask, _ b: RegionMask) throws -> Double {
        2 * (try a.intersection(b).volumeML) / (a.volumeML + b.volumeML)
    }

    /// Wanted of the synthetic patient: 0.95 for body and lungs.
    ///
    /// Its liver has a CT number of its
    /// own, so 0.9 is no promise for real ones; Docs/VOIs.md has those.
    @Test("They agree with the synthetic patient's shapes, noise and all")
    func synthetic() async throws {
        let work = try ReferenceFiles.scratch("proposal")
        defer { try? FileManager.default.removeItem(at: work) }
        _ = try await SyntheticPatient.write(
            .sirtNet, options: PhantomOptions(seed: 1, isHalfSize: true), to: work)
        let source = InProcessSource()
        let paths = try FileManager.default.contentsOfDirectory(
            atPath: work.appending(path: "dicom/ct-diagnostic").path
        ).map { work.appending(path: "dicom/ct-diagnostic/\($0)").path }
        let files = try await source.files(paths: paths).map { try $0.get() }
        let ct = try await SeriesAssembler.assemble(files, source: source).volume
        let rasteriser = Rasteriser(geometry: ct.geometry, linesPerVoxel: 3)
        let proposal = try VOIProposal(ct: ct)
        let truth: [(VOIProposal.Organ, [ConvexShape], Double)] = [
            (.body, [Anatomy.layers[0].shape], 0.95), (.lungs, Anatomy.lungs, 0.95),
            (.liver, [Anatomy.liver], 0.9),
        ]
        for (organ, shapes, least) in truth {
            let found = try proposal.region(organ)
            let dice = try Self.dice(found, rasteriser.mask(shapes))
            print("Dice of the proposed \(organ.rawValue): \(dice)")
            #expect(dice > least, "\(organ): \(dice)")
            #expect(found.geometry == ct.geometry)
        }
    }

    @Test("A CT of air or of water has none of them", arguments: [Float(-1000), 0])
    func nothing(hu: Float) throws {
        let grid = try VolumeGeometry(shape: [60, 60, 30], spacingMM: [4, 4, 5])
        let proposal = try VOIProposal(ct: Volume(repeating: hu, geometry: grid))
        for organ in VOIProposal.Organ.allCases where hu < 0 || organ == .lungs {
            #expect(throws: WorkflowError.self, "\(organ)") { _ = try proposal.region(organ) }
        }
    }
}
