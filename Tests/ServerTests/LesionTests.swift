import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("Target lesions in a meeting")
struct LesionTests {
    /// A meeting's case with images of three days.
    private struct Bench {
        static let series = ["1.2.0.1", "1.2.9.1", "1.2.10.1"]

        let story: MeetingStory
        var records: RecordStore { story.fixture.folder.records }

        init(_ label: String) async throws {
            story = try await MeetingStory(label)
            for (n, day) in [(1, "20260305"), (2, "")] {
                try await ShareStory.add(
                    1, to: Self.series[n], study: "1.2.\(n + 8)", day, story.fixture)
            }
        }

        func post(
            _ path: String, _ fields: [String: String], on image: Int = 0
        ) async throws -> ServerFixture.Reply {
            let series = SeriesName.short(Self.series[image])
            return try await story.post(
                "\(story.casePath)/\(path)", fields.merging(["series": series]) { $1 },
                story.nurse)
        }

        /// Measures a line of so many mm, and one across it.
        func read(
            _ target: [String: String], _ longMM: Int, across shortMM: Int? = nil,
            on image: Int = 0, label: String = "Segment 6"
        ) async throws -> ServerFixture.Reply {
            let across = shortMM.map { ",0,0,0,0,\($0),0" } ?? ""
            let fields = [
                "label": label, "shape": "diameters", "ends": "0,0,0,\(longMM),0,0\(across)",
            ]
            return try await post("measurements", fields.merging(target) { $1 }, on: image)
        }
    }

    private struct Item: Decodable {
        struct Lesions: Decodable {
            struct Target: Decodable {
                let name: String
                let cells: [String]
            }

            struct Line: Decodable {
                let name: String
                let cells: [String]
            }

            let days: [String]
            let targets: [Target]
            let lines: [Line]
            let departures: [String]
        }

        let lesions: Lesions?
    }

    private func lesions(_ reply: ServerFixture.Reply) throws -> Item.Lesions {
        try #require(reply.status == 200, "\(reply.text)")
        return try #require(
            try JSONDecoder().decode(Item.self, from: Data(reply.text.utf8)).lesions)
    }

    @Test("Readings of two days give sums, changes and a response in the session and on the case")
    func table() async throws {
        let bench = try await Bench("lesions-table")
        let story = bench.story
        // Where the first target lies can be said before there is one.
        let line = try await story.fixture.send(.get, "\(story.casePath)/item", story.nurse)
        #expect(line.text.contains("\"value\":\"liver\""), "\(line.text)")
        let first = try lesions(
            try await bench.read(["target": "new", "site": "liver"], 40, across: 20))
        #expect(first.days == ["2026-01-05"] && first.departures == [])
        _ = try await bench.read(
            ["target": "new", "site": "lymph-node"], 30, across: 20, label: "Portal node")
        let second = try lesions(
            try await bench.read(["target": "1"], 25, across: 20, on: 1))
        #expect(second.lines.last?.cells == ["Baseline", "Not evaluable (NE)"])
        let both = try lesions(
            try await bench.read(["target": "2"], 30, across: 17, on: 1))
        #expect(both.days == ["2026-01-05", "2026-03-05"])
        #expect(both.targets.map(\.name) == ["T1 Segment 6", "T2 Portal node"])
        #expect(both.targets.map(\.cells) == [["40.0", "25.0"], ["20.0", "17.0"]])
        #expect(
            both.lines.map(\.cells) == [
                ["60.0", "42.0"], ["", "−30.0 % (−18.0 mm)"], ["", "−30.0 % (−18.0 mm)"],
                ["", ""], ["Baseline", "Partial response (PR)"],
            ])
        let page = try await story.fixture.send(.get, "/cases/\(story.patient)", story.chair)
        #expect(page.text.contains("T2 Portal node") && page.text.contains("−30.0 % (−18.0 mm)"))
        let opened = try #require(
            try await story.fixture.folder.shares.access(
                to: story.patient, for: story.chair.account, as: .view))
        let minutes = MeetingMinutes(folder: story.fixture.folder, meeting: story.meeting)
        let html = try await minutes.html(seen: [story.patient: opened])
        #expect(html.contains("T2 Portal node") && html.contains("Partial response (PR)"))
    }

    @Test("A new lesion is progression until it is taken back; what is gone counts as nothing")
    func notes() async throws {
        let bench = try await Bench("lesions-notes")
        _ = try await bench.read(["target": "new", "site": "lung"], 40)
        let gone = try lesions(
            try await bench.post("targets/1/readings", ["kind": "gone"], on: 1))
        #expect(gone.targets.first?.cells == ["40.0", "gone (0)"])
        #expect(gone.lines.last?.cells.last == "Complete response (CR)")
        for (said, response) in [
            ("yes", "Progressive disease (PD)"), ("no", "Complete response (CR)"),
        ] {
            let table = try lesions(
                try await bench.post("new-lesions", ["isThere": said], on: 1))
            #expect(table.lines.last?.cells.last == response)
        }
        let small = try lesions(
            try await bench.post("targets/1/readings", ["kind": "too-small"], on: 1))
        #expect(small.targets.first?.cells.last == "too small (5)")
        let none = try lesions(
            try await bench.post("targets/1/readings", ["kind": "not-read"], on: 1))
        #expect(none.days == ["2026-01-05"])
        let withdrawn = try await bench.post("targets/1/withdraw", [:])
        #expect(withdrawn.status == 200 && !withdrawn.text.contains("\"lesions\""))
    }

    @Test("Breaks of the rule are said and nothing is forbidden; what cannot be read is refused")
    func refusals() async throws {
        let bench = try await Bench("lesions-refusals")
        let new = ["target": "new", "site": "liver"]
        for _ in 1 ... 2 { _ = try await bench.read(new, 12) }
        let third = try lesions(try await bench.read(new, 9))
        #expect(third.departures.count == 2 && third.departures[0].contains("Liver"))
        #expect(third.departures[1].contains("T3 has 9.0 mm"))
        let node = try await bench.read(["target": "new", "site": "lymph-node"], 20)
        #expect(node.status == 400 && node.text.contains("short axis"))
        for (fields, image, status) in [
            (["target": "9"], 0, 409), (["target": "x"], 0, 400),
            (["target": "new", "site": "toe"], 0, 400), (["target": "1"], 2, 409),
        ] {
            let reply = try await bench.read(fields, 20, on: image)
            #expect(reply.status == status, "\(fields): \(reply.text)")
        }
        let circle = [
            "label": "x", "shape": "circle", "target": "1", "centre": "0,0,0",
            "normal": "0,0,1", "radius": "5",
        ]
        #expect(try await bench.post("measurements", circle).status == 400)
        for kind in ["measured", "large"] {
            let reply = try await bench.post("targets/1/readings", ["kind": kind])
            #expect(reply.status == 400)
        }
        #expect(try await bench.post("targets/x/withdraw", [:]).status == 404)
        #expect(try await bench.records.measurements(item: bench.story.item.id).count == 3)
    }

    @Test("Another organisation reads no target, and hidden names are struck from theirs")
    func hidden() async throws {
        let bench = try await Bench("lesions-hidden")
        let story = bench.story
        try await story.begin()
        _ = try await bench.read(
            ["target": "new", "site": "liver"], 40, label: "Lesion of Phantom")
        _ = try await story.post("\(story.path)/names", ["hidden": "yes"], story.nurse)
        let item = try await story.fixture.send(.get, "\(story.casePath)/item", story.chair)
        #expect(item.text.contains("T1 Lesion of •••") && !item.text.contains("Phantom"))
        let other = try await story.fixture.browser(.surgeon, organisation: 1)
        let reply = try await story.post(
            "\(story.casePath)/targets/1/withdraw", [:], other)
        #expect(reply.status == 404)
    }
}
