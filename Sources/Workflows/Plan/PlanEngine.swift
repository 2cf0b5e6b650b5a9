import Dosimetry
import Imaging
import Physics
import Quantities

/// Who turns a plan's activities into doses, on the plan's ground.
///
/// Local deposition follows the plan's convention profile; engines that follow particles give
/// physical dose from the nuclide's decay data and are never rescaled to a convention.
struct PlanEngine: Sendable {
    /// What a record and a report call it.
    let identifier: String
    /// By which activities become decays.
    let calibration: ConventionProfile
    private let kind: Kind

    private enum Kind {
        case local(LocalDepositionEngine)
        case kernel(VoxelKernelEngine, VoxelKernelEngine.Prepared)
        case monteCarlo(PlanTransport)
    }

    /// Prepares the engine that a plan file names.
    ///
    /// - Throws: ``WorkflowError``, `PhysicsError`, `TransportError`.
    init(spec: PlanSpec, ground: PlanGround, profile: ConventionProfile) throws {
        switch spec.dose.engine {
        case .localDeposition:
            identifier = LocalDepositionEngine.identifier
            calibration = profile
            kind = .local(LocalDepositionEngine(profile: profile))
        case .voxelKernel:
            identifier = VoxelKernelEngine.identifier
            calibration = try Self.physical(profile)
            // One density for all territories: that of the tissue that is treated.
            let engine = try VoxelKernelEngine(
                of: profile.nuclide, in: ground.density, where: ground.regions.occupancy)
            kind = .kernel(engine, try engine.prepared(for: ground.grid))
        case .monteCarlo(let choice):
            identifier = PlanTransport.identifier
            calibration = try Self.physical(profile)
            kind = .monteCarlo(
                try PlanTransport(choice, decay: DecayData(profile.nuclide), ground: ground))
        }
    }

    private static func physical(_ profile: ConventionProfile) throws -> ConventionProfile {
        try ConventionProfile(
            physical: DecayData(profile.nuclide),
            tissueDensityGPerML: profile.tissueDensityGPerML, lungMass: profile.lungMass)
    }

    /// Whether a border voxel's energy stays with the part of it that took the activity.
    var depositsLocally: Bool {
        if case .local = kind { true } else { false }
    }

    /// Computes a dose.
    ///
    /// - Parameters:
    ///   - decays: On the ground's grid.
    ///   - density: On the same grid.
    ///   - run: The number of the run in the plan; each draws other random numbers.
    ///   - stage: Told how far a long run is.
    /// - Returns: The dose, and what is known of its statistics.
    /// - Throws: ``DoseError``, `TransportError`, `CancellationError`.
    func dose(
        _ decays: TimeIntegratedActivityMap, density: DensityMap, run: Int,
        stage: @Sendable @escaping (String) -> Void
    ) async throws -> (dose: DoseMap, statistics: DoseStatistics?) {
        switch kind {
        case .local(let engine):
            return (try await engine.dose(decays: decays, density: density), nil)
        case .kernel(let engine, let prepared):
            return (try engine.dose(decays: decays, density: density, by: prepared), nil)
        case .monteCarlo(let transport):
            let result = try await transport.run(decays, number: run, stage: stage)
            return (result.dose, result.statistics)
        }
    }

    /// What the plan document says of an engine that follows particles; `nil` for others.
    func document(
        _ maps: [TerritoryDoseMap], profile: ConventionProfile
    ) -> PlanDocument.PhysicalDose? {
        if case .local = kind { return nil }
        return PlanDocument.PhysicalDose(
            decayData: calibration.source,
            doseConstantGyKgPerGBq: calibration.doseConstantGyKgPerGBq,
            halfLifeHours: calibration.halfLife.hours,
            conventionOverPhysical: profile.doseConstantGyKgPerGBq
                / calibration.doseConstantGyKgPerGBq,
            runs: runs(maps))
    }

    private func runs(_ maps: [TerritoryDoseMap]) -> [PlanDocument.PhysicalDose.Run] {
        guard case .monteCarlo(let transport) = kind else { return [] }
        return maps.enumerated().compactMap { number, map in
            map.statistics.map {
                PlanDocument.PhysicalDose.Run(
                    territory: map.territory, histories: $0.histories,
                    seed: transport.seed(number))
            }
        }
    }
}
