import Imaging
import Phantom
import Testing

/// The CT of the SPECT/CT brought onto the diagnostic CT, from 20 mm and 5 degrees off.
@Suite("CT registration of the synthetic patient", .serialized)
struct RegistrationGateTests {
    private static func worst(
        halfSize: Bool, seed: UInt64, directions: [Int]
    ) async throws -> (centreMM: Double, cornerMM: Double, degrees: Double) {
        let simulation = Simulation(options: PhantomOptions(seed: seed, isHalfSize: halfSize))
        let fixed = try simulation.diagnosticCT().hounsfieldUnits
        let moving = try simulation.spectCT().hounsfieldUnits
        var options = RigidRegistration.Options.ctToCT
        options.restarts = 0
        var worst = (centreMM: 0.0, cornerMM: 0.0, degrees: 0.0)
        for direction in directions {
            let found = try await RigidRegistration(options: options).register(
                fixed: fixed, moving: moving,
                start: StartOff.start(
                    off: Scenario.toSpect, shiftMM: 20, turnDegrees: 5, direction: direction))
            let error = PlacementError(of: found.transform, truth: Scenario.toSpect)
            let middle = found.transform.greatestDistanceMM(to: Scenario.toSpect, at: [.zero])
            worst.centreMM = max(worst.centreMM, middle, error.liverCentreMM.length)
            worst.cornerMM = max(worst.cornerMM, error.worstLiverCornerMM)
            worst.degrees = max(worst.degrees, error.angleDegrees)
        }
        print("registration, half size \(halfSize), seed \(seed):", worst)
        return worst
    }

    @Test("full size: within 0.5 mm and 0.5 degrees from 20 mm and 5 degrees off either way")
    func fullSize() async throws {
        let worst = try await Self.worst(halfSize: false, seed: 1, directions: [0, 5])
        #expect(worst.centreMM < 0.5)
        #expect(worst.cornerMM < 0.5)
        #expect(worst.degrees < 0.5)
    }

    @Test(
        "half size, slices of 5 and 7.5 mm: the same bounds from every corner of a cube",
        arguments: [1, 2] as [UInt64])
    func halfSize(seed: UInt64) async throws {
        let worst = try await Self.worst(
            halfSize: true, seed: seed, directions: seed == 1 ? Array(0 ..< 8) : [1, 6])
        #expect(worst.centreMM < 0.5)
        #expect(worst.cornerMM < 0.5)
        #expect(worst.degrees < 0.5)
    }
}
