import Physics
import Testing

/// Published stopping powers: dose-engine tables computed with the density effect of ICRU 37.
@Suite("Electron interactions")
struct ElectronInteractionTests {
    struct Row: Sendable {
        let name: String
        let valuesMeV: [Double]
    }

    static let energiesKeV = [10.0, 20, 50, 100, 200, 500, 1000, 2000, 3000]
    static let rows = [
        Row(
            name: "water-icru37",
            valuesMeV: [22.56, 13.17, 6.603, 4.115, 2.793, 2.034, 1.849, 1.824, 1.846]),
        Row(
            name: "water",
            valuesMeV: [22.39, 13.08, 6.564, 4.093, 2.779, 2.025, 1.845, 1.821, 1.844]),
        Row(
            name: "soft-tissue",
            valuesMeV: [22.35, 13.05, 6.542, 4.077, 2.767, 2.015, 1.831, 1.806, 1.828]),
        Row(
            name: "liver-icru",
            valuesMeV: [22.36, 13.06, 6.545, 4.079, 2.768, 2.015, 1.828, 1.803, 1.825]),
        Row(
            name: "adipose",
            valuesMeV: [23.47, 13.65, 6.816, 4.238, 2.871, 2.081, 1.880, 1.850, 1.872]),
        Row(
            name: "air", valuesMeV: [19.75, 11.57, 5.819, 3.633, 2.470, 1.802, 1.661, 1.684, 1.740]),
    ]

    /// 0.5 %: what the issue asks above 10 keV; rounding of the table is 0.03 %.
    @Test("Collision stopping powers are those of the tables within 0.5 %", arguments: rows)
    func stoppingPower(row: Row) throws {
        let interactions = try ElectronInteractions(Medium.named(row.name))
        for (energy, expected) in zip(Self.energiesKeV, row.valuesMeV) {
            let found = interactions.collisionStoppingPower(energyKeV: energy) / 1000
            #expect(abs(found / expected - 1) < 0.005, "\(row.name) at \(energy) keV: \(found)")
        }
    }
}
