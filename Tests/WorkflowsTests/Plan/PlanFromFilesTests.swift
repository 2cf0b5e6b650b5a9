import DICOM
import Foundation
import Quantities
import Storage
import Testing
import Workflows
import _TestSupport

/// What a plan makes of the images, frames and acceptances that its file names.
@Suite("Plan from files")
struct PlanFromFilesTests {
    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()

        init() async throws {
            (work, folder) = try await SmallPatient.imported("plan-files")
        }

        func plan(
            activity: String = "\"MAA SPECT no AC, simulated\"", images: String = "",
            registration: String = "{kind: identity}",
            lungShunt: String = "{use: typed, fraction: 0.05}"
        ) async throws -> PlanWorkflow.Kept {
            try await PlanWorkflow(folder: folder, source: source, actor: "test").run(
                yaml: SmallPatient.rightLobe(
                    images:
                        "planning: \"CT portal venous, simulated\", activity: \(activity)\(images)",
                    registration: registration, lungShunt: lungShunt), specFolder: work)
        }

        /// The sentence with which a plan is refused.
        func refusal(_ plan: () async throws -> PlanWorkflow.Kept) async throws -> String {
            do {
                _ = try await plan()
                Issue.record("the plan was not refused")
                return ""
            } catch WorkflowError.refused(let sentence) { return sentence }
        }
    }

    /// One test, because making and importing the patient is most of the work.
    @Test("frames, acceptances, roles and paths that do not fit are named")
    func files() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await paths(bench)
        try await roles(bench)
        try await companionInOtherFrame(bench)
    }

    private func paths(_ bench: Bench) async throws {
        let missing = try await bench.refusal {
            try await bench.plan(activity: "{metaImage: nowhere/uptake.mha}")
        }
        #expect(missing.contains("'images.activity.metaImage'"))
        #expect(missing.contains("'nowhere/uptake.mha'"))
        #expect(missing.contains("There is no such file."))

        try Data("no image".utf8).write(to: bench.work.appending(path: "text.mha"))
        let wrong = try await bench.refusal {
            try await bench.plan(activity: "{metaImage: text.mha}")
        }
        #expect(wrong.contains("'images.activity.metaImage' names 'text.mha'"))

        let header = """
            ObjectType = Image
            NDims = 3
            DimSize = 2 2 2
            Offset = 0 0 0
            TransformMatrix = 1 0 0 0 1 0 0 0 1
            ElementSpacing = 1 1 1
            ElementType = MET_FLOAT
            ElementDataFile = lost.raw

            """
        try Data(header.utf8).write(to: bench.work.appending(path: "header.mhd"))
        let half = try await bench.refusal {
            try await bench.plan(activity: "{metaImage: header.mhd}")
        }
        #expect(half.contains("The data file that it names is missing."), "\(half)")
    }

    private func roles(_ bench: Bench) async throws {
        let boxes = """
            {use: planar, planarRegions: {anteriorFrame: 1, posteriorFrame: 2,
              lungs: [{rows: [1, 2], columns: [1, 2]}], liver: [{rows: [3, 4], columns: [1, 2]}]}}
            """
        let planar = try await bench.refusal {
            try await bench.plan(
                images: ", planar: \"CT portal venous, simulated\"", lungShunt: boxes)
        }
        // The images stand in the fifth line of `SmallPatient.rightLobe`.
        #expect(planar.contains("'images.planar' (line 5) names series se-"), "\(planar)")
        #expect(planar.contains("(CT); it must be one object of planar views"), "\(planar)")

        let spect = "MAA SPECT no AC, simulated"
        // Its slices would be taken for views.
        let slices = try await bench.refusal {
            try await bench.plan(images: ", planar: \"\(spect)\"", lungShunt: boxes)
        }
        #expect(slices.contains("'images.planar' (line 5) names series se-"), "\(slices)")
        #expect(slices.contains("slices"), "\(slices)")

        let place = "'images.activity' (line 5)"
        for (activity, images, parts) in [
            ("CT portal venous, simulated", "", [place, "(CT)", "a SPECT or PET"]),
            ("Structures from shapes, simulated", "", [place, "(RTSTRUCT)"]),
            ("nowhere", "", ["\(place): There is no series 'nowhere'"]),
            (
                spect, ", activityCT: \"\(spect)\"",
                ["'images.activityCT' (line 5)", "(NM)", "it must be a CT"]
            ),
        ] {
            let refusal = try await bench.refusal {
                try await bench.plan(activity: "\"\(activity)\"", images: images)
            }
            for part in parts { #expect(refusal.contains(part), "\(refusal)") }
        }
    }

    /// The PET's CT lies in the PET's frame, so it cannot speak for the SPECT.
    private func companionInOtherFrame(_ bench: Bench) async throws {
        func plan() async throws -> PlanWorkflow.Kept {
            try await bench.plan(
                images: ", activityCT: \"CT low dose PET, simulated\"",
                registration: "{kind: rigid-ct, acceptedBy: anna}")
        }
        let kept = try await plan()
        let findings = kept.result.document.findings
        #expect(findings.contains { $0.code == "registration.companion-in-other-frame" })
        #expect(kept.result.document.registration.acceptedBy == "anna")
        // The finding is made again from the record alone.
        let answer = try await PlanRecomputation(folder: bench.folder, source: bench.source)
            .run(planID: kept.planID).answer
        #expect(answer.identical, "\(answer.differences)")

        let registrations = try await bench.folder.records.derived(
            caseID: "patient-1", kind: "registration")
        let id = try #require(registrations.last?.id)
        let ben = RegistrationAcceptance(folder: bench.folder, actor: "ben")
        _ = try await ben.withdraw(id, reason: "the dome is off by a slice")
        let refused = try await bench.refusal { try await plan() }
        #expect(refused.contains("ben withdrew the acceptance of \(id)"), "\(refused)")
        #expect(refused.contains("the dome is off by a slice"))
        #expect(try await bench.folder.records.derived(id: id).acceptance == nil)
        // A file that names nobody still gives a plan to look at, with an error in it.
        let unaccepted = try await bench.plan(
            images: ", activityCT: \"CT low dose PET, simulated\"",
            registration: "{kind: rigid-ct}")
        #expect(
            unaccepted.result.document.findings.contains {
                $0.code == "registration.not-accepted" && $0.severity == .error
            })

        _ = try await ben.accept(id, note: "looked again")
        #expect(try await plan().result.document.registration.acceptedBy == "ben")
    }
}
