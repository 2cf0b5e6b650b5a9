import Imaging
import Phantom

/// How well a SPECT alone is brought onto the CT, on the synthetic patient.
package enum SpectRegistrationBenchmark {
    /// What one noise seed gave, or no noise at all.
    package struct Outcome: Encodable, Sendable {
        package let seed: UInt64?
        /// Found less true place of the liver's centre, LPS.
        package let liverCentreErrorMM: [Double]
        package let liverCentreDistanceMM: Double
        package let worstLiverCornerDistanceMM: Double
        package let angleDegrees: Double
    }

    /// All seeds and what they have in common.
    package struct Report: Encodable, Sendable {
        package let isHalfSize: Bool
        package let startShiftMM: Double
        package let startTurnDegrees: Double
        /// The optimum without noise, from the first start.
        package let withoutNoise: Outcome
        package let outcomes: [Outcome]
        /// Mean over the seeds of the error at the liver's centre.
        package let biasMM: [Double]
        /// Standard deviation over the seeds, n − 1; zeros for one seed.
        package let spreadMM: [Double]
        package let greatestCentreDistanceMM: Double
        package let greatestCornerDistanceMM: Double
        package let greatestAngleDegrees: Double
    }

    /// How far a person's alignment by eye lies off: two SPECT voxels, and what is hardly seen.
    package static let startShiftMM = 10.0
    package static let startTurnDegrees = 3.0

    /// Registers the SPECT of every seed with one diagnostic CT, each from another manual start.
    ///
    /// - Parameters:
    ///   - seeds: Seeds of the SPECT's noise; not empty.
    ///   - isHalfSize: Whether to take the small patient.
    ///   - progress: Told after each registration.
    /// - Returns: The errors and their spread.
    /// - Throws: ``ImagingError``.
    package static func run(
        seeds: [UInt64], isHalfSize: Bool, progress: @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        let first = PhantomOptions(isHalfSize: isHalfSize)
        let planning = try Simulation(options: first).diagnosticCT().hounsfieldUnits
        let silent = try await outcome(
            nil, fixed: planning, moving: Simulation(options: first).expectedSpect(), direction: 0)
        progress("without noise: \(silent.liverCentreDistanceMM) mm")
        var outcomes: [Outcome] = []
        for (n, seed) in seeds.enumerated() {
            let options = PhantomOptions(seed: seed, isHalfSize: isHalfSize)
            outcomes.append(
                try await outcome(
                    seed, fixed: planning, moving: Simulation(options: options).spect().counts,
                    direction: n))
            progress("seed \(seed): \(outcomes[n].liverCentreDistanceMM) mm")
        }
        return Report(
            isHalfSize: isHalfSize, startShiftMM: startShiftMM, startTurnDegrees: startTurnDegrees,
            withoutNoise: silent, outcomes: outcomes,
            biasMM: (0 ..< 3).map { axis in mean(outcomes.map { $0.liverCentreErrorMM[axis] }) },
            spreadMM: (0 ..< 3).map { axis in
                deviation(outcomes.map { $0.liverCentreErrorMM[axis] })
            },
            greatestCentreDistanceMM: outcomes.map(\.liverCentreDistanceMM).reduce(0, max),
            greatestCornerDistanceMM: outcomes.map(\.worstLiverCornerDistanceMM).reduce(0, max),
            greatestAngleDegrees: outcomes.map(\.angleDegrees).reduce(0, max))
    }

    private static func outcome(
        _ seed: UInt64?, fixed: Volume<Float>, moving: Volume<Float>, direction: Int
    ) async throws -> Outcome {
        var options = RigidRegistration.Options()
        // The other starts only tell about agreement; they do not change the result.
        options.restarts = 0
        let found = try await RigidRegistration(options: options).register(
            fixed: fixed, moving: moving,
            start: StartOff.start(
                off: Scenario.toSpect, shiftMM: startShiftMM, turnDegrees: startTurnDegrees,
                direction: direction))
        let error = PlacementError(of: found.transform, truth: Scenario.toSpect)
        let centre = error.liverCentreMM
        return Outcome(
            seed: seed, liverCentreErrorMM: [centre.x, centre.y, centre.z],
            liverCentreDistanceMM: centre.length,
            worstLiverCornerDistanceMM: error.worstLiverCornerMM,
            angleDegrees: error.angleDegrees)
    }

    private static func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(values.count)
    }

    private static func deviation(_ values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        let middle = mean(values)
        let squares = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}
