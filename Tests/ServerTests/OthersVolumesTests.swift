import DICOM
import Foundation
import Pathway
import Quantities
import Storage
import Testing
import Workflows

@Suite("Volumes of interest of another organisation in a plan of the case's owner")
struct OthersVolumesTests {
    @Test("The plan says so until somebody of the owner's accepts the volume")
    func warning() async throws {
        let fixture = try await ServerFixture("others-volumes")
        let patient = try await fixture.phantomCase()
        let owner = try await fixture.browser(.physicist)
        let planner = try await fixture.browser(.physicist, organisation: 1)
        let all = try await fixture.folder.records.series(patient: patient)
        let series = Dictionary(
            all.map { ($0.description.description, $0.shortID) }
        ) { first, _ in first }
        _ = try await fixture.folder.shares.create(
            ShareDraft(
                patient: patient, recipient: fixture.organisations[1].id,
                terms: try ShareTerms(purpose: "plan", rights: [.plan], includesPriors: true),
                series: Set(all.map(\.id)), records: []), by: owner.account)
        func vois(_ browser: ServerFixture.Browser) -> VOIWorkflow {
            VOIWorkflow(
                folder: fixture.folder, source: InProcessSource(), actor: browser.account.actor,
                patient: patient)
        }
        _ = try await vois(planner).takeOver(
            try #require(series["Structures from shapes, simulated"]), names: ["Liver"],
            on: try #require(series["CT portal venous, simulated"]), role: nil)
        _ = try await vois(planner).accept("Liver", note: "seen")

        func findings(_ name: String) async throws -> [String] {
            let kept = try await PlanWorkflow(
                folder: fixture.folder, source: InProcessSource(), actor: owner.account.actor
            ).run(
                yaml: """
                    name: \(name)
                    device: glass
                    profile: eanm2022
                    evidence: {basis: synthetic case, recordedBy: test}
                    images: {planning: "CT portal venous, simulated",
                      activity: "MAA SPECT no AC, simulated"}
                    registration: {kind: identity, acceptedBy: test}
                    structures: {from: vois, liver: Liver}
                    territories: [{name: whole, structure: Liver, injectedActivityGBq: 1}]
                    lungShunt: {use: typed, fraction: 0.05}
                    residualFraction: 0
                    dose: {gridSpacingMM: 6, density: fixed}
                    """, specFolder: FileManager.default.temporaryDirectory)
            let answer = try await PlanRecomputation(
                folder: fixture.folder, source: InProcessSource()
            ).run(planID: kept.planID).answer
            #expect(answer.identical)
            return kept.result.document.findings.filter { $0.code.hasPrefix("voi.") }
                .map { "\($0.severity) \($0.code) \($0.subject ?? "")" }
        }
        #expect(try await findings("first") == ["warning voi.of-other-organisation Liver"])
        let version = try #require(try await vois(owner).list().first).current.id
        try await fixture.folder.records.withdrawAcceptance(
            of: version, reason: "to be looked at here", by: owner.account.actor)
        _ = try await vois(owner).accept("Liver", note: "seen here")
        #expect(try await findings("second").isEmpty)
    }
}
