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
    /// What takes the doses.
    let doseTo: DoseTarget
    /// What was assumed beside the ground.
    let findings: [Finding]
    private let kind: Kind
    private let toWater: DoseToWater?
    private let media: Volume<UInt8>

    private enum Kind {
        case local(LocalDepositionEngine)
        case kernel(VoxelKernelEngine, VoxelKernelEngine.Prepared)
        case monteCarlo(PlanTransport)
    }

    /// Prepares the engine that a plan file names.
    ///
    /// - Parameters:
    ///   - spec: The plan file.
    ///   - ground: Where it computes.
    ///   - profile: The plan's.
    ///   - checkpoints: Where long runs leave their states; `nil` for nowhere.
    /// - Throws: ``WorkflowError``, `PhysicsError`, `TransportError`.
    init(
        spec: PlanSpec, ground: PlanGround, profile: ConventionProfile,
        checkpoints: RunCheckpoints? = nil
    ) throws {
        doseTo = spec.dose.to
        media = ground.medium
        let used = media.used(of: try Medium.all)
        toWater =
            doseTo == .water ? try DoseToWater(DecayData(profile.nuclide), media: used) : nil
        findings = toWater.map { [$0.finding(used)] } ?? []
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
                try PlanTransport(
                    choice, decay: DecayData(profile.nuclide), ground: ground,
                    checkpoints: checkpoints))
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

    /// Whether negative decays, as noise of an image leaves them, must be balanced first.
    var startsParticles: Bool {
        if case .monteCarlo = kind { true } else { false }
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
        var (dose, statistics) = try await computed(decays, density, run: run, stage: stage)
        if let toWater { dose = toWater.converted(dose, media: media) }
        return (dose, statistics)
    }

    private func computed(
        _ decays: TimeIntegratedActivityMap, _ density: DensityMap, run: Int,
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
            runs: runs(maps), doseTo: doseTo.rawValue)
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
