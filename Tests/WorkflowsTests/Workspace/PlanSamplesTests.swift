import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities
import Storage
import Testing
import Therapy
import Workflows
import _TestSupport

/// What the browser computes a preview from, held against the program's own numbers.
@Suite("Dose samples of a plan")
struct PlanSamplesTests {
    private static let node = "/usr/bin/node"

    @Test(
        "200 random activities of one, two and three territories: the browser's code gives the program's means, Dx, Vx, BED, margins and binding limit",
        .enabled(if: FileManager.default.isExecutableFile(atPath: node), "node is not installed"))
    func browser() async throws {
        let (work, folder) = try await SmallPatient.imported("samples")
        defer { try? FileManager.default.removeItem(at: work) }
        let workflow = PlanWorkflow(folder: folder, source: InProcessSource(), actor: "test")
        var draws = SplitMix(seed: 20_261_121)
        var plans: [ExpectedPlan] = []
        for shape in PanelPlan.all {
            let kept = try await workflow.run(yaml: shape.yaml(), specFolder: work)
            let record = try await folder.records.derived(id: kept.planID)
            guard
                case .object(let digest)? = record.draft.inputs.first(where: {
                    $0.role == "doseSamples"
                })?.source
            else {
                Issue.record("\(shape.name): no samples are kept")
                return
            }
            let bytes = try await folder.objects.bytes(of: digest)
            try Data(bytes).write(to: work.appending(path: "\(shape.name).bin"))
            var vectors = try (0 ..< 200).map { _ in
                try ExpectedVector(
                    kept.result, shape.territories.map { _ in draws.next(from: 0.01, to: 5) })
            }
            // The whole workflow with other activities; what it injects, after limits, is the vector.
            for _ in 0 ..< 2 {
                let wish = shape.territories.map { _ in draws.next(from: 0.05, to: 3) }
                let made = try await workflow.run(yaml: shape.yaml(wish), specFolder: work)
                vectors.append(ExpectedVector(document: made.result.document))
            }
            plans.append(ExpectedPlan(samples: "\(shape.name).bin", vectors: vectors))
        }
        try JSONEncoder().encode(["plans": plans]).write(to: work.appending(path: "expected.json"))
        let (status, said) = try Self.run(
            ReferenceFiles.project.appending(path: "Web/Tests/check-samples.js").path, work.path)
        print("dose samples: \(said)")
        #expect(status == 0, "\(said)")
    }

    private static func run(_ script: String, _ folder: String) throws -> (Int32, String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: node)
        process.arguments = [script, folder]
        process.standardOutput = pipe
        try process.run()
        let said = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    @Test(
        "a method without voxel doses sends means alone, which give the plan's own doses",
        arguments: ["partition", "single"])
    func methods(_ method: String) async throws {
        let territories =
            "[{name: right, structure: Right, injectedActivityGBq: 1.5}, {name: left, structure: Left, injectedActivityGBq: 0.5}]"
        let result = try await BoxPlan.run(
            BoxPlan.yaml(territories: territories, more: "method: \(method)"))
        let header = try SampleHeader(try #require(try PlanSamples(result)).bytes)
        #expect(header.territories == ["right", "left"])
        for structure in result.document.structures {
            let sent = try #require(header.structures.first { $0.name == structure.name })
            #expect(sent.voxels == nil)
            let mean = 1.5 * sent.meanGyPerGBq[0] + 0.5 * sent.meanGyPerGBq[1]
            #expect(abs(mean - structure.meanDoseGy) <= 1e-12 * structure.meanDoseGy)
        }
        let lungs = try #require(header.structures.last)
        let lungDose = 1.5 * lungs.meanGyPerGBq[0] + 0.5 * lungs.meanGyPerGBq[1]
        #expect(abs(lungDose / result.document.lungDoseGy - 1) < 1e-12)
    }

    @Test("voxels are those of the structures, their shares its volume")
    func layout() async throws {
        let result = try await BoxPlan.run(BoxPlan.yaml())
        let bytes = try #require(try PlanSamples(result)).bytes
        let header = try SampleHeader(bytes)
        let liver = try #require(header.structures.first { $0.name == "Liver" })
        #expect(liver.voxels == 13_824)
        let ends = header.structures.flatMap { structure in
            (structure.gyPerGBqOffsets ?? []).map { $0 + 4 * (structure.voxels ?? 0) }
        }
        #expect(ends.max() == bytes.count - header.start)
    }

    @Test(
        "a changed plan file differs in activities alone, and nobody's word on a registration goes with it"
    )
    func changed() throws {
        let yaml = BoxPlan.yaml(
            images: ", activityCT: ct",
            territories:
                "[{name: right, structure: Right, aim: {structure: Tumour, meanDoseGy: 200}}, {name: left, structure: Left, injectedActivityGBq: 1}]",
            more:
                "registration: {kind: rigid-ct, acceptedBy: anna}\nlimits: [{structure: Tumour, hottestPercent: 2, doseGy: 300, source: \"a: quoted, source\"}]"
        )
        var wanted = try PlanSpec(yaml: yaml)
        let text = try PlanSpec.changed(yaml: yaml, of: "plan-7", injectedGBq: [0.123_456_789, 2])
        let changed = try PlanSpec(yaml: text)
        wanted.territories[0].aim = .injectedActivityGBq(0.123_456_789)
        wanted.territories[1].aim = .injectedActivityGBq(2)
        wanted.registration.acceptedBy = nil
        #expect(changed == wanted)
        #expect(text.hasPrefix("# plan-7 "))
        for wrong in [[1], [1, 0], [1, -2], [1, .nan], [1, 101]] {
            #expect(throws: WorkflowError.self) {
                try PlanSpec.changed(yaml: yaml, of: "plan-7", injectedGBq: wrong)
            }
        }
    }

    @Test("the body-surface rule becomes voxel doses, since it allows no other activity")
    func bodySurface() throws {
        let yaml = BoxPlan.yaml(
            device: "resin", profile: "eanm2022",
            territories: "[{name: all, structure: Liver}]",
            more: "method: bsa\nbsa: {heightCM: 170, weightKg: 70}")
        let changed = try PlanSpec(
            yaml: PlanSpec.changed(yaml: yaml, of: "plan-7", injectedGBq: [1]))
        #expect(changed.method == .voxel && changed.bodySurface == nil)
    }
}
