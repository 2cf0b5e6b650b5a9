import Dosimetry
import Imaging
import Physics
import Quantities
import Therapy

/// How well the mean doses of a plan, or those read off a delivered image, are known.
///
/// Borders and registration perturb shares of counts, never an engine, so the same numbers hold
/// for every engine; see `Docs/Uncertainty.md`.
struct PlanUncertainty {
    /// What the doses come from.
    struct Image {
        let uptake: UptakeMap
        let modality: String?
        let registrationSpreadMM: Double?
        /// Whether doses stand on the image's own Bq/mL instead of on what was injected.
        let isAbsolute: Bool
    }

    /// Activities in the plan's order of territories.
    struct Injection {
        let injectedGBq: [Double]
        let lungShunts: [Double]
        /// `spect`, `planar` or `typed`.
        let shuntSource: String
    }

    let spec: PlanSpec
    let regions: PlanRegions
    let image: Image
    let injection: Injection
    let profile: ConventionProfile
    let constants: PlanConstants
    let method: PlanSpec.MethodChoice
    let choice: PlanSpec.UncertaintyChoice
    let sizes: Sizes
    let compartments: CompartmentModel
    let moves: [String: Moves]

    /// What borders and shifts do to one structure.
    struct Moves {
        let hasDose: Bool
        let contour: Double
        let registration: RegistrationUncertainty
    }

    /// The deviations that are put in.
    struct Sizes {
        let contourMM: Double
        let registrationMM: Double
    }

    /// Perturbs borders and the image's place.
    ///
    /// `method` is how the doses shown were computed; the dose map stands in for counts where a
    /// structure has dose but none.
    ///
    /// - Throws: ``TherapyError`` for a damaged table, ``DoseError``, ``ImagingError``.
    init(
        spec: PlanSpec, ground: (regions: PlanRegions, density: DensityMap), image: Image,
        injection: Injection, dose: DoseMap, method: PlanSpec.MethodChoice,
        profile: ConventionProfile, constants: PlanConstants, choice: PlanSpec.UncertaintyChoice
    ) throws {
        (self.spec, regions, self.image, self.injection) = (spec, ground.regions, image, injection)
        (self.profile, self.constants, self.choice) = (profile, constants, choice)
        self.method = method
        compartments = CompartmentModel(
            regions: ground.regions, uptake: image.uptake, profile: profile)
        let house = try constants.value("uncertainty-registration", "sigmaMM")
        let spread = image.registrationSpreadMM ?? 0
        sizes = Sizes(
            contourMM: try choice.contourMM
                ?? constants.value("uncertainty-contour", "boundarySigmaMM"),
            registrationMM: choice.registrationMM
                ?? (house * house + spread * spread).squareRoot())
        moves = try Self.moves(
            spec: spec, ground: ground, image: image, injection: injection, dose: dose,
            isEven: method == .single, sizes: sizes)
    }

    /// The uncertainty of a structure's mean dose; `nil` where there is no dose.
    ///
    /// - Parameters:
    ///   - region: One of the plan's regions.
    ///   - meanDoseGy: The dose shown.
    ///   - statisticalSigmaGy: One standard deviation of a Monte Carlo mean.
    /// - Returns: The components and their sum.
    /// - Throws: ``TherapyError``, ``DoseError``, ``ImagingError``.
    func structure(
        _ region: PlanRegions.Region, meanDoseGy: Double, statisticalSigmaGy: Double? = nil
    ) throws -> DoseUncertainty? {
        guard meanDoseGy > 0, let moves = moves[region.name], moves.hasDose else { return nil }
        var components: [UncertaintyComponent] = []
        if let sigma = statisticalSigmaGy {
            components.append(
                try UncertaintyComponent(
                    .statistical, relativeSigma: sigma / meanDoseGy, basis: "Monte Carlo histories")
            )
        }
        components += [
            try calibration(), try doseConstant(), try lungShunt(),
            try UncertaintyComponent(
                .contour, relativeSigma: moves.contour,
                basis: "every drawn border ± \(sizes.contourMM.shown) mm, independently"),
            try UncertaintyComponent(
                .registration, relativeSigma: moves.registration.relativeSigma,
                basis: "activity ± \(Figures.fixed(sizes.registrationMM, 1)) mm along each axis"),
            try partialVolume(region),
        ]
        return DoseUncertainty(components)
    }

    /// The uncertainty of the lung dose; the convention's lung mass belongs to the limit.
    ///
    /// - Throws: ``TherapyError``, ``DoseError``.
    func lungs() throws -> DoseUncertainty {
        DoseUncertainty([
            try calibrationOfActivity(), try doseConstant(),
            try UncertaintyComponent(
                .lungShunt, relativeSigma: try shuntSigma,
                basis: "\(injection.shuntSource) shunt ± \((100 * (try shuntSigma)).shown) % of it"),
        ])
    }
}

extension PlanUncertainty {
    private static func moves(
        spec: PlanSpec, ground: (regions: PlanRegions, density: DensityMap), image: Image,
        injection: Injection, dose: DoseMap, isEven: Bool, sizes: Sizes
    ) throws -> [String: Moves] {
        let outlines = PlanOutlines(spec: spec, regions: ground.regions)
        let regions = ground.regions.regions.filter { $0.role != .lungs }
        let structures = regions.map { outlines.structure($0, in: ground.regions) }
        let territories = zip(ground.regions.all(.territory), outlines.territories).enumerated()
            .map { n, pair in
                ShareModel.Territory(
                    region: pair.0.mask, outline: pair.1,
                    weight: injection.injectedGBq[n] * (1 - injection.lungShunts[n]))
            }
        // One dose for all of a territory: as if the image were even.
        let counts =
            isEven
            ? Volume<Float>(repeating: 1, geometry: ground.regions.grid) : image.uptake.amounts
        let model = try ShareModel(
            counts: counts, density: ground.density, outlines: outlines.masks,
            structures: structures, territories: image.isAbsolute ? [] : territories)
        var found = Self.moves(of: model, regions: regions, sizes: sizes)
        let unseen = regions.indices.filter {
            found[regions[$0].name]?.hasDose == false
                && regions[$0].mask.massMean(of: dose.grays, density: ground.density) > 0
        }
        if !unseen.isEmpty {
            let fixed = try ShareModel(
                counts: dose.energies(density: ground.density), density: ground.density,
                outlines: outlines.masks, structures: unseen.map { structures[$0] },
                territories: [])
            let others = Self.moves(of: fixed, regions: unseen.map { regions[$0] }, sizes: sizes)
            found.merge(others) { _, other in other }
        }
        return found
    }

    private static func moves(
        of model: ShareModel, regions: [PlanRegions.Region], sizes: Sizes
    ) -> [String: Moves] {
        let doses = model.doses
        let registration = model.registration(sigmaMM: sizes.registrationMM)
        let contours = model.borderResponses().map { responses in
            responses.reduce(0) { $0 + $1 * $1 }.squareRoot() * sizes.contourMM
        }
        var moves: [String: Moves] = [:]
        for (s, region) in regions.enumerated() {
            moves[region.name] = Moves(
                hasDose: doses[s] > 0, contour: contours[s], registration: registration[s])
        }
        return moves
    }
}

extension DoseMap {
    /// Dose times density: what a shift of the energy carries along.
    fileprivate func energies(density: DensityMap) -> Volume<Float> {
        var energies = grays
        let sliceSize = grays.geometry.shape.x * grays.geometry.shape.y
        energies.updateSlices { k, slice in
            density.gramsPerML.withVoxels { density in
                for n in slice.indices { slice[n] *= density[k * sliceSize + n] }
            }
        }
        return energies
    }
}
