import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Therapy
import Workflows

/// What the program gives for one plan's samples and several vectors of activities.
struct ExpectedPlan: Encodable {
    let samples: String
    let vectors: [ExpectedVector]
}

/// What the program gives for one vector of activities.
struct ExpectedVector: Encodable {
    struct Structure: Encodable {
        var name: String
        var meanGy: Double
        var bedGy: Double?
        /// Percent and Gy.
        var dx: [[Double]] = []
        /// Gy and percent.
        var vx: [[Double]] = []
    }

    struct Limit: Encodable {
        var doseGy: Double
        var marginGy: Double
        var limitGy: Double
        var maximumTotalGBq: Double?
        var isBinding: Bool
        var isExceeded: Bool
    }

    var activitiesGBq: [Double]
    var structures: [Structure]
    var limits: [Limit]

    /// From a document of the whole workflow, at the activities that it injects.
    init(document: PlanDocument) {
        activitiesGBq = document.territories.map(\.injectedActivityGBq)
        structures = document.structures.map { structure in
            let points = [
                (98, structure.d98Gy), (95, structure.d95Gy), (70, structure.d70Gy),
                (50, structure.d50Gy), (2, structure.d2Gy),
            ]
            return Structure(
                name: structure.name, meanGy: structure.meanDoseGy, bedGy: structure.bedGy,
                dx: points.compactMap { percent, dose in dose.map { [Double(percent), $0] } })
        }
        structures.append(Structure(name: "Lungs (shunt)", meanGy: document.lungDoseGy))
        limits = document.limits.map {
            Limit(
                doseGy: $0.valueGy, marginGy: $0.marginGy, limitGy: $0.limitGy,
                maximumTotalGBq: $0.maximumTotalInjectedActivityGBq, isBinding: $0.isBinding,
                isExceeded: !$0.isMet)
        }
    }

    /// From the program's own sum of the territories' maps, histograms, BED and rule of limits.
    init(_ plan: PlanResult, _ activitiesGBq: [Double]) throws {
        self.activitiesGBq = activitiesGBq
        let dose = DoseMap.sum(
            zip(plan.territoryMaps, activitiesGBq).map { (map: $0, injectedGBq: $1) })
        let regions = plan.regions.regions.filter { $0.role != .lungs }
        let constants = try PlanConstants()
        let document = plan.document
        var histograms: [String: DoseVolumeHistogram] = [:]
        var responses: [StructureResponse] = []
        structures = []
        for (region, shown) in zip(regions, document.structures) {
            let histogram = try DoseVolumeHistogram(dose: dose, region: region.dosed)
            histograms[region.name] = histogram
            let perGBq = plan.territoryMaps.map {
                region.dosed.massMean(of: $0.perGBq.grays, density: plan.density)
            }
            responses.append(
                StructureResponse(
                    name: region.name, role: .other, mass: Mass(grams: shown.massG),
                    graysPerGBq: perGBq))
            let mean = zip(perGBq, activitiesGBq).map(*).reduce(0, +)
            var structure = Structure(name: region.name, meanGy: mean)
            if shown.bedGy != nil {
                let repair = try #require(try constants.repair(of: Self.role(region.role)))
                structure.bedGy = try BEDModel(
                    alphaBetaGy: repair.alphaBetaGy,
                    repairHalfTime: TimeSpan(hours: repair.repairHalfTimeHours),
                    effectiveHalfLife: plan.profile.halfLife
                ).bedGy(doseGy: mean)
            }
            structure.dx = [2, 30, 50, 70, 95, 98, 100].map {
                [$0, histogram.doseGy(hottestPercent: $0)]
            }
            structure.vx = [20, 50, 100].map { [$0, histogram.volumePercent(atLeastGy: $0)] }
            structures.append(structure)
        }
        responses.append(
            try .lungs(
                name: "Lungs (shunt)", shunts: plan.territoryMaps.map(\.lungShuntFraction),
                mass: Mass(kilograms: document.lungShunt.lungMassKg), profile: plan.profile))
        limits = try Self.limits(document, responses, histograms, activitiesGBq)
    }

    private static func limits(
        _ document: PlanDocument, _ responses: [StructureResponse],
        _ histograms: [String: DoseVolumeHistogram], _ activitiesGBq: [Double]
    ) throws -> [Limit] {
        let model = try LinearDoseModel(
            territories: document.territories.map(\.name), responses: responses)
        let constraints = try document.limits.map { limit in
            let measure = try #require(limit.measure)
            return try PlanConstraint(
                structure: #require(limit.structure),
                measure: measure == "mean"
                    ? .mean : .hottestPercent(#require(Double(measure.dropFirst()))),
                limit: AbsorbedDose(grays: limit.limitGy), provenance: limit.source)
        }
        let injected = activitiesGBq.map { Activity(gigabecquerels: $0) }
        return try model.assess(injected, constraints: constraints) { constraint in
            guard case .hottestPercent(let percent) = constraint.measure else { return .zero }
            return AbsorbedDose(
                grays: try #require(histograms[constraint.structure])
                    .doseGy(hottestPercent: percent))
        }.checks.map {
            Limit(
                doseGy: $0.dose.grays, marginGy: $0.margin.grays,
                limitGy: $0.constraint.limit.grays,
                maximumTotalGBq: $0.maximumTotal?.gigabecquerels, isBinding: $0.isBinding,
                isExceeded: $0.isExceeded)
        }
    }

    private static func role(_ role: PlanRegions.Role) -> StructureRole {
        switch role {
        case .tumour: .tumour
        case .perfusedNormal: .normalPerfused
        case .territory: .perfused
        case .normalLiver: .normalWholeLiver
        case .lungs: .lungs
        case .liver, .other: .other
        }
    }
}

/// Plans of the synthetic patient with one, two and three territories, one by each engine.
struct PanelPlan {
    struct Territory {
        let name: String
        let structure: String
    }

    let name: String
    let territories: [Territory]
    let dose: String

    private static let right = Territory(name: "right", structure: "Territory right")
    private static let left = Territory(name: "left", structure: "Territory left")
    /// Not treated by anybody: a third structure that shares no voxel with the others.
    private static let third = Territory(name: "third", structure: "Stomach")

    static let all = [
        PanelPlan(name: "one", territories: [right], dose: "density: fixed, engine: kernel"),
        PanelPlan(name: "two", territories: [right, left], dose: "density: ct"),
        PanelPlan(
            name: "three", territories: [right, left, third],
            dose: "density: ct, engine: monte-carlo, histories: 20000"),
    ]

    /// The plan file; one activity per territory, 1 GBq when left out.
    func yaml(_ activities: [Double]? = nil) -> String {
        let lines = territories.enumerated().map { number, territory in
            "  - {name: \(territory.name), structure: \(territory.structure), "
                + "injectedActivityGBq: \(activities?[number] ?? 1)}"
        }
        return """
            name: panel \(name)
            device: glass
            profile: eanm2022
            evidence: {basis: synthetic case, recordedBy: test}
            images: {planning: "CT portal venous, simulated", activity: "MAA SPECT no AC, simulated"}
            registration: {kind: identity}
            structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs,
              tumours: [Tumour 3, Tumour 4, Tumour 5], others: [Gallbladder]}
            territories:
            \(lines.joined(separator: "\n"))
            lungShunt: {use: typed, fraction: 0.055}
            residualFraction: 0.01
            dose: {gridSpacingMM: 5, \(dose)}
            limits:
              - {structure: Normal Liver, meanDoseGy: 40, source: test}
              - {structure: Normal Liver, hottestPercent: 30, doseGy: 60, source: test}
              - {structure: Normal right, volumePercent: 70, aboveDoseGy: 30, source: test}
            """
    }
}

/// The header of the binary, as far as tests look at it.
struct SampleHeader: Decodable {
    struct Structure: Decodable {
        let name: String
        let voxels: Int?
        let meanGyPerGBq: [Double]
        let gyPerGBqOffsets: [Int]?
    }

    let territories: [String]
    let structures: [Structure]
    /// Where the arrays begin in the file.
    private(set) var start = 0

    private enum CodingKeys: CodingKey { case territories, structures }

    init(_ bytes: [UInt8]) throws {
        let length = (0 ..< 4).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        try #require(String(decoding: bytes[..<8], as: UTF8.self) == "GREVYDS1")
        self = try JSONDecoder().decode(Self.self, from: Data(bytes[12 ..< 12 + length]))
        start = 12 + length
    }
}
