// One patient through Grevy, as the physics reads: images in, plan and dose out, record kept.
// Run it with `swift run -c release Story`. (SwiftPM also builds every file of this folder as a
// snippet without the project's own access; STORY keeps that copy empty.)
#if STORY
import DICOM
import Dosimetry
import Foundation
import Imaging
import Phantom
import Physics
import Quantities
import Storage
import Therapy
import Workflows

let home = FileManager.default.temporaryDirectory.appending(path: "one-patient-\(UUID())")
defer { try? FileManager.default.removeItem(at: home) }

// A patient who never existed, so that the truth is known.
let truth = try await SyntheticPatient.write(
    .sirtNet, options: PhantomOptions(seed: 1, isHalfSize: true),
    to: home.appending(path: "patient"), progress: { _ in })

// 1. Images come in: checked, stored once by content, listed.
let data = try DataFolder.open(at: home.appending(path: "data"), create: true)
let source = InProcessSource()
let imported = try await ImportWorkflow(folder: data, source: source, actor: "story")
    .run(paths: [home.appending(path: "patient/dicom")])
print("\(imported.stored) files stored in \(imported.series.count) series")

func series(_ description: String) async throws -> String {
    try await SeriesName.resolve(description, in: data.records).description.seriesUID
}
let library = SeriesLibrary(folder: data, source: source)
let ct = try await library.image(seriesUID: series("CT portal venous, simulated"))
let spect = try await library.image(seriesUID: series("MAA SPECT no AC, simulated"))
let spectCT = try await library.image(seriesUID: series("CT low dose SPECT, simulated"))
let outlines = try await library.outlines(
    seriesUID: series("Structures from shapes, simulated")
).outlines

// 4. Work-up: the SPECT/CT onto the planning CT, structures and counts on one grid.
let registration = try await RigidRegistration(options: .ctToCT)
    .register(fixed: ct.volume, moving: spectCT.volume)
let grid = try PlanningGrid.covering(
    outlines.values.flatMap(\.cornersMM), of: ct.volume.geometry, spacingMM: 4)
func region(_ name: String) throws -> RegionMask {
    guard let outline = outlines[name] else {
        throw WorkflowError.notFound(kind: "structure", name: name)
    }
    return try outline.region(on: grid, sliceSpacingMM: ct.volume.geometry.spacingMM.z)
}
let uptake = UptakeMap(
    image: spect.volume, isConcentration: false, grid: grid, through: registration.transform)
let liver = try region("Liver")
let lungs = try region("Lungs")
let shunt = uptake.amount(in: lungs) / (uptake.amount(in: lungs) + uptake.amount(in: liver))
print(
    "lung shunt \(Figures.percent(shunt)) %, truth \(Figures.percent(truth.workUp.lungShuntFraction)) %"
)

// 5. Dose: counts share out one gigabecquerel, decays become grays in the patient's tissue.
let profile = try ConventionProfile.named("eanm2022")
let density = try DensityMap(uniform: profile.tissueDensityGPerML, geometry: grid)
let counts = CountMap(counts: uptake.amounts)
let decays = try PatientRelativeCalibration(
    profile: profile,
    territories: [
        InjectedTerritory(
            name: "liver", region: liver, injected: Activity(gigabecquerels: 1),
            lungShuntFraction: shunt)
    ], lungs: lungs
).decays(from: counts)
let dose = try await LocalDepositionEngine(profile: profile)
    .dose(decays: decays.decays, density: density)
let tumour = try DoseVolumeHistogram(dose: dose, region: region("Tumour 5"), name: "Tumour 5")
let normal = try DoseVolumeHistogram(dose: dose, region: liver, name: "Liver")

// 6. Plan: dose is linear in activity; each limit has its own maximum, the least one binds.
let model = try LinearDoseModel(
    territories: ["liver"],
    responses: [
        StructureResponse(
            name: "Tumour 5", role: .tumour,
            mass: Mass(volumeML: tumour.volumeML, gramsPerML: 1.03),
            graysPerGBq: [tumour.meanGy]),
        StructureResponse(
            name: "Liver", role: .perfused, mass: Mass(volumeML: normal.volumeML, gramsPerML: 1.03),
            graysPerGBq: [normal.meanGy]),
        .lungs(shunts: [shunt], mass: profile.lungMass, profile: profile),
    ])
let wish = try model.activities(
    for: [.meanDose(structure: "Tumour 5", dose: AbsorbedDose(grays: 250))])
let plan = try model.assess(
    wish,
    constraints: [
        PlanConstraint(structure: "Liver", limit: AbsorbedDose(grays: 90), provenance: "story"),
        PlanConstraint(structure: "lungs", limit: AbsorbedDose(grays: 30), provenance: "story"),
    ])
let injected = plan.allowed[0].gigabecquerels
print(
    "wish \(Figures.gbq(wish[0].gigabecquerels)) GBq, allowed \(Figures.gbq(injected)) GBq,",
    "bound by \(plan.binding?.constraint.structure ?? "nothing")")
print(
    "Tumour 5 gets \(Figures.gy(injected * tumour.meanGy)) Gy, half of it at least",
    "\(Figures.gy(injected * tumour.doseGy(hottestPercent: 50))) Gy")

// 9. The record: the dose map is kept by content, with what it came from; the chain is intact.
let object = try await data.objects.put(Array(MetaImage.encoded(dose.grays)))
let kept = try await data.records.save(
    DerivedDraft(
        caseID: "story", kind: "dose", name: "one GBq", content: object,
        mediaType: "application/x-metaimage", inputs: [], softwareVersion: Software.version),
    by: "story")
print("kept as \(kept.id); audit: \(try await data.audit.verify())")
#endif
