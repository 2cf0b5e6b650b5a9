package import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities
package import Storage
import Therapy

/// What a plan's doses are computed from in a browser: dose per injected activity of every voxel of
/// every structure, by territory, and the plan's limits.
///
/// The layout stands in Web/README.md, "Dose samples". Means and limits take the coefficients of
/// the plan's method; a method without voxel doses (partition, single) has no voxels here.
package struct PlanSamples: Sendable {
    package let bytes: [UInt8]

    private static let magic = Array("GREVYDS1".utf8)
    /// More than this is no preview: neither kept nor sent.
    package static let mostBytes = 64 << 20

    /// Takes the samples from a computed plan.
    ///
    /// - Returns: `nil` when they would exceed ``mostBytes``, as on the grid of a fine CT.
    /// - Throws: ``TherapyError/malformedTable(name:reason:)``.
    package init?(_ plan: PlanResult) throws {
        let regions = plan.regions.regions.filter { $0.role != .lungs }
        let hasVoxels = Self.hasVoxels(plan.document.method)
        if hasVoxels {
            let voxels = regions.reduce(0) { $0 + $1.dosed.box.count }
            guard voxels * 4 * (1 + plan.territoryMaps.count) <= Self.mostBytes else { return nil }
        }
        var arrays = SampleArrays()
        var structures: [Header.Structure] = []
        for (shown, region) in zip(plan.document.structures, regions) {
            structures.append(
                try Header.Structure(
                    shown, role: region.role, territories: plan.territoryMaps.map(\.territory)))
            guard hasVoxels else { continue }
            let found = arrays.add(region.dosed, of: plan.territoryMaps.map(\.perGBq))
            structures[structures.count - 1].voxels = found.count
            structures[structures.count - 1].weightsOffset = found.weights
            structures[structures.count - 1].gyPerGBqOffsets = found.doses
        }
        structures.append(.lungs(of: plan.document))
        let header = Header(
            territories: plan.territoryMaps.map(\.territory),
            effectiveHalfLifeH: plan.profile.halfLife.hours, structures: structures,
            limits: plan.document.limits.compactMap(Header.Limit.init))
        bytes = try Self.file(header, arrays.bytes)
    }

    private static func hasVoxels(_ method: String) -> Bool {
        method == PlanSpec.MethodChoice.voxel.rawValue
            || method == PlanSpec.MethodChoice.bsa.rawValue
    }

    private static func file(_ header: Header, _ arrays: [UInt8]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = Array(try encoder.encode(header))
        while (magic.count + 4 + text.count) % 4 != 0 { text.append(UInt8(ascii: " ")) }
        let length = UInt32(text.count)
        let prefix = (0 ..< 4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) }
        return magic + prefix + text + arrays
    }
}

/// Float32 arrays one after the other, little endian.
private struct SampleArrays {
    private(set) var bytes: [UInt8] = []

    /// Adds the voxels that a region touches: their shares, then their doses of each map.
    mutating func add(
        _ region: RegionMask, of maps: [DoseMap]
    ) -> (count: Int, weights: Int, doses: [Int]) {
        let weights = bytes.count
        var count = 0
        region.forEachVoxel { _, share in
            append(share)
            count += 1
        }
        var doses: [Int] = []
        for map in maps {
            doses.append(bytes.count)
            map.grays.withVoxels { voxels in
                region.forEachVoxel { index, _ in append(voxels[index]) }
            }
        }
        return (count, weights, doses)
    }

    private mutating func append(_ value: Float) {
        let bits = value.bitPattern
        for byte: UInt32 in 0 ..< 4 { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * byte))) }
    }
}

/// The part of the file that says what its arrays are.
private struct Header: Encodable {
    let territories: [String]
    let effectiveHalfLifeH: Double
    let structures: [Structure]
    let limits: [Limit]

    struct Structure: Encodable {
        var name: String
        var role: String
        var volumeML: Double
        /// By the plan's method, one per territory.
        var meanGyPerGBq: [Double]
        var voxels: Int?
        var weightsOffset: Int?
        var gyPerGBqOffsets: [Int]?
        var bed: Repair?
    }

    struct Repair: Encodable {
        var alphaBetaGy: Double
        var repairHalfTimeH: Double
    }

    struct Limit: Encodable {
        var name: String
        var structure: String
        var measure: String
        var percent: Double?
        var limitGy: Double
        var provenance: String
    }
}

extension Header.Structure {
    init(
        _ structure: PlanDocument.Structure, role: PlanRegions.Role, territories: [String]
    ) throws {
        self.init(
            name: structure.name, role: structure.role, volumeML: structure.volumeML,
            meanGyPerGBq: territories.map { structure.dosePerInjectedGBqGy[$0] ?? 0 },
            bed: try PlanConstants().repair(of: role.therapyRole).map {
                Header.Repair(
                    alphaBetaGy: $0.alphaBetaGy, repairHalfTimeH: $0.repairHalfTimeHours)
            })
    }

    /// C · L_k / M, as the plan's own limit on the lungs.
    fileprivate static func lungs(of document: PlanDocument) -> Header.Structure {
        Header.Structure(
            name: PlannedActivities.lungs, role: "lungs", volumeML: 0,
            meanGyPerGBq: document.territories.map {
                document.profile.doseConstantGyKgPerGBq * $0.lungShuntFraction
                    / document.lungShunt.lungMassKg
            })
    }
}

extension Header.Limit {
    /// `nil` for a limit of a plan kept before limits named their structure.
    init?(_ limit: PlanDocument.Limit) {
        guard let structure = limit.structure, let measure = limit.measure else { return nil }
        let percent = measure.hasPrefix("D") ? Double(measure.dropFirst()) : nil
        self.init(
            name: limit.name, structure: structure,
            measure: percent == nil ? "mean" : "hottestPercent", percent: percent,
            limitGy: limit.limitGy, provenance: limit.source)
    }
}

/// The dose samples of a kept plan of a case.
package struct PlanSamplesWorkflow: Sendable {
    private let scenes: SceneWorkflow
    private let folder: DataFolder
    private let source: any DicomSource

    package init(_ reader: CaseReader, source: any DicomSource, patient: PatientRecord) {
        (folder, self.source) = (reader.folder, source)
        scenes = SceneWorkflow(reader, patient: patient)
    }

    /// The role of the samples among what a plan's record names.
    static let role = "doseSamples"

    /// Equal tags, equal bytes.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such plan.
    package func tag(of plan: String) async throws -> String {
        let record = try await scenes.plan(plan).record
        if case .object(let digest)? = record.draft.inputs.source(Self.role) { return digest.hex }
        return "\(Self.role) \(Software.version) \(record.draft.content.hex)"
    }

    /// The samples: as kept with the plan, or from the plan computed again.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when they were not kept and the plan would
    ///   take long to compute, comes out otherwise than it was kept, or is too fine.
    package func bytes(of plan: String) async throws -> [UInt8] {
        let (record, document) = try await scenes.plan(plan)
        if case .object(let digest)? = record.draft.inputs.source(Self.role) {
            return try await folder.objects.bytes(of: digest)
        }
        guard document.software.engine != PlanTransport.identifier else {
            throw WorkflowError.refused(
                sentence:
                    "This plan was kept without doses per territory, and simulating it again takes long: recalculate it once."
            )
        }
        let (answer, kept) = try await PlanRecomputation(folder: folder, source: source)
            .run(planID: plan)
        guard let kept, answer.identical else {
            throw WorkflowError.refused(
                sentence:
                    "This version of the program does not give the plan as it was kept: recalculate it."
            )
        }
        guard let samples = try PlanSamples(kept.result) else {
            throw WorkflowError.refused(
                sentence:
                    "The dose grid is too fine for a preview in the browser: type activities and recalculate."
            )
        }
        return samples.bytes
    }
}
