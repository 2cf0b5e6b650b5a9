import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Storage
import Testing
import Workflows

/// Volumes of interest over the wire.
@Suite("Volumes of interest")
struct VOITests {
    private struct Bench {
        let fixture: ServerFixture
        let patient: Int64
        var base: String { "/cases/\(patient)/vois" }

        /// A case with one VOI, whose grid others lie on: the fixture's images are no images.
        init(_ label: String) async throws {
            fixture = try await ServerFixture(label)
            patient = fixture.patients[0]
            let records = fixture.folder.records
            let uid = "1.2.0.1"
            let digest = try await records.instances(seriesUID: uid).seriesDigest
            let content = try await fixture.folder.objects.put(Array("no mask".utf8))
            _ = try await records.keep(
                VOIVersionDraft(
                    target: .new(
                        patient: patient, name: "Body", role: "body", seriesUID: uid,
                        gridJSON: """
                            {"shape": [40, 40, 20], "spacingMM": [2, 2, 4],
                             "originMM": [-39, -39, -38],
                             "axesRows": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
                            """), base: nil, making: "import",
                    draft: DerivedDraft(
                        caseID: "patient-\(patient)", kind: "voi", name: "Body", content: content,
                        mediaType: "application/x-nifti-gzip",
                        inputs: [DerivedInput("grid", .series(uid: uid, digest: digest))],
                        parametersJSON: #"{"making": "import", "volumeML": 0}"#,
                        softwareVersion: "0")), by: "test")
        }

        func post(
            _ path: String, _ fields: [String: String], _ browser: ServerFixture.Browser
        ) async throws -> ServerFixture.Reply {
            try await fixture.send(
                .post, base + path, browser, form: fields.merging(["csrf": browser.csrf]) { $1 })
        }

        func sphere(
            _ name: String, _ diameter: String, base: String = "", _ browser: ServerFixture.Browser
        ) async throws -> ServerFixture.Reply {
            try await post(
                "",
                [
                    "operation": "sphere", "name": name, "role": "tumour", "base": base, "x": "1",
                    "y": "-2", "z": "3", "diameterMM": diameter,
                ], browser)
        }

        func draw(
            _ runs: [UInt8], _ name: String, base: String, _ browser: ServerFixture.Browser,
            headers: HTTPFields = [:]
        ) async throws -> ServerFixture.Reply {
            var headers = headers
            headers[try #require(HTTPField.Name("X-CSRF-Token"))] = browser.csrf
            headers[.contentType] = "application/octet-stream"
            return try await fixture.send(
                .post, self.base + "/drawn?name=\(name)&role=tumour&base=\(base)", browser,
                headers: headers, body: ByteBuffer(bytes: runs))
        }

        func list(_ browser: ServerFixture.Browser) async throws -> [VOIShown] {
            try JSONDecoder().decode(
                [VOIShown].self,
                from: Data(try await fixture.send(.get, base + "/list", browser).bytes))
        }

        func voi(_ name: String, _ browser: ServerFixture.Browser) async throws -> VOIShown {
            try #require(try await list(browser).first { $0.name == name })
        }
    }

    /// One run over a box of `sides` voxels.
    private static func runs(_ sides: [Int32], _ value: UInt8 = 255) -> [UInt8] {
        func bytes(_ word: UInt32) -> [UInt8] {
            (0 ..< 4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        let count = sides.reduce(1, *)
        return Array("GREVYVM1".utf8) + ([0, 0, 0] + sides).flatMap { bytes(UInt32($0)) } + [value]
            + bytes(UInt32(count))
    }

    @Test("A sphere is made where the form says, with its volume, author and state")
    func sphere() async throws {
        let bench = try await Bench("voi-sphere")
        let browser = try await bench.fixture.browser(.coordinator)
        let made = try await bench.sphere("Tumour 1", "24", browser)
        #expect(made.status == 201)
        let voi = try await bench.voi("Tumour 1", browser)
        #expect(abs(voi.current.making.volumeML / 7.238 - 1) < 0.02)
        #expect(voi.current.author == "Coordinator" && voi.current.state == "proposal")
        #expect(voi.current.making.centreMM == [1, -2, 3] && voi.role == "tumour")
        for fields in [["diameterMM": "0"], ["diameterMM": "x"], ["x": ""], ["operation": "melt"]] {
            let all = [
                "operation": "sphere", "name": "T", "x": "0", "y": "0", "z": "0",
                "diameterMM": "9",
            ]
            #expect(
                try await bench.post("", all.merging(fields) { $1 }, browser).status == 400,
                "\(fields)")
        }
        #expect(try await bench.list(browser).map(\.name) == ["Body", "Tumour 1"])
    }

    @Test("A stale save gets 409, and both masks can be had")
    func stale() async throws {
        let bench = try await Bench("voi-stale")
        let (anna, bert) = (
            try await bench.fixture.browser(.radiologist),
            try await bench.fixture.browser(.physicist)
        )
        let drawn = Self.runs([2, 2, 2])
        #expect(try await bench.draw(drawn, "T", base: "", anna).status == 201)
        let first = try await bench.voi("T", anna).current.id
        #expect(try await bench.draw(Self.runs([3, 3, 3]), "T", base: first, anna).status == 201)
        let late = try await bench.draw(Self.runs([4, 4, 4]), "T", base: first, bert)
        #expect(late.status == 409)
        // Somebody who draws a new volume of a name that is there has not seen it.
        #expect(try await bench.draw(drawn, "T", base: "", bert).status == 409)
        let voi = try await bench.voi("T", bert)
        #expect(voi.versions.map(\.isAside) == [false, false, true, true])
        #expect(
            voi.versions.map(\.author) == ["Radiologist", "Radiologist"]
                + Array(repeating: "Medical physicist", count: 2))
        #expect(voi.versions.map(\.making.volumeML) == [0.128, 0.432, 1.024, 0.128])
        for version in voi.versions {
            let path = "\(bench.base)/versions/\(version.id)/mask"
            let mask = try await bench.fixture.send(.get, path, anna)
            #expect(mask.status == 200 && mask.bytes.starts(with: [0x1f, 0x8b]))
            let tag = try #require(mask.headers[.eTag])
            let again = try await bench.fixture.send(
                .get, path, anna, headers: [.ifNoneMatch: tag])
            #expect(again.status == 304)
        }
    }

    @Test("Accepting names the version that was looked at, once")
    func accept() async throws {
        let bench = try await Bench("voi-accept")
        let browser = try await bench.fixture.browser(.physicist)
        _ = try await bench.sphere("T", "20", browser)
        let first = try await bench.voi("T", browser).current.id
        _ = try await bench.sphere("T", "24", base: first, browser)
        let second = try await bench.voi("T", browser).current.id
        let accept = { (version: String) in
            try await bench.post("/accept", ["name": "T", "version": version], browser).status
        }
        #expect(try await accept(first) == 400)
        #expect(try await accept(second) == 200)
        #expect(try await accept(second) == 400)
        let current = try await bench.voi("T", browser).current
        #expect(current.state == "accepted" && current.acceptedBy == "Medical physicist")
    }

    @Test("Another name and taking out of use are versions with author and reason; nothing is lost")
    func use() async throws {
        let bench = try await Bench("voi-use")
        let browser = try await bench.fixture.browser(.coordinator)
        _ = try await bench.sphere("T", "20", browser)
        let first = try await bench.voi("T", browser).current.id
        func post(_ path: String, _ fields: [String: String]) async throws -> Int {
            try await bench.post(path, fields, browser).status
        }
        let named = ["name": "T", "version": first, "to": "Tumour 1"]
        #expect(try await post("/rename", named.merging(["to": "Body"]) { $1 }) == 400)
        #expect(try await post("/rename", named.merging(["to": " "]) { $1 }) == 400)
        #expect(try await post("/rename", named.merging(["version": "voi-99"]) { $1 }) == 400)
        #expect(try await post("/rename", named) == 201)
        let renamed = try await bench.voi("Tumour 1", browser)
        #expect(renamed.versions.map(\.making.making) == ["sphere", "renamed"])
        #expect(renamed.current.making.formerName == "T")
        #expect(renamed.current.making.volumeML == renamed.versions[0].making.volumeML)
        #expect(renamed.current.author == "Coordinator" && renamed.current.state == "proposal")

        // Whoever drew on it under its old name has not drawn for nothing.
        let late = try await bench.draw(Self.runs([2, 2, 2]), "T", base: first, browser)
        #expect(late.status == 409)
        #expect(try await bench.voi("Tumour 1", browser).versions.map(\.isAside).last == true)

        let gone = ["name": "Tumour 1", "version": renamed.current.id, "reason": "a vessel"]
        #expect(try await post("/withdraw", gone.merging(["reason": " "]) { $1 }) == 400)
        #expect(try await post("/withdraw", gone) == 201)
        #expect(try await bench.list(browser).map(\.name) == ["Body"])
        #expect(try await post("/withdraw", gone) == 404)
        let mask = "\(bench.base)/versions/\(first)/mask"
        #expect(try await bench.fixture.send(.get, mask, browser).status == 200)
        let listed = try await bench.fixture.send(.get, bench.base + "/withdrawn", browser)
        let withdrawn = try JSONDecoder().decode([VOIShown].self, from: Data(listed.bytes))
        #expect(withdrawn.map(\.name) == ["Tumour 1"] && withdrawn[0].current.state == "withdrawn")
        #expect(withdrawn[0].current.making.reason == "a vessel")

        let number = ["number": "\(withdrawn[0].number)"]
        #expect(try await bench.sphere("Tumour 1", "24", browser).status == 201)
        #expect(try await post("/restore", number) == 400)
        let other = try await bench.voi("Tumour 1", browser).current.id
        _ = try await bench.post(
            "/withdraw", ["name": "Tumour 1", "version": other, "reason": "again"], browser)
        #expect(try await post("/restore", number) == 201)
        #expect(try await bench.voi("Tumour 1", browser).number == withdrawn[0].number)
        #expect(try await post("/restore", number) == 404)
        #expect(try await post("/restore", ["number": "x"]) == 400)

        let surgeon = try await bench.fixture.browser(.surgeon)
        for path in ["/rename", "/withdraw", "/restore"] {
            let fields = gone.merging(number.merging(named) { $1 }) { $1 }
            #expect(try await bench.post(path, fields, surgeon).status == 403, "\(path)")
        }
        let entries = try await bench.fixture.folder.audit.entries(last: 200)
        let saves = entries.filter { $0.action == "derived.save" }.map(\.detailJSON)
        for making in ["renamed", "withdrawn", "restored"] {
            #expect(saves.contains { $0.contains("\"making\":\"\(making)\"") }, "\(making)")
        }
    }

    @Test("Smoothing says by how much, and what has nothing left is refused")
    func smooth() async throws {
        let bench = try await Bench("voi-smooth")
        let browser = try await bench.fixture.browser(.coordinator)
        _ = try await bench.sphere("T", "30", browser)
        let first = try await bench.voi("T", browser).current
        func smooth(_ mm: String) async throws -> ServerFixture.Reply {
            try await bench.post(
                "",
                [
                    "operation": "smoothing", "of": "T", "name": "T", "base": first.id,
                    "smoothingMM": mm,
                ], browser)
        }
        for mm in ["0", "-3", "51", "x", "20"] {
            #expect(try await smooth(mm).status == 400, "\(mm)")
        }
        #expect(try await smooth("4").status == 201)
        let smoothed = try await bench.voi("T", browser).current.making
        #expect(smoothed.smoothingMM == 4 && smoothed.base == first.id)
        #expect(smoothed.operands == [first.id])
        // A sphere stays where it is; the surface is moved three times, each within a tenth of a
        // voxel of 4 mm.
        let radiusMM = 15 * cbrt(smoothed.volumeML / first.making.volumeML)
        #expect(abs(radiusMM - 15) < 1.2, "\(radiusMM) mm")
    }

    @Test("What is no mask, too long or of another case is refused")
    func refused() async throws {
        let bench = try await Bench("voi-refused")
        let browser = try await bench.fixture.browser(.physicist)
        for bytes in [[], Array("no mask".utf8), Self.runs([2, 2, 21]), Self.runs([41, 1, 1])] {
            #expect(try await bench.draw(bytes, "T", base: "", browser).status == 400)
        }
        let long = try await bench.draw(
            Self.runs([2, 2, 2]), "T", base: "", browser, headers: [.contentLength: "4000000000"])
        #expect(long.status == 413)
        let unknown = try await bench.draw(Self.runs([2, 2, 2]), "T", base: "voi-99", browser)
        #expect(unknown.status == 404)
        #expect(try await bench.list(browser).map(\.name) == ["Body"])
        let body = try await bench.voi("Body", browser).current.id
        let other = try await bench.fixture.browser(.physicist, organisation: 1)
        let path = "/cases/\(bench.fixture.patients[1])/vois/versions/\(body)/mask"
        #expect(try await bench.fixture.send(.get, path, other).status == 404)
    }

    @Test("The page names the case's CT and says who may draw")
    func page() async throws {
        let bench = try await Bench("voi-page")
        let physicist = try await bench.fixture.send(
            .get, bench.base, try await bench.fixture.browser(.physicist))
        #expect(physicist.text.contains("data-may-draw=\"yes\" data-may-accept=\"yes\""))
        #expect(physicist.text.contains("/vois/scene/se-"))
        let surgeon = try await bench.fixture.send(
            .get, bench.base, try await bench.fixture.browser(.surgeon))
        #expect(surgeon.text.contains("data-may-draw=\"\" data-may-accept=\"\""))
    }
}
