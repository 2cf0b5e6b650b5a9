import DICOM
import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Workflows

/// Territories that touch share no tissue, whatever the dose grid makes of their border.
@Suite("Territories beside each other")
struct TouchingTerritoryTests {
    /// A sphere of 40 mm cut in two halves by a plane that no grid is parallel to.
    private enum HalfSpheres {
        static let radiusMM = 40.0
        static let centreMM = Vector3(90.7, 89.4, 60.0)
        static let planeSpacingMM = 3.0
        static let cutDegrees = 27.0

        /// The contours of what lies between two directions about the centre, in degrees.
        static func part(
            _ from: Double, _ to: Double, radiusMM: Double = radiusMM,
            centreMM: Vector3<Double> = centreMM
        ) -> StructureOutline {
            // The same corners in the whole as in its parts.
            let steps = Int((to - from) / 2)
            let planes = Int(radiusMM / planeSpacingMM)
            let contours = (-planes ... planes).map { plane in
                let z = Double(plane) * planeSpacingMM
                let r = (radiusMM * radiusMM - z * z).squareRoot()
                return PlanarContour(
                    pointsMM: (0 ... steps).map { n in
                        let angle = (from + (to - from) * Double(n) / Double(steps)) * .pi / 180
                        return Vector3(
                            centreMM.x + r * cos(angle), centreMM.y + r * sin(angle),
                            centreMM.z + z)
                    })
            }
            return .contours(ContourStack(contours: contours))
        }

        static func run(_ yaml: String) async throws -> PlanDocument {
            let ct = try VolumeGeometry(
                shape: Vector3(60, 60, 40), spacingMM: Vector3(3, 3, 3),
                originMM: Vector3(0, 0, 0), axes: .identity)
            let planning = ImageSeries(
                modality: "CT", seriesInstanceUID: "2.25.1", frameOfReferenceUID: "2.25.2",
                quantity: .hounsfieldUnits, volume: Volume<Float>(repeating: 0, geometry: ct),
                radiopharmaceutical: nil, findings: [])
            let cut = cutDegrees
            let inputs = PlanInputs(
                planning: planning,
                activity: EmissionImage(
                    volume: Volume<Float>(repeating: 1, geometry: ct), isConcentration: false,
                    quantisationStep: nil, modality: "NM"),
                outlines: [
                    "Liver": part(cut - 90, cut + 270), "Right": part(cut - 90, cut + 90),
                    "Left": part(cut + 90, cut + 270),
                    "Tumour": part(
                        0, 360, radiusMM: 13,
                        centreMM: Vector3(centreMM.x + 18, centreMM.y + 9, centreMM.z)),
                ],
                registration: AcceptedRegistration(
                    kind: .identity, transform: .identity, spreadMM: nil, acceptedBy: "test"),
                densityCurve: try .generic, planarShuntFraction: nil, sources: [], findings: [])
            return try await PlanComputation(spec: try PlanSpec(yaml: yaml), inputs: inputs).run()
                .document
        }

        static func yaml(_ grid: String, method: String, right: String) -> String {
            """
            name: halves
            device: glass
            profile: mppg14a
            evidence: {basis: closed form, recordedBy: test}
            images: {planning: none, activity: none}
            structures: {from: none, liver: Liver, tumours: [Tumour]}
            territories:
              - {name: right, structure: Right, \(right)}
              - {name: left, structure: Left, injectedActivityGBq: 0.8, lungShuntFraction: 0.03}
            method: \(method)
            lungShunt: {use: typed, fraction: 0.07}
            residualFraction: 0.02
            dose: {gridSpacingMM: \(grid), density: fixed}
            """
        }
    }

    /// Shares are Float, rounded by 6e-8 of a voxel.
    private let tolerance = 1e-6

    private func kilograms(_ name: String, _ plan: PlanDocument) throws -> Double {
        let structure = try #require(plan.structures.first { $0.name == name })
        return structure.volumeML * plan.profile.tissueDensityGPerML / 1000
    }

    private func grays(_ name: String, _ plan: PlanDocument) throws -> Double {
        try #require(plan.structures.first { $0.name == name }).meanDoseGy
    }

    @Test(
        "each half gets C A (1 − L) / M, and the halves together C Σ A (1 − L)",
        arguments: ["2", "3", "4", "6", "ct"], ["single", "partition"])
    func energy(grid: String, method: String) async throws {
        let plan = try await HalfSpheres.run(
            HalfSpheres.yaml(grid, method: method, right: "injectedActivityGBq: 2.2"))
        let constant = plan.profile.doseConstantGyKgPerGBq
        var joules = 0.0
        for territory in plan.territories {
            let kept =
                constant * territory.injectedActivityGBq * (1 - territory.lungShuntFraction)
            let massKg = try kilograms(territory.name, plan)
            let doseGy = try grays(territory.name, plan)
            #expect(abs(doseGy * massKg / kept - 1) < tolerance, "\(territory.name)")
            joules += doseGy * massKg
        }
        let expected = constant * (2.2 * 0.93 + 0.8 * 0.97)
        #expect(abs(joules / expected - 1) < tolerance)
        guard method == "single" else { return }
        // The liver is the two halves.
        let liver = try grays("Liver", plan) * kilograms("Liver", plan)
        #expect(abs(liver / expected - 1) < tolerance)
    }

    @Test(
        "an aim on one half asks for D M / (C (1 − L)), and that activity gives it back",
        arguments: ["3", "6"], ["single", "partition"])
    func inverse(grid: String, method: String) async throws {
        let plan = try await HalfSpheres.run(
            HalfSpheres.yaml(
                grid, method: method, right: "aim: {structure: right, meanDoseGy: 120}"))
        let asked = plan.territories[0].injectedActivityGBq
        let expected =
            120 * (try kilograms("right", plan)) / (plan.profile.doseConstantGyKgPerGBq * 0.93)
        #expect(abs(asked / expected - 1) < tolerance)
        let forward = try await HalfSpheres.run(
            HalfSpheres.yaml(grid, method: method, right: "injectedActivityGBq: \(asked)"))
        #expect(abs(try grays("right", forward) / 120 - 1) < tolerance)
    }

    @Test("two territories that overlap by less than 1 % add up where they do")
    func overlap() async throws {
        // `Left` and 42 voxels of the right's last column.
        let common = 42.0 * BoxPlan.voxelML
        let plan = try await BoxPlan.run(
            BoxPlan.yaml(
                territories: """
                    [{name: right, structure: Right, injectedActivityGBq: 2},
                     {name: left, structure: Wide left, injectedActivityGBq: 1}]
                    """, more: "method: single")
        ).document
        let constant = plan.profile.doseConstantGyKgPerGBq * 0.95
        let density = plan.profile.tissueDensityGPerML / 1000
        let leftML = BoxPlan.liverML - BoxPlan.rightML + common
        let right = constant * 2 / (BoxPlan.rightML * density)
        let left = constant * 1 / (leftML * density)
        let inRight = right + left * common / BoxPlan.rightML
        let inLeft = left + right * common / leftML
        #expect(abs(try grays("right", plan) / inRight - 1) < tolerance)
        #expect(abs(try grays("left", plan) / inLeft - 1) < tolerance)
        // The liver holds both whole.
        let inLiver = 3 * constant / (BoxPlan.liverML * density)
        #expect(abs(try grays("Liver", plan) / inLiver - 1) < tolerance)
    }

    @Test(
        "territories that share tissue are refused with how much",
        arguments: [
            ("Right", "Right", "share 100 %"), ("Liver", "Left", "share at least 100 %"),
        ])
    func refused(first: String, second: String, part: String) async throws {
        let territories = """
            [{name: a, structure: \(first), injectedActivityGBq: 1},
             {name: b, structure: \(second), injectedActivityGBq: 1}]
            """
        let error = await #expect(throws: WorkflowError.self) {
            _ = try await BoxPlan.run(BoxPlan.yaml(territories: territories))
        }
        #expect("\(try #require(error))".contains(part))
    }
}
