import DICOM
import Foundation
import Imaging
import Phantom
import Quantities
import Storage

/// Mean doses by every dose engine from the patient's true activity, against the truth.
///
/// Blur and noise of the images play no part here: what is left are the engines, the voxels of
/// the dose grid, and the contours.
package struct DemoEngines: Codable, Hashable, Sendable {
    package struct Engine: Codable, Hashable, Sendable {
        package var name: String
        /// Whole plan, from images in the data folder to the kept record.
        package var seconds: Double
        /// Decays simulated; 0 for engines that draw nothing.
        package var histories: Int
    }

    package struct Row: Codable, Hashable, Sendable {
        package var structure: String
        /// By Monte Carlo from the analytic shapes, in Gy.
        package var truthGy: Double
        /// By engine, in the order of ``engines``.
        package var meanDosesGy: [Double]
        /// Half of the 95 % interval, statistical; 0 for engines that draw nothing.
        package var halfIntervalsGy: [Double]
        /// Largest error of Monte Carlo that gridding and statistics explain.
        package var boundGy: Double

        /// Monte Carlo is the last engine.
        package var isWithinBound: Bool {
            meanDosesGy.last.map { abs($0 - truthGy) <= boundGy } ?? false
        }
    }

    package var engines: [Engine] = []
    package var rows: [Row] = []
    /// How the convention of local deposition stands to the decay data of the others, in words.
    package var conventions = ""

    package var allWithinBounds: Bool { rows.allSatisfy(\.isWithinBound) }

    private static let names = ["local-deposition", "kernel", "monte-carlo"]

    /// Makes a plan with each engine, of the activities of the demonstration's plan.
    ///
    /// - Throws: What the workflows throw.
    init(
        plan: PlanDocument, truth: PhantomTruth, folder: URL, data: DataFolder,
        source: any DicomSource, stage: @escaping @Sendable (String) -> Void
    ) async throws {
        try Self.writeActivity(on: plan.doseGrid, to: folder.appending(path: Self.activityFile))
        var documents: [PlanDocument] = []
        for name in Self.names {
            stage("dose by \(name)")
            let start = ContinuousClock.now
            let yaml = Self.spec(engine: name, plan: plan, truth: truth)
            let made = try await PlanWorkflow(folder: data, source: source, actor: "demo")
                .run(yaml: yaml, specFolder: folder, stage: stage)
            let document = made.result.document
            documents.append(document)
            engines.append(
                Engine(
                    name: document.software.engine,
                    seconds: (ContinuousClock.now - start) / .seconds(1),
                    histories: (document.physicalDose?.runs ?? []).reduce(0) {
                        $0 + $1.histories
                    }))
        }
        rows = try Self.rows(documents, truth: truth)
        if let profile = documents.first?.profile, let physical = documents.last?.physicalDose {
            conventions =
                "local-deposition has C = \(Figures.fixed(profile.doseConstantGyKgPerGBq, 2)) Gy kg/GBq of "
                + "\(profile.name), the others physical decay data "
                + "(\(Figures.fixed(physical.doseConstantGyKgPerGBq, 2))): C_profile/C_physical "
                + Figures.fixed(physical.conventionOverPhysical, 4)
        }
    }

    private static let activityFile = "true-activity.mha"

    /// What lies in each voxel of the dose grid, as amounts.
    private static func writeActivity(on grid: PlanDocument.Grid, to file: URL) throws {
        let geometry = try VolumeGeometry(
            shape: Vector3(grid.shape[0], grid.shape[1], grid.shape[2]),
            spacingMM: Vector3(grid.spacingMM[0], grid.spacingMM[1], grid.spacingMM[2]),
            originMM: Vector3(grid.originMM[0], grid.originMM[1], grid.originMM[2]))
        let one = Activity(gigabecquerels: 1)
        let model = ActivityModel(right: one, left: one, lungs: .zero)
        let amounts = Rasteriser(geometry: geometry, linesPerVoxel: 6)
            .added(model.increments.filter { $0.weight != 0 })
        try Data(MetaImage.encoded(amounts)).write(to: file, options: .atomic)
    }

    private static func spec(engine: String, plan: PlanDocument, truth: PhantomTruth) -> String {
        let territories = plan.territories.map {
            "  - {name: \($0.name), structure: \($0.structure), "
                + "injectedActivityGBq: \($0.injectedActivityGBq)}"
        }
        let matter =
            engine == "local-deposition"
            ? "density: fixed"
            : "density: ct, overrides: [{structure: Liver, densityGPerML: 1.03, medium: soft-tissue}]"
        // Means of structures are at 0.1 to 0.4 % then, in a few seconds.
        let length = engine == "monte-carlo" ? ", histories: 2000000" : ""
        return """
            name: True activity, \(engine)
            device: glass
            profile: eanm2022
            evidence: {basis: synthetic case, recordedBy: demo}
            images: {planning: "CT portal venous, simulated", activity: {metaImage: \(activityFile)}}
            structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs,
              tumours: [\(truth.tumours.map(\.name).joined(separator: ", "))]}
            territories:
            \(territories.joined(separator: "\n"))
            lungShunt: {use: typed, fraction: \(plan.lungShunt.usedFraction)}
            residualFraction: 0
            dose: {engine: \(engine), gridSpacingMM: \(plan.doseGrid.spacingMM[0]), \(matter)\(length)}

            """
    }

    private static func rows(_ documents: [PlanDocument], truth: PhantomTruth) throws -> [Row] {
        guard let first = documents.first else { return [] }
        let activity = { (name: String) in
            first.territories.first { $0.name == name }.map {
                Activity(gigabecquerels: $0.injectedActivityGBq * (1 - $0.lungShuntFraction))
            } ?? .zero
        }
        let model = ActivityModel(right: activity("right"), left: activity("left"), lungs: .zero)
        return try TrueDoses.table.means(model).compactMap { mean in
            let name = DemoSpec.planName(mean.structure)
            let found = documents.compactMap { document in
                document.structures.first { $0.name == name }
            }
            guard found.count == documents.count, let followed = found.last else { return nil }
            // Local deposition has a closed form, so its error is that of voxels and contours alone;
            // with particles that cross borders anyway they do less.
            let gridding =
                closedForm(mean.structure, model, first).map { ideal in
                    abs((found[0].voxelMeanDoseGy ?? found[0].meanDoseGy) / ideal - 1)
                } ?? 0
            let share =
                0.01 + gridding + border(mean.structure, first, truth)
                + 2 * mean.relativeUncertainty
            return Row(
                structure: mean.structure, truthGy: mean.gray,
                meanDosesGy: found.map { $0.voxelMeanDoseGy ?? $0.meanDoseGy },
                halfIntervalsGy: found.map { 1.96 * ($0.statisticalSigmaGy ?? 0) },
                boundGy: share * mean.gray + 3 * (followed.statisticalSigmaGy ?? 0))
        }
    }

    /// Mean dose by local deposition without voxels: C times activity per mass, in Gy.
    private static func closedForm(
        _ structure: String, _ model: ActivityModel, _ plan: PlanDocument
    ) -> Double? {
        var becquerelsPerML: Double?
        for territory in Anatomy.Territory.allCases {
            if structure == territory.rawValue {
                becquerelsPerML =
                    model.activity(in: territory).becquerels / Volumes.territoryML(territory)
            } else if structure.hasSuffix(territory.rawValue.lowercased()) {
                becquerelsPerML = model.normalBecquerelsPerML(territory)
            }
        }
        if structure == "Liver" { becquerelsPerML = model.liver.becquerels / Volumes.liverML }
        if let tumour = Anatomy.tumours.first(where: { $0.name == structure }) {
            becquerelsPerML = model.becquerelsPerML(tumour)
        }
        let kgPerML = plan.profile.tissueDensityGPerML / 1000
        return becquerelsPerML.map { plan.profile.doseConstantGyKgPerGBq * $0 * 1e-9 / kgPerML }
    }

    /// What voxels on the watershed, half one territory and half the other, move between them.
    ///
    /// At most half the difference of doses, in half of these voxels: the area of the liver's middle
    /// section times half a voxel over the territory's volume.
    private static func border(
        _ structure: String, _ plan: PlanDocument, _ truth: PhantomTruth
    ) -> Double {
        let doses = plan.territories.compactMap { territory in
            plan.structures.first { $0.name == territory.name }?.meanDoseGy
        }
        guard structure.lowercased().contains("territory"), let low = doses.min(),
            let high = doses.max(), low > 0,
            let volumeML = truth.structures.first(where: {
                structure.lowercased().hasSuffix($0.name.lowercased())
            })?.volumeML
        else { return 0 }
        let half = Anatomy.liverSemiAxesMM
        let areaMM2 = Double.pi * half.y * half.z
        let mixedML = areaMM2 * plan.doseGrid.spacingMM[0] / 2 / 1000
        return (high / low - 1) / 2 * mixedML / volumeML
    }

    /// The table as text.
    package var text: String {
        func cell(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(1, width - text.count)) + text
        }
        let head =
            "mean dose, Gy".padding(toLength: 34, withPad: " ", startingAt: 0)
            + cell("truth", 9) + engines.map { cell($0.name, 22) }.joined() + cell("bound", 9)
        let lines = rows.map { row in
            row.structure.padding(toLength: 34, withPad: " ", startingAt: 0)
                + cell(Figures.gy(row.truthGy), 9)
                + zip(row.meanDosesGy, row.halfIntervalsGy).map { dose, half in
                    let error = Figures.signedPercent(dose / row.truthGy - 1)
                    let interval = half > 0 ? " ± \(Figures.fixed(half, 1))" : ""
                    return cell("\(Figures.gy(dose))\(interval) (\(error) %)", 22)
                }.joined() + cell(Figures.fixed(row.boundGy, 1), 9)
                + (row.isWithinBound ? "" : "  OUTSIDE")
        }
        let costs = engines.map { engine in
            "\(engine.name): \(Figures.fixed(engine.seconds, 1)) s"
                + (engine.histories > 0 ? ", \(engine.histories) decays" : "")
        }
        return
            ([head] + lines + ["whole plan: " + costs.joined(separator: "; ")]
            + (conventions.isEmpty ? [] : [conventions])).joined(separator: "\n")
    }
}
