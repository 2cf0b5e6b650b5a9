import DICOM
import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// A plan put together on its page, from nothing and from a plan that is there.
@Suite("New plan on a page", .serialized)
struct NewPlanTests {
    private struct Bench {
        let fixture: ServerFixture
        let patient: Int64
        let maker: ServerFixture.Browser
        let series: [String: String]

        var path: String { "/cases/\(patient)/new-plan" }

        init(_ label: String) async throws {
            fixture = try await ServerFixture(label)
            patient = try await fixture.phantomCase()
            maker = try await fixture.browser(.physicist)
            series = Dictionary(
                try await fixture.folder.records.series(patient: patient).map {
                    ($0.description.description, $0.shortID)
                }
            ) { first, _ in first }
        }

        /// What the page sends when somebody fills it in.
        func form(_ changes: [String: String] = [:]) throws -> [String: String] {
            [
                "csrf": maker.csrf, "from": "", "act": "plan", "name": "from a page",
                "device": "glass", "method": "voxel", "profile": "eanm2022",
                "tumourEntity": "NET", "evidence": "local protocol 4",
                "planning": try #require(series["CT portal venous, simulated"]),
                "activity": try #require(series["MAA SPECT no AC, simulated"]),
                "registration": "identity",
                "structures": try #require(series["Structures from shapes, simulated"]),
                "structure-0": "Liver", "use-0": "liver",
                "structure-1": "Lungs", "use-1": "lungs",
                "structure-2": "Tumour 4", "use-2": "tumour",
                "structure-3": "Territory right", "use-3": "territory",
                "territory-3": "right", "wish-3": "activity", "wished-3": "1.25",
                "shunt": "typed", "shuntPercent": "5.5", "lungMass": "convention",
                "residualPercent": "1", "engine": "local-deposition", "grid": "6",
                "density": "fixed", "limits": "", "patient-ecog": "1", "patient-ascites": "no",
            ].merging(changes) { $1 }
        }

        func send(_ changes: [String: String] = [:]) async throws -> ServerFixture.Reply {
            try await fixture.send(.post, path, maker, form: form(changes))
        }

        /// The file of the plan that a queued job makes, and the plan.
        func made() async throws -> (id: String, document: PlanDocument) {
            let runner = Task { await fixture.server.jobs.run() }
            defer { runner.cancel() }
            let job = try #require(
                try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id)
                    .max { $0.id < $1.id })
            let over = try await fixture.wait(for: job.id) { $0.state.isOver }
            let id = try #require(over.made, "\(over.sentence)")
            let record = try await fixture.folder.records.derived(id: id)
            let bytes = try await fixture.folder.objects.bytes(of: record.draft.content)
            return (id, try JSONDecoder().decode(PlanDocument.self, from: Data(bytes)))
        }
    }

    @Test("The page lists the case's images and structures, and the plan is made as it says")
    func story() async throws {
        let bench = try await Bench("new-plan")
        let fixture = bench.fixture
        let first = try await fixture.send(.get, bench.path, bench.maker)
        #expect(first.status == 200)
        for (name, id) in bench.series where name.contains("CT") || name.contains("SPECT") {
            #expect(first.text.contains("value=\"\(id)\""), "\(name)")
        }
        #expect(first.text.contains("name=\"structure-0\" value=\""))
        #expect(first.text.contains("ECOG performance status"))

        let begun = try await bench.send([
            "treatmentTime": "2126-03-12T14:30", "treatmentZone": "-04:00",
        ])
        #expect(begun.status == 303, "\(begun.text)")
        let (id, document) = try await bench.made()
        #expect(document.order?.treatmentTime == "2126-03-12T14:30:00-04:00")
        #expect(document.name == "from a page" && document.lungShunt.usedFraction == 0.055)
        #expect(document.territories.map(\.name) == ["right"])
        #expect(document.territories[0].injectedActivityGBq == 1.25)
        #expect(document.residualFraction == 0.01)
        // The word is that of whoever was signed in.
        let record = try await fixture.folder.records.derived(id: id)
        #expect(record.createdBy == bench.maker.account.actor)

        let again = try await fixture.send(.get, "\(bench.path)?from=\(id)", bench.maker)
        #expect(again.status == 200)
        #expect(
            again.text.contains("value=\"from a page\"") && again.text.contains("value=\"1.25\""))
        // The day of the treatment is not lost on the way to the next plan.
        #expect(again.text.contains("value=\"2126-03-12T14:30\""))
        #expect(again.text.contains("value=\"-04:00\""))
        let second = try await bench.send(
            ["from": id, "name": "half", "wished-3": "0.625", "profile": "", "limits": "before"])
        #expect(second.status == 303, "\(second.text)")
        let half = try await bench.made().document
        #expect(half.profile.name == document.profile.name)
        for (a, b) in zip(half.structures, document.structures) {
            #expect(abs(2 * a.meanDoseGy - b.meanDoseGy) <= 1e-9 * b.meanDoseGy)
        }
    }

    @Test("What a plan names and no list offers is offered by its name, or left open")
    func named() async throws {
        let bench = try await Bench("new-plan-named")
        let fixture = bench.fixture
        #expect(try await bench.send().status == 303)
        let made = try await fixture.folder.records.derived(id: bench.made().id).draft
        let ct = try #require(bench.series["CT portal venous, simulated"])
        let planar = try #require(bench.series["MAA planar ant/post, simulated"])
        let yaml = """
            name: named
            device: glass
            profile: eanm2022
            evidence: {basis: test, recordedBy: test}
            images: {planning: \(ct), activity: {metaImage: /amounts.mha}, planar: \(planar)}
            registration: {kind: identity}
            structures:
              from: \(try #require(bench.series["Structures from shapes, simulated"]))
              liver: Liver
              lungs: Lungs
              tumours: [Tumour 4, Tumour of another set]
            territories:
              - name: right
                structure: Territory right
                aim: {structure: right, meanDoseGy: 120}
            lungShunt:
              use: planar
              planarRegions: {anteriorFrame: 1, posteriorFrame: 2,
                lungs: [{rows: [20, 60], columns: [60, 190]}],
                liver: [{rows: [70, 120], columns: [50, 140]}]}
            residualFraction: 0.01
            dose: {gridSpacingMM: 5, density: fixed}
            """
        let spec = try await fixture.folder.objects.put(Array(yaml.utf8))
        let draft = DerivedDraft(
            caseID: made.caseID, kind: "plan", name: "named", content: made.content,
            mediaType: made.mediaType, inputs: [DerivedInput("spec", .object(spec))],
            softwareVersion: "0.1")
        let id = try await fixture.folder.records.save(draft, by: "test").id
        let page = try await fixture.send(.get, "\(bench.path)?from=\(id)", bench.maker).text
        func select(_ field: String) -> Substring {
            let start = page.range(of: " name=\"\(field)\"")
            let rest = start.map { page[$0.lowerBound...] } ?? ""
            return rest.prefix(upTo: rest.range(of: "</select>")?.lowerBound ?? rest.startIndex)
        }
        let row = try #require(
            (0 ..< 40).first { page.contains("name=\"structure-\($0)\" value=\"Territory right\"") }
        )
        #expect(select("target-\(row)").contains("value=\"right\" selected"))
        let other = row == 0 ? 1 : 0
        let own = page.firstMatch(of: try Regex("name=\"structure-\(other)\" value=\"([^\"]+)\""))
        let name = try #require(own?.output[1].substring)
        #expect(select("target-\(other)").contains("value=\"\(name)\" selected"))
        #expect(select("grid").contains("value=\"5\" selected"))
        #expect(select("activity").contains("value=\"\" selected>choose"))
        #expect(page.contains("\(id) also uses Tumour of another set,"))
        for (changes, sentence) in [
            (["shunt": "before", "planar": ct], "are not of these planar views"),
            (["shunt": "before", "planar": "choose"], "Choose planar views, or none"),
            (["limits": "choose"], "Choose a constraint set"),
        ] {
            let reply = try await bench.send(changes.merging(["from": id]) { $1 })
            #expect(reply.status == 400 && reply.text.contains(sentence), "\(sentence)")
            // What is lost is said as long as it is.
            #expect(reply.text.contains("also uses Tumour of another set,"))
        }
        let begun = try await bench.send(["shunt": "before", "planar": planar, "from": id])
        #expect(begun.status == 303, "\(begun.text)")
    }

    @Test("What does not make a plan comes back with what was typed and why")
    func refusals() async throws {
        let bench = try await Bench("new-plan-refusals")
        for (changes, sentence) in [
            (["use-3": "nothing"], "Nothing is treated"),
            (["use-1": "liver"], "are both the liver"),
            (["wished-3": "1,25"], "a number is needed"),
            (["wished-3": "-1"], "injectedActivityGBq"),
            (["shuntPercent": "100"], "fraction"),
            (["name": " "], "Give a name"),
            (
                ["structure-3": "Nowhere", "method": "bsa", "heightCM": "170", "weightKg": "70"],
                "resin"
            ),
            (["registration": "registration-99; x"], "registration-99"),
        ] {
            let reply = try await bench.send(changes)
            if reply.status == 303 {
                // What only the images tell is refused by the job.
                let job = try #require(
                    try await bench.fixture.folder.jobs.jobs(
                        organisation: bench.fixture.organisations[0].id
                    ).max { $0.id < $1.id })
                let runner = Task { await bench.fixture.server.jobs.run() }
                defer { runner.cancel() }
                let over = try await bench.fixture.wait(for: job.id) { $0.state.isOver }
                #expect(
                    over.state == .failed && over.sentence.contains(sentence), "\(over.sentence)")
            } else {
                #expect(
                    reply.status == 400 && reply.text.contains(sentence),
                    "\(sentence): \(reply.text.prefix(4000))")
                #expect(reply.text.contains("value=\"local protocol 4\""))
            }
        }
        let plans = try await bench.fixture.folder.records.derived(
            caseID: "patient-\(bench.patient)", kind: "plan")
        #expect(plans.isEmpty)
    }

    @Test("Only who may plan in the own organisation gets the page")
    func rights() async throws {
        let bench = try await Bench("new-plan-rights")
        let fixture = bench.fixture
        let nurse = try await fixture.browser(.nurseSpecialist)
        #expect(try await fixture.send(.get, bench.path, nurse).status == 403)
        let stranger = try await fixture.browser(.physicist, organisation: 1)
        #expect(try await fixture.send(.get, bench.path, stranger).status == 404)
        #expect(
            try await fixture.send(.get, "\(bench.path)?from=plan-99", bench.maker).status == 404)
        // A series of another case does not exist here.
        let foreign = SeriesName.short("1.2.0.2")
        let reply = try await bench.send(["structures": foreign, "act": "show"])
        #expect(reply.status == 404)
    }
}
