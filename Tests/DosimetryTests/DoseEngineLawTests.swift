import Dosimetry
import Physics
import Testing

@Suite("Dose engine laws")
struct DoseEngineLawTests {
    @Test("local deposition obeys them", arguments: ["mppg14a", "eanm2022", "ifu-glass", "ho"])
    func localDeposition(name: String) async throws {
        try await checkDoseEngineLaws(LocalDepositionEngine(profile: .named(name)))
    }

    @Test("the fake twin obeys them") func fake() async throws {
        try await checkDoseEngineLaws(UniformEngine())
    }
}
