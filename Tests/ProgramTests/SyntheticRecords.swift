import Foundation
import Testing
import _TestSupport

/// A data folder made by the program from the half-size synthetic patient.
struct SyntheticRecords {
    let work: URL
    let data: URL

    /// Makes the patient; `heldBack`, a file below its `dicom/`, is moved to `heldBack.dcm`.
    init(_ label: String, heldBack: String? = nil) throws {
        work = try ReferenceFiles.scratch(label)
        data = work.appending(path: "data")
        try make("patient", seed: 1)
        if let heldBack {
            try FileManager.default.moveItem(
                at: work.appending(path: "patient/dicom/\(heldBack)"),
                to: work.appending(path: "heldBack.dcm"))
        }
    }

    func remove() { try? FileManager.default.removeItem(at: work) }

    func path(_ name: String) -> String { work.appending(path: name).path }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: work.appending(path: name)) }

    func make(_ name: String, seed: Int) throws {
        let outcome = try Program.run(["phantom", path(name), "--half-size", "--seed", "\(seed)"])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
    }

    /// Runs a verb on the data folder and returns its JSON document.
    @discardableResult
    func json(
        _ arguments: [String], through launcher: [String] = [], exitCode: Int32 = 0
    ) throws -> [String: Any] {
        let outcome = try Program.run(
            arguments + ["--data", data.path, "--json"], through: launcher)
        try #require(outcome.exitCode == exitCode, "\(arguments): \(outcome.errorText)")
        return try outcome.json()
    }

    /// A plan over one territory, with the site's own curve and a registration of the two CTs.
    func plan() throws -> [String: Any] {
        let listed = try json(["list"])
        let series = try #require(listed["patients"] as? [[String: Any]])
            .flatMap { $0["studies"] as? [[String: Any]] ?? [] }
        let workUp = series.first { ($0["description"] as? String)?.contains("MAA") == true }
        let ct = (workUp?["series"] as? [[String: Any]])?.first {
            $0["modality"] as? String == "CT"
        }
        let id = try #require(ct?["id"] as? String)
        try Data("hu,densityGPerML\n-1000,0.001\n0,1.0\n1000,1.6\n".utf8)
            .write(to: work.appending(path: "curve.csv"))
        try Data(Self.yaml(activityCT: id).utf8).write(to: work.appending(path: "plan.yaml"))
        return try json(["plan", path("plan.yaml"), "--out", path("out"), "--no-pdf"])
    }

    /// A plan of both lobes by Monte Carlo.
    static func simulatedPlan(histories: Int) -> String {
        """
        name: simulated
        device: glass
        profile: eanm2022
        evidence: {basis: synthetic case, recordedBy: test}
        images: {planning: "CT portal venous, simulated", activity: "MAA SPECT no AC, simulated"}
        registration: {kind: identity}
        structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs,
          tumours: [Tumour 4, Tumour 5]}
        territories:
          - {name: right, structure: Territory right, injectedActivityGBq: 2.574}
          - {name: left, structure: Territory left, injectedActivityGBq: 1.089}
        lungShunt: {use: typed, fraction: 0.055}
        residualFraction: 0.01
        dose: {gridSpacingMM: 5, engine: monte-carlo, histories: \(histories)}
        """
    }

    private static func yaml(activityCT: String) -> String {
        """
        name: right lobe
        device: glass
        profile: eanm2022
        evidence: {basis: synthetic case, recordedBy: test}
        images:
          planning: CT portal venous, simulated
          activity: MAA SPECT no AC, simulated
          activityCT: \(activityCT)
        registration: {kind: rigid-ct, acceptedBy: Test physicist}
        structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs,
          tumours: [Tumour 1, Tumour 2, Tumour 3, Tumour 4, Tumour 5]}
        territories:
          - {name: right, structure: Territory right, aim: {structure: Tumour 5, meanDoseGy: 250}}
        lungShunt: {use: spect}
        residualFraction: 0.01
        dose: {gridSpacingMM: 4, density: ct, densityCurve: curve.csv}
        """
    }
}
