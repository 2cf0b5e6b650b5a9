import Foundation
import Imaging
import Phantom
import Physics

/// Holds a plan of the synthetic patient against its truth.
struct DemoComparison {
    let truth: PhantomTruth
    let options: PhantomOptions
    let plan: PlanResult

    func table() throws -> DemoTable {
        var table = DemoTable()
        let found = try plan.document.registration.transform
        try addRegistration(found, to: &table)
        addVolumes(to: &table)
        let image = BlurredTruth(
            image: try Simulation(options: options).expectedSpect(), registration: found)
        addShunt(image, to: &table)
        addTumourRatios(image, to: &table)
        addDoses(image, to: &table)
        return table
    }

    private func addRegistration(_ found: RigidTransform, to table: inout DemoTable) throws {
        let expected = try RigidTransform(
            rotationRows: truth.diagnosticCTToSpectCT.rotationRows,
            translationMM: truth.diagnosticCTToSpectCT.translationMM)
        let error = expected.inverse.followed(by: found)
        // Positions across liver and lungs.
        let corners = plan.regions.grid.cornersMM
        let worst = corners.map { (error($0) - $0).length }.max() ?? 0
        let centre = plan.regions.grid.centreMM
        table.add(
            "registration, centre of grid", "mm", truth: 0, got: (error(centre) - centre).length,
            bound: 0.5, because: "gate of the registration")
        let reach = corners.map { ($0 - centre).length }.max() ?? 0
        table.add(
            "registration, worst corner", "mm", truth: 0, got: worst,
            bound: 0.5 + reach * 0.5 * .pi / 180,
            because: "both gates of the registration together")
        table.add(
            "registration, angle", "deg", truth: 0, got: error.angleDegrees, bound: 0.5,
            because: "gate of the registration")
    }

    private func addVolumes(to table: inout DemoTable) {
        for structure in truth.structures {
            guard let region = plan.regions.named(DemoSpec.planName(structure.name)) else {
                continue
            }
            table.add(
                "volume \(structure.name)", "mL", truth: structure.volumeML,
                got: region.mask.volumeML, bound: structure.volumeML * volumeShare(structure.name),
                because: "contour slabs: the larger of 1 % and (spacing / diameter)²")
        }
    }

    /// The relative volume error that contour slabs explain.
    private func volumeShare(_ structure: String) -> Double {
        guard let tumour = truth.tumours.first(where: { $0.name == structure }) else {
            return 0.01
        }
        let spacing = options.isHalfSize ? 5.0 : 2.5
        return max(0.01, (spacing / tumour.diameterMM) * (spacing / tumour.diameterMM))
    }

    private func addShunt(_ image: BlurredTruth, to table: inout DemoTable) {
        let shunt = plan.document.lungShunt
        if let spect = shunt.spectFraction, let lungs = image.sum(in: "Lungs"),
            let liver = image.sum(in: "Liver")
        {
            table.add(
                "lung shunt, SPECT", "%", truth: 100 * truth.workUp.lungShuntFraction,
                expected: 100 * lungs / (lungs + liver), got: 100 * spect,
                bound: 100 * (3 * lungs.squareRoot() / (lungs + liver) + 0.01 * spect),
                because: "3 σ of the counts and 1 % of volume")
        }
        if let planar = shunt.planarFraction {
            let expected = truth.workUp.planar.expectedGeometricMeanLungShuntFraction
            table.add(
                "lung shunt, planar", "%", truth: 100 * truth.workUp.lungShuntFraction,
                expected: 100 * expected, got: 100 * planar, bound: 0.1,
                because: "0.1 points: 3 σ of about 10⁵ lung counts")
        }
    }

    private func addTumourRatios(_ image: BlurredTruth, to table: inout DemoTable) {
        for tumour in truth.tumours {
            guard
                let got = plan.document.structures.first(where: { $0.name == tumour.name })?
                    .tumourToNormalRatio,
                let inTumour = image.sum(in: tumour.name),
                let normal = normalCounts(image, territory: tumour.territory)
            else { continue }
            let expected = inTumour / tumour.volumeML / (normal.counts / normal.volumeML)
            table.add(
                "T/N \(tumour.name)", "", truth: tumour.tumourToNormalRatio, expected: expected,
                got: got, bound: expected * doseShare(tumour.name, counts: inTumour),
                because: "3 σ of the counts and the volume error")
        }
    }

    private func normalCounts(
        _ image: BlurredTruth, territory: String
    ) -> (counts: Double, volumeML: Double)? {
        guard var counts = image.sum(in: territory),
            var volume = truth.structures.first(where: { $0.name == territory })?.volumeML
        else { return nil }
        for tumour in truth.tumours where tumour.territory == territory {
            counts -= image.sum(in: tumour.name) ?? 0
            volume -= tumour.volumeML
        }
        return (counts, volume)
    }

    private func doseShare(_ structure: String, counts: Double) -> Double {
        3 / max(1, counts).squareRoot() + volumeShare(structure)
    }

    /// Mean doses of tumours and territories: compartment truth, blurred expectation, result.
    private func addDoses(_ image: BlurredTruth, to table: inout DemoTable) {
        let constant = plan.profile.doseConstantGyKgPerGBq
        for structure in truth.structures {
            let name = DemoSpec.planName(structure.name)
            guard let territory = territory(of: structure.name),
                let got = plan.document.structures.first(where: { $0.name == name }),
                let planned = plan.document.territories.first(where: {
                    $0.name == DemoSpec.planName(territory)
                }),
                let inside = image.sum(in: structure.name),
                let all = image.sum(in: territory),
                let trueShare = trueShare(structure.name, territory: territory)
            else { continue }
            let joules =
                constant * planned.injectedActivityGBq * (1 - planned.lungShuntFraction)
            let expected = joules * inside / all / (structure.massG / 1000)
            table.add(
                "mean dose \(structure.name)", "Gy",
                truth: joules * trueShare / (structure.massG / 1000), expected: expected,
                got: got.voxelMeanDoseGy ?? got.meanDoseGy,
                bound: expected * doseShare(structure.name, counts: inside),
                because: "3 σ of the counts and the volume error")
        }
    }

    private func territory(of structure: String) -> String? {
        if structure.hasPrefix("Territory") { return structure }
        return truth.tumours.first { $0.name == structure }?.territory
    }

    private func trueShare(_ structure: String, territory: String) -> Double? {
        guard structure != territory else { return 1 }
        let activity = { (name: String) in
            truth.workUp.compartments.first { $0.name == name }?.activityMBq
        }
        guard let part = activity(structure), let all = activity(territory), all > 0 else {
            return nil
        }
        return part / all
    }
}
