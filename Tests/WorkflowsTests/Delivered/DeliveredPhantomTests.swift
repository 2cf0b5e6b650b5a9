import DICOM
import Foundation
import Imaging
import Pathway
import Phantom
import Quantities
import Storage
import Testing
import Workflows
import _TestSupport

/// The synthetic patient's Y-90 PET held against a plan, and against the truth.
@Suite("Delivered dose of the phantom")
struct DeliveredPhantomTests {
    /// One test, because making and importing the patient is most of the work.
    @Test("doses and totals agree with the truth, and what is misstated is found")
    func phantom() async throws {
        let phantom = try await ImportedPhantom()
        defer { phantom.remove() }
        let unaccepted = try await phantom.delivered(acceptedBy: nil).result.document
        #expect(!unaccepted.isOnCheckedRegistration)
        let codes = Set(unaccepted.findings.map(\.code))
        #expect(codes.isSuperset(of: ["registration.not-accepted", "delivered.not-verified"]))
        let kept = try await phantom.delivered()
        #expect(kept.result.document.isOnCheckedRegistration)
        #expect(!kept.result.document.findings.contains { $0.code == "delivered.not-verified" })
        try checkLimits(kept.result.document)
        try checkTruth(kept, phantom.truth)
        try await checkExport(kept, phantom)
        try await checkMisstatements(kept, phantom)
        try await checkNames(phantom)
    }

    /// Chances by the closed form Φ(ln(L/D)/σ), σ² = ln(1 + u²), of the doses and uncertainties
    /// that the document states beside them.
    private func checkLimits(_ document: DeliveredDocument) throws {
        let limits = try #require(document.limits)
        #expect(limits.map(\.name) == ["Lungs (shunt)", "right", "right D95"])
        let right = try #require(document.structures.first { $0.name == "right" })
        let relative = try #require(right.relativeUncertainty).relativeSigma
        let absolute = try #require(right.absoluteUncertainty).relativeSigma
        let lungs = try #require(document.lungs.uncertainty).relativeSigma
        let doses: [(DeliveredDocument.Limit.Reached?, Double?, Double)] = [
            (limits[0].relative, document.lungs.deliveredMeanDoseGy, lungs),
            (limits[1].relative, right.relativeMeanDoseGy, relative),
            (limits[1].absolute, right.absoluteMeanDoseGy, absolute),
            (limits[2].relative, right.relativeD95Gy, relative),
            (limits[2].absolute, right.absoluteD95Gy, absolute),
        ]
        for (n, (reached, doseGy, u)) in zip([0, 1, 1, 2, 2], doses) {
            let reached = try #require(reached)
            let limitGy = limits[n].limitGy
            #expect(reached.valueGy == doseGy)
            #expect(reached.isMet == (reached.valueGy <= limitGy))
            #expect(reached.marginGy == limitGy - reached.valueGy)
            let z = log(limitGy / reached.valueGy) / log1p(u * u).squareRoot()
            let chance = 0.5 * erfc(-z / 2.0.squareRoot())
            #expect(abs(try #require(reached.probabilityMet) - chance) < 1e-12)
        }
        #expect(limits[0].absolute == nil)
        // One of them where the chance says something.
        let near = try #require(limits[1].relative?.probabilityMet)
        #expect(near > 0.8 && near < 0.99)
    }

    /// Taken out with the case, the doses have the bytes that were written when they were computed.
    private func checkExport(
        _ kept: DeliveredWorkflow.Kept, _ phantom: ImportedPhantom
    ) async throws {
        let written = phantom.work.appending(path: "written")
        let names = try await DeliveredOutputs(folder: phantom.folder, actor: "test").write(
            kept, to: written, pdf: false
        ).files
        let record = try await phantom.folder.records.derived(id: kept.verificationID)
        let pdf = try await phantom.folder.objects.put(Array("%PDF-1.7 report".utf8))
        _ = try await phantom.folder.records.save(
            DerivedDraft(
                caseID: record.draft.caseID, kind: "report", name: "delivered", content: pdf,
                mediaType: "application/pdf",
                inputs: [DerivedInput("verification", .derived(kept.verificationID))],
                softwareVersion: "test"), by: "test")
        let patient = try #require(try await phantom.folder.records.patients().first)
        let answer = try await CaseExport(
            CaseReader(folder: phantom.folder, patient: patient.id, sight: .whole), of: patient,
            source: InProcessSource(), key: try SigningKey(), actor: "test",
            options: CaseExportOptions(), say: { _, _ in }
        ).write(
            to: phantom.work.appending(path: "case.zip"),
            scratch: phantom.work.appending(path: "tree"))
        let digests = Set(answer.manifest.files.map(\.sha256))
        let doses = names.filter { $0.hasSuffix(".dcm") }
        #expect(doses.count == 2)
        for name in doses {
            let bytes = Array(try Data(contentsOf: written.appending(path: name)))
            #expect(digests.contains(ObjectDigest(of: bytes).hex), "\(name)")
        }
        let place = "plans/\(kept.verificationID)/delivered"
        let paths = Set(answer.manifest.files.map(\.path))
        #expect(paths.isSuperset(of: ["\(place).json", "\(place).pdf"]))
    }

    /// A delivery file that names what is not there, or something else, is refused with the line.
    private func checkNames(_ phantom: ImportedPhantom) async throws {
        let plan = try await phantom.folder.records.derived(id: phantom.planID)
        let input = try #require(plan.draft.inputs.first { $0.role == "dose" })
        guard case .derived(let dose) = input.source else {
            throw StorageError.notFound(entity: "dose of the plan")
        }
        for (plan, image, parts) in [
            ("plan-99", "pet", ["'plan' (line 1): There is no plan 'plan-99'", "'grevy list'"]),
            (dose, "pet", ["'plan' (line 1): '\(dose)' is no plan but a kept dose"]),
            (phantom.planID, "nowhere", ["'image' (line 2): There is no series 'nowhere'"]),
            (phantom.planID, "ct-diagnostic", ["'image' (line 2) names", "(CT)", "a PET"]),
            (phantom.planID, "rtstruct", ["'image' (line 2) names", "(RTSTRUCT)"]),
        ] {
            let error = await #expect(throws: WorkflowError.self) {
                try await phantom.delivered(plan: plan, image: image)
            }
            let sentence = error?.description ?? ""
            for part in parts { #expect(sentence.contains(part), "\(sentence)") }
        }
    }

    private func checkTruth(_ kept: DeliveredWorkflow.Kept, _ truth: PhantomTruth) throws {
        let treatment = truth.treatment
        let document = kept.result.document

        let injected = treatment.injections.reduce(0) { $0 + $1.deliveredInjectedActivityGBq }
        #expect(abs(document.injectedActivityGBq - injected) < 1e-12)
        // The header's times: administration to the start of the series.
        #expect(document.image.hoursSource == "image header")
        let hours = try #require(document.image.hoursAfterAdministration)
        #expect(abs(hours - treatment.petHoursAfterAdministration) < 1 / 3600)

        let imaged = try #require(document.image.activityGBq)
        #expect(
            abs(imaged / injected - 1) < (try Self.totalNoise()),
            "image \(imaged) GBq, injected \(injected) GBq")
        #expect(!document.findings.contains { $0.code == "pet.total-activity-off" })

        // The plan's shunt is the true one, so C · Σ A L / M is the truth's closed form.
        let lungs = truth.localDepositionDoses.deliveredLungDoseGyConventionalMass
        #expect(abs(document.lungs.deliveredMeanDoseGy / lungs - 1) < 1e-12)

        for (name, truthName) in [("right", "Territory right"), ("left", "Territory left")] {
            let structure = try #require(document.structures.first { $0.name == name })
            let expected = try #require(
                truth.localDepositionDoses.means.first { $0.structure == truthName })
            let given = try #require(
                treatment.injections.first { $0.territory == truthName })
            // C · A · (1 − L) / M, whatever the blur. 1 %: the volume of rasterised contours.
            let relative =
                document.profile.doseConstantGyKgPerGBq * given.deliveredInjectedActivityGBq
                * (1 - 0.055) / (expected.massG / 1000)
            #expect(
                abs(structure.relativeMeanDoseGy / relative - 1) < 0.01,
                "\(name): relative \(structure.relativeMeanDoseGy) Gy, closed form \(relative) Gy")
            let absolute = try #require(structure.absoluteMeanDoseGy)
            let region = try #require(kept.result.ground.regions.named(name))
            let bound = try Self.blurredAway(region.mask)
            #expect(
                abs(absolute / expected.deliveredMeanDoseGy - 1) < bound,
                "\(name): absolute \(absolute) Gy, truth \(expected.deliveredMeanDoseGy) Gy, bound \(bound)"
            )
        }
    }

    private func checkMisstatements(
        _ right: DeliveredWorkflow.Kept, _ phantom: ImportedPhantom
    ) async throws {
        let wrong = try await phantom.delivered(
            scale: 1.2, more: "hoursAfterAdministration: 20.5", stasis: true)
        let codes = Set(wrong.result.document.findings.map(\.code))
        #expect(codes.contains("pet.total-activity-off"))
        #expect(codes.contains("times.injection-differs"))
        #expect(codes.contains("delivered.stopped-by-stasis"))
        let halfLifeHours = right.result.document.profile.halfLifeHours
        let pairs = zip(right.result.document.structures, wrong.result.document.structures)
        for (before, after) in pairs where before.role == "territory" {
            // Injected activity moves the relative dose alone, time the absolute dose alone.
            #expect(abs(after.relativeMeanDoseGy / before.relativeMeanDoseGy - 1.2) < 1e-5)
            let ratio =
                try #require(after.absoluteMeanDoseGy) / #require(before.absoluteMeanDoseGy)
            #expect(abs(ratio - exp2(0.5 / halfLifeHours)) < 1e-5)
        }
        // The first verification was replaced, so it is no longer current.
        let first = try await phantom.folder.records.derived(id: right.verificationID)
        #expect(first.state != .current)

        // Nothing was typed in its place, so only the finding of a missing territory remains.
        let one = try await phantom.delivered(territories: ["right"])
        #expect(
            one.result.document.findings.contains {
                $0.code == "delivered.territory-not-given" && $0.subject == "left"
            })
        await #expect(throws: WorkflowError.self) {
            _ = try await phantom.delivered(territories: ["middle"])
        }
    }

    /// Four standard deviations of the noise in the image's sum, relative to the sum.
    ///
    /// A voxel of volume v has variance (b² + s · c) · v₀ / v, so the activity in V has variance
    /// v₀ · (b² · V + s · A); b, s and v₀ are the phantom's.
    private static func totalNoise() throws -> Double {
        let grid = try Grids.pet(PhantomOptions(isHalfSize: true))
        let referenceML = try Grids.pet(PhantomOptions()).voxelVolumeML
        let activity = Scenario.delivered.total.becquerels
        let background = Scenario.petBackgroundNoise * Scenario.petBackgroundNoise
        let volumeML = Double(grid.count) * grid.voxelVolumeML
        let variance =
            referenceML * (background * volumeML + Scenario.petNoisePerConcentration * activity)
        return 4 * variance.squareRoot() / activity
    }

    /// The most that blur can carry out of a region, as a share of its activity.
    ///
    /// A flat face of area S loses S · σ / √(2π) times the concentration. σ² adds the PET's
    /// blur, the average over its voxels (h²/12 per axis) and linear interpolation between them
    /// (h²/6). S sums the steps of the mask along the three axes, which is never below the true
    /// area; what comes in from the neighbour only makes the loss smaller.
    private static func blurredAway(_ region: RegionMask) throws -> Double {
        let grid = region.geometry
        var shares = [Float](repeating: 0, count: grid.count)
        region.forEachVoxel { shares[$0] = $1 }
        let (nx, ny) = (grid.shape.x, grid.shape.y)
        let spacing = grid.spacingMM
        let axes = [
            (1, spacing.y * spacing.z), (nx, spacing.x * spacing.z),
            (nx * ny, spacing.x * spacing.y),
        ]
        var areaMM2 = 0.0
        for (stride, faceMM2) in axes {
            for n in stride ..< shares.count {
                areaMM2 += Double(abs(shares[n] - shares[n - stride])) * faceMM2
            }
        }
        let voxelMM = try Grids.pet(PhantomOptions(isHalfSize: true)).spacingMM.x
        let blurMM = Scenario.petBlurMM / GaussianBlur.widthPerSigma
        let sigmaMM = (blurMM * blurMM + voxelMM * voxelMM * (1 / 12 + 1 / 6)).squareRoot()
        return areaMM2 * sigmaMM / (2 * Double.pi).squareRoot() / (region.volumeML * 1000)
    }
}
