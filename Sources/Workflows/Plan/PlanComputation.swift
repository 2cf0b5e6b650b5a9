import DICOM
import Dosimetry
package import Imaging
package import Physics
import Quantities
import Therapy

/// A computed plan with the maps behind its numbers.
package struct PlanResult: Sendable {
    package let document: PlanDocument
    package let profile: ConventionProfile
    package let regions: PlanRegions
    package let uptake: UptakeMap
    package let density: DensityMap
    package let territoryMaps: [TerritoryDoseMap]
    /// The planned dose on the grid.
    package let dose: DoseMap
    /// The planning CT on the dose grid, for pictures.
    package let anatomy: HounsfieldMap
}

/// From images, outlines and wishes to a checked plan: the spine of the program.
///
/// Pure: the same spec and inputs give the same document, whatever a checkpoint saves of the way.
package struct PlanComputation: Sendable {
    private let spec: PlanSpec
    private let inputs: PlanInputs
    private let profile: ConventionProfile
    /// Where long runs leave their states; `nil` for nowhere.
    private let checkpoints: RunCheckpoints?

    /// - Throws: ``PhysicsError`` when the profile is unknown or impossible,
    ///   ``WorkflowError/refused(sentence:)`` when its nuclide is not the device's.
    package init(
        spec: PlanSpec, inputs: PlanInputs, checkpoints: RunCheckpoints? = nil
    ) throws {
        self.checkpoints = checkpoints
        self.spec = spec
        self.inputs = inputs
        profile = try spec.profile(for: spec.device)
    }

    /// Computes the plan.
    ///
    /// - Parameter stage: Told how far a long dose run is.
    /// - Returns: The plan and the maps behind it.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when structures, territories or aims do not
    ///   fit together; ``DoseError``, ``ImagingError``, ``TherapyError``.
    @concurrent
    package func run(
        stage: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> PlanResult {
        let ground = try PlanGround(
            spec: spec, planning: inputs.planning.volume, outlines: inputs.outlines,
            densityCurve: inputs.densityCurve, profile: profile)
        let (regions, anatomy, density) = (ground.regions, ground.anatomy, ground.density)
        let uptake = UptakeMap(
            image: inputs.activity.volume, isConcentration: inputs.activity.isConcentration,
            grid: regions.grid, through: inputs.registration.transform)
        try Task.checkCancellation()
        let shunt = try PlannedLungShunt(
            spec: spec, inputs: inputs, regions: regions, uptake: uptake, profile: profile)
        let engine = try PlanEngine(
            spec: spec, ground: ground, profile: profile, checkpoints: checkpoints)
        let maps = try await territoryMaps(
            ground, uptake: uptake, shunt: shunt.record.used.fraction, engine: engine,
            stage: stage)
        let doses = try StructureDoses(
            regions: regions, territories: maps, uptake: uptake, density: density,
            profile: profile, method: spec.method)
        let bodySurface = try PlannedBodySurface(
            spec: spec, regions: regions, shunts: maps.map(\.lungShuntFraction))
        let activities = try PlannedActivities(
            spec: spec, doses: doses, maps: maps, shunt: shunt, bodySurface: bodySurface,
            profile: profile)
        let dose = DoseMap.sum(
            zip(maps, activities.injectedGBq).map { (map: $0, injectedGBq: $1) })
        let writer = PlanDocumentWriter(
            spec: spec, inputs: inputs, profile: profile, regions: regions, uptake: uptake,
            maps: maps, doses: doses, activities: activities, bodySurface: bodySurface,
            shunt: shunt, dose: dose, density: density, engine: engine,
            constants: try PlanConstants())
        var document = try writer.document()
        try writer.addUncertainty(to: &document)
        document.findings += ground.findings + engine.findings + maps.flatMap(\.findings)
        if let physical = document.physicalDose {
            document.findings.append(
                Finding(
                    "plan.physical-dose", .note, physical.sentence(profile: document.profile)))
        }
        return PlanResult(
            document: document, profile: profile, regions: regions, uptake: uptake,
            density: density, territoryMaps: maps, dose: dose, anatomy: anatomy)
    }

    private func territoryMaps(
        _ ground: PlanGround, uptake: UptakeMap, shunt: Double, engine: PlanEngine,
        stage: @Sendable @escaping (String) -> Void
    ) async throws -> [TerritoryDoseMap] {
        let occupancy = try ground.regions.occupancy
        let territories = Array(zip(spec.territories, ground.regions.all(.territory)))
        @Sendable func map(_ run: Int) async throws -> TerritoryDoseMap {
            let (territory, region) = territories[run]
            return try await TerritoryDoseMap.computed(
                territory: territory.name, region: region.mask, occupancy: occupancy,
                lungShuntFraction: territory.lungShuntFraction ?? shunt, uptake: uptake,
                density: ground.density, engine: engine, run: run, stage: stage)
        }
        // Runs of particles take all processors each.
        guard !engine.startsParticles else {
            var maps: [TerritoryDoseMap] = []
            for run in territories.indices { maps.append(try await map(run)) }
            return maps
        }
        typealias Made = (run: Int, map: Result<TerritoryDoseMap, any Error>)
        let made = await withTaskGroup(of: Made.self) { group in
            for run in territories.indices {
                group.addTask {
                    do { return (run, .success(try await map(run))) } catch {
                        return (run, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [Made]()) { $0.append($1) }
        }
        // In the plan's order, so that the first territory's error is the one thrown.
        return try made.sorted { $0.run < $1.run }.map { try $0.map.get() }
    }
}

extension PlanSpec {
    /// The plan's profile, once it is sure that it and those to compare carry the device's nuclide.
    ///
    /// - Throws: ``PhysicsError``, ``WorkflowError/refused(sentence:)``.
    fileprivate func profile(for device: DeviceChoice) throws -> ConventionProfile {
        let profile = try self.profile.resolved()
        let others = try compareProfiles.map { try ConventionProfile.named($0) }
        let carried = device.therapyDevice.nuclide
        for one in [profile] + others where one.nuclide != carried {
            throw WorkflowError.refused(
                sentence:
                    "Profile '\(one.name)' is for \(one.nuclide.rawValue), but device '\(device.rawValue)' carries \(carried.rawValue)."
            )
        }
        return profile
    }
}

extension PlanSpec.ProfileChoice {
    /// The profile that the choice names.
    ///
    /// - Throws: ``PhysicsError``.
    package func resolved() throws -> ConventionProfile {
        switch self {
        case .standard(let name, let density, let lungMass):
            let standard = try ConventionProfile.named(name)
            return try ConventionProfile(
                name: standard.name, nuclide: standard.nuclide,
                doseConstantGyKgPerGBq: standard.doseConstantGyKgPerGBq,
                halfLife: standard.halfLife,
                tissueDensityGPerML: density ?? standard.tissueDensityGPerML,
                lungMass: lungMass.map { Mass(kilograms: $0) } ?? standard.lungMass,
                source: standard.source)
        case .own(
            let name, let nuclide, let constant, let halfLife, let density, let lungMass,
            let source):
            guard let nuclide = Nuclide(rawValue: nuclide), nuclide.isOfMicrospheres else {
                throw WorkflowError.refused(
                    sentence: "'profile.nuclide' must be Y-90 or Ho-166, not '\(nuclide)'.")
            }
            return try ConventionProfile(
                name: name, nuclide: nuclide, doseConstantGyKgPerGBq: constant,
                halfLife: TimeSpan(hours: halfLife), tissueDensityGPerML: density,
                lungMass: Mass(kilograms: lungMass), source: source)
        }
    }
}
