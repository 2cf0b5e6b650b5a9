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

    /// One CT of the smaller synthetic patient, as the tests know its shapes.
    enum Scan: String, CaseIterable {
        case diagnostic, ofSPECT, ofPET

        func ct() throws -> Volume<Float> {
            let simulation = Simulation(options: PhantomOptions(seed: 1, isHalfSize: true))
            return switch self {
            case .diagnostic: try simulation.diagnosticCT().hounsfieldUnits
            case .ofSPECT: try simulation.spectCT().hounsfieldUnits
            case .ofPET: try simulation.petCT().hounsfieldUnits
            }
        }

        var placement: RigidTransform {
            switch self {
            case .diagnostic: .identity
            case .ofSPECT: Scenario.toSpect
            case .ofPET: Scenario.toPet
            }
        }
    }

    /// Wanted of the synthetic patient: 0.95 for body and lungs.
    ///
    /// Its liver has a CT number of its own, 20 HU from its muscle's, so 0.9 is no promise for real
    /// ones; Docs/VOIs.md has those. The low-dose CTs have voxels of 3.9 x 3.9 x 7.5 mm and 25 HU
    /// of noise.
    @Test(
        "They agree with the synthetic patient's shapes, noise and all", arguments: Scan.allCases)
    func synthetic(_ scan: Scan) throws {
        let ct = try scan.ct()
        let rasteriser = Rasteriser(
            geometry: ct.geometry, placement: scan.placement, linesPerVoxel: 3)
        let proposal = try VOIProposal(ct: ct)
        let truth: [(VOIProposal.Organ, [ConvexShape], Double)] = [
            (.body, [Anatomy.layers[0].shape], 0.95), (.lungs, Anatomy.lungs, 0.95),
            (.liver, [Anatomy.liver], scan == .diagnostic ? 0.94 : 0.9),
        ]
        for (organ, shapes, least) in truth {
            let found = try proposal.region(organ)
            let dice = try Self.dice(found, rasteriser.mask(shapes))
            print(
                "Dice of the proposed \(organ.rawValue), \(scan): \(dice), \(found.volumeML) mL")
            #expect(dice > least, "\(organ): \(dice)")
            #expect(found.geometry == ct.geometry)
        }
    }

    /// Liver, muscle and all else on the right of one CT number: the liver's edge is nowhere seen.
    @Test("A liver that looks like all else is refused with its volume, not proposed")
    func refused() throws {
        var ct = try Scan.diagnostic.ct()
        let shape = ct.geometry.shape
        ct.updateSlices { _, slice in
            for n in 0 ..< shape.x * shape.y where slice[n] > -150 && slice[n] < 400 {
                slice[n] = n % shape.x < shape.x / 2 ? 60 : 20
            }
        }
        let proposal = try VOIProposal(ct: ct)
        let error = #expect(throws: WorkflowError.self) { _ = try proposal.region(.liver) }
        guard case .refused(let sentence) = error else {
            Issue.record("no sentence: \(String(describing: error))")
            return
        }
        #expect(
            sentence.contains("could not be told") && sentence.firstMatch(of: /[0-9.]+ L/) != nil,
            "\(sentence)")
    }

    @Test("A CT of air or of water has none of them", arguments: [Float(-1000), 0])
    func nothing(hu: Float) throws {
        let grid = try VolumeGeometry(shape: [60, 60, 30], spacingMM: [4, 4, 5])
        let proposal = try VOIProposal(ct: Volume(repeating: hu, geometry: grid))
        for organ in VOIProposal.Organ.allCases where hu < 0 || organ != .body {
            #expect(throws: WorkflowError.self, "\(organ)") { _ = try proposal.region(organ) }
        }
    }
}
