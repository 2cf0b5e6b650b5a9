import DICOM
import Foundation
import Imaging
import Quantities
import Storage

/// A computed plan as the bytes that are kept of it.
///
/// Planning and recomputing both end here, so equal inputs give equal bytes.
struct MadePlan: Sendable {
    let result: PlanResult
    let patient: Int64
    /// MetaImage of the dose in gray.
    let doseBytes: [UInt8]
    /// The plan document, which names the dose by its digest.
    let planBytes: [UInt8]
    /// What the plan panel computes with; `nil` on a grid that is too fine for it.
    let sampleBytes: [UInt8]?

    /// Computes a plan.
    ///
    /// - Throws: ``WorkflowError``, ``DoseError``, ``ImagingError``, ``TherapyError``.
    init(
        _ plan: PlanSource, reading: PlanInputsReader.Reading, registration: PlanRegistration,
        checkpoints: RunCheckpoints? = nil, stage: @Sendable @escaping (String) -> Void
    ) async throws {
        let inputs = PlanInputs(
            planning: reading.planning, activity: reading.activity, outlines: reading.outlines,
            registration: registration.accepted, densityCurve: reading.densityCurve,
            planarShuntFraction: reading.planarShuntFraction, sources: plan.documentInputs,
            findings: reading.findings + registration.findings)
        let computed = try await PlanComputation(
            spec: plan.spec, inputs: inputs, checkpoints: checkpoints
        ).run(stage: stage)
        async let samples = PlanSamples(computed)?.bytes
        doseBytes = Array(MetaImage.encoded(computed.dose.grays))
        var document = computed.document
        document.dosePerVoxelDigest = ObjectDigest(of: doseBytes).hex
        planBytes = Array(try CanonicalJSON.encoded(document))
        result = computed.with(document)
        sampleBytes = try await samples
        patient = reading.patient
    }
}

/// The transform of a plan, where it is kept, and what should be known about it.
struct PlanRegistration: Sendable {
    var accepted: AcceptedRegistration
    /// What a record of the plan names as its input; empty when nothing was computed.
    var inputs: [DerivedInput]
    var findings: [Finding]
}

/// What a plan was made with beside its inputs, as its record keeps it.
struct PlanParameters: Codable {
    /// Who had accepted the registration when the plan was made; a later word does not change it.
    var registrationAcceptedBy: String?
    /// VOIs that nobody had accepted; `nil` when there were none.
    var proposals: [String]?
    /// VOIs of people of another organisation alone; `nil` when there were none.
    var othersVOIs: [String]?
    /// The site's settings that the plan file named; `nil` when it named none.
    var settings: [UsedSetting]?

    init(_ registration: PlanRegistration, _ plan: PlanSource) {
        registrationAcceptedBy = registration.accepted.acceptedBy
        proposals = plan.vois.proposals.isEmpty ? nil : plan.vois.proposals
        othersVOIs = plan.vois.others.isEmpty ? nil : plan.vois.others
        settings = plan.settings.isEmpty ? nil : plan.settings
    }

    /// - Throws: `DecodingError` when the record is damaged.
    init(json: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    }

    var json: String {
        get throws { String(decoding: try CanonicalJSON.encoded(self), as: UTF8.self) }
    }
}

extension PlanResult {
    func with(_ document: PlanDocument) -> PlanResult {
        PlanResult(
            document: document, profile: profile, regions: regions, uptake: uptake,
            density: density, territoryMaps: territoryMaps, dose: dose, anatomy: anatomy)
    }
}
