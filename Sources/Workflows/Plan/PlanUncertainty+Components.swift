import Dosimetry
import Imaging
import Physics
import Quantities
import Therapy

extension PlanUncertainty {
    func calibration() throws -> UncertaintyComponent {
        guard image.isAbsolute else { return try calibrationOfActivity() }
        let own = choice.imageCalibration
        return try UncertaintyComponent(
            .calibration,
            relativeSigma: own
                ?? constants.value("uncertainty-image-calibration", "relativeSigma"),
            basis: "camera's factor to Bq/mL, \(own == nil ? "default" : "as typed")")
    }

    func calibrationOfActivity() throws -> UncertaintyComponent {
        let own = choice.calibration
        return try UncertaintyComponent(
            .calibration,
            relativeSigma: own ?? constants.value("uncertainty-calibration", "relativeSigma"),
            basis: "activity meter, \(own == nil ? "default" : "as typed")")
    }

    /// Half the greatest distance to a constant in use, over √3: all between equally likely.
    func doseConstant() throws -> UncertaintyComponent {
        let own = profile.doseConstantGyKgPerGBq
        let ends = try constants.values("uncertainty-dose-constant", profile.nuclide.rawValue)
        let reach = ends.reduce(0) { max($0, abs($1 / own - 1)) }
        return try UncertaintyComponent(
            .doseConstant, relativeSigma: reach / 3.0.squareRoot(),
            basis: "constants in use, \(ends.map { $0.shown }.joined(separator: " to ")) Gy kg/GBq")
    }

    var shuntSigma: Double {
        get throws {
            try choice.lungShunt
                ?? constants.value("uncertainty-lung-shunt", injection.shuntSource)
        }
    }

    /// What a wrong shunt takes from the liver: u(L)/(1 − L), shunts of all territories together.
    func lungShunt() throws -> UncertaintyComponent {
        let total = injection.injectedGBq.reduce(0, +)
        var relative = 0.0
        if total > 0, !image.isAbsolute {
            for (activity, shunt) in zip(injection.injectedGBq, injection.lungShunts) {
                relative += activity / total * (try shuntSigma) * shunt / (1 - shunt)
            }
        }
        return try UncertaintyComponent(
            .lungShunt, relativeSigma: relative,
            basis: image.isAbsolute
                ? "not in an absolute dose"
                : "\(injection.shuntSource) shunt ± \((100 * (try shuntSigma)).shown) % of it")
    }

    /// What the image's resolution moved: out of tumours, into normal tissue, out of the territories.
    ///
    /// Shares are of what the territories show. What their own edge lost makes every share too
    /// great, by 1 + ε of a sphere of their volume with nothing around it.
    func partialVolume(_ region: PlanRegions.Region) throws -> UncertaintyComponent {
        guard method != .single else {
            return try UncertaintyComponent(
                .partialVolume, relativeSigma: 0, basis: "method single uses no image")
        }
        let edge = try edgeLoss
        let moved: Moved
        switch region.role {
        case .tumour: moved = try recovered(region)
        case .normalLiver, .perfusedNormal: moved = try gained(region, edge: edge)
        // All counts of a territory stay in it, whatever their number.
        case .territory, .liver: moved = Moved(bias: edge, curve: 0)
        case .lungs, .other: moved = Moved(bias: image.isAbsolute ? 0 : edge, curve: 0)
        }
        let scale = image.isAbsolute ? 1 : 1 + edge
        let bias = (1 + moved.bias) / scale - 1
        let curve = moved.curve / scale
        return try UncertaintyComponent(
            .partialVolume, relativeSigma: (bias * bias / 3 + curve * curve).squareRoot(),
            bias: bias,
            basis: choice.recovery == nil
                ? "blurred sphere of its volume, \(try resolutionMM.shown) mm"
                : "site's recovery curve")
    }

    /// Where counts belong against where they show, over those shown; and what the curve adds.
    private struct Moved {
        let bias: Double
        let curve: Double
    }

    /// ε: what all territories together lose at their edge, over what they show.
    private var edgeLoss: Double {
        get throws {
            guard !spec.territories.contains(where: { $0.structure == nil }) else { return 0 }
            let volumeML = regions.all(.territory).reduce(0) { $0 + $1.mask.volumeML }
            return try 1 / recovery(volumeML: volumeML).recovery - 1
        }
    }

    /// Normal tissue gains what tumours lost, and loses what the edge of the territory does.
    private func gained(_ region: PlanRegions.Region, edge: Double) throws -> Moved {
        let own = max(0, image.uptake.amount(in: region.mask))
        guard own > 0 else { return Moved(bias: 0, curve: 0) }
        var (bias, square, all) = (0.0, 0.0, own)
        let base = base(of: region)
        for tumour in regions.all(.tumour) {
            let inside = try base.map { try $0.intersection(tumour.mask) } ?? tumour.mask
            let counts = max(0, image.uptake.amount(in: inside))
            let moved = try recovered(tumour)
            bias -= counts / own * moved.bias
            square += (counts * counts) / (own * own) * (moved.curve * moved.curve)
            all += counts
        }
        return Moved(bias: max(-1, bias + edge * all / own), curve: square.squareRoot())
    }

    private var resolutionMM: Double {
        get throws {
            try spec.images.activityResolutionMM
                ?? constants.value(
                    "emission-resolution", image.modality == "PT" ? "ptMM" : "nmMM")
        }
    }

    /// What lies under a normal tissue before tumours were cut out; `nil` for the whole grid.
    private func base(of region: PlanRegions.Region) -> RegionMask? {
        let outlines = PlanOutlines(spec: spec, regions: regions)
        return outlines.structure(region, in: regions).outline.map { outlines.masks[$0] }
    }

    /// A tumour's uptake against what shows of it, by its size and contrast.
    private func recovered(_ tumour: PlanRegions.Region) throws -> Moved {
        let point = try recovery(volumeML: tumour.mask.volumeML)
        let ratio = try compartments.tumourToNormalRatio(tumour)
        let bias = PartialVolume.bias(recovery: point.recovery, tumourToNormalRatio: ratio)
        let sigma = PartialVolume.relativeSigma(
            recovery: point.recovery, recoverySigma: point.sigma, tumourToNormalRatio: ratio)
        return Moved(bias: bias, curve: max(0, sigma * sigma - bias * bias / 3).squareRoot())
    }

    /// The site's recovery, or that of a blurred sphere.
    private func recovery(volumeML: Double) throws -> RecoveryCurve.Point {
        let sphere = try SphereRecovery(volumeML: volumeML, resolutionMM: try resolutionMM)
        if let curve = choice.recovery { return curve(diameterMM: sphere.equivalentDiameterMM) }
        let u = try constants.value("uncertainty-resolution", "relativeSigma")
        func recovery(_ factor: Double) throws -> Double {
            try SphereRecovery(
                volumeML: volumeML, resolutionMM: factor * sphere.resolutionMM
            ).meanRecovery
        }
        // A sphere far below the resolution has no recovery to divide by.
        let least = 0.05
        return RecoveryCurve.Point(
            diameterMM: sphere.equivalentDiameterMM, recovery: max(least, sphere.meanRecovery),
            sigma: abs(try recovery(1 - u) - (try recovery(1 + u))) / 2)
    }
}

extension Double {
    /// Up to three decimals, none that say nothing.
    var shown: String { Figures.constant((self * 1000).rounded() / 1000) }
}
