import Physics
import Testing

@Suite("CT numbers, density and media")
struct HounsfieldMediaTests {
    @Test(
        "the default curve gives the published densities",
        arguments: [(-700.0, 0.3101), (0, 1.0174), (50, 1.0522), (120, 1.088)])
    func vector(hu: Double, gramsPerML: Double) throws {
        // 1e-3 is the tolerance of the vector.
        let curve = try HounsfieldDensityCurve.generic
        #expect(abs(curve.gramsPerML(hounsfieldUnits: hu) / gramsPerML - 1) < 1e-3)
        #expect(curve.isGeneric)
    }

    @Test("the default curve never falls, the density of contrast-enhanced liver included")
    func monotone() throws {
        let curve = try HounsfieldDensityCurve.generic
        var before = 0.0
        for hu in stride(from: -1100.0, through: 3200, by: 0.5) {
            let density = curve.gramsPerML(hounsfieldUnits: hu)
            #expect(density >= before, "\(hu) HU")
            before = density
        }
    }

    @Test(
        "each CT number has its medium, the lower end of a range included",
        arguments: [
            (-3024.0, "air"), (-950.001, "air"), (-950, "lung"), (-120.001, "lung"),
            (-120, "adipose"), (-20, "soft-tissue"), (119.9, "soft-tissue"),
            (120, "marrow-bone-250"), (400, "marrow-bone-650"), (1000, "cortical-bone"),
            (1999, "cortical-bone"), (2000.1, "titanium"), (30000, "titanium"),
        ])
    func media(hu: Double, name: String) throws {
        #expect(try HounsfieldMedia.generic.medium(hounsfieldUnits: hu).name == name)
    }

    @Test("a site's calibration is read from a table and from a JSON object")
    func calibration() throws {
        let csv = try HounsfieldDensityCurve(
            text: "hu,densityGPerML\n-1000,0.001\n0,1\n1000,1.6\n", name: "site")
        let json = try HounsfieldDensityCurve(
            text: """
                 {"source": "phantom of our scanner", "date": "2026-05-02",
                  "points": [[-1000, 0.001], [0, 1], [1000, 1.6]]}
                """, name: "site")
        for curve in [csv, json] {
            #expect(abs(curve.gramsPerML(hounsfieldUnits: 500) - 1.3) < 1e-12)
            #expect(curve.gramsPerML(hounsfieldUnits: 4000) == 1.6, "clamped")
            #expect(!curve.isGeneric)
        }
        #expect(json.source == "phantom of our scanner")
    }

    @Test(
        "a calibration that falls, is short or is no object is refused",
        arguments: [
            "hu,densityGPerML\n0,1\n100,1.1199\n101,1.0762\n", "{\"points\": [[0, 1]]}",
            "{\"points\": [[0, 1], [10, 0.9]]}", "{\"points\": [[0, 1], [10]]}", "{\"points\": 1}",
            "{", "{\"points\": [[0, 1], [10, -1]]}",
        ])
    func refused(text: String) {
        #expect(throws: PhysicsError.self) {
            try HounsfieldDensityCurve(text: text, name: "site")
        }
    }

    @Test("ranges that do not rise or have an end are no assignment")
    func damaged() throws {
        let air = try Medium.named("air")
        for ends in [[], [0.0], [10, 0, .infinity], [0, 0, .infinity], [.nan, .infinity]] {
            #expect(throws: PhysicsError.self) {
                try HounsfieldMedia(
                    name: "test", source: "test",
                    ranges: ends.map { HounsfieldMedia.Range(medium: air, upperHU: $0) })
            }
        }
    }
}
