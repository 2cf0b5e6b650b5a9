import DICOM
import Foundation
import Imaging
import Physics
import Quantities

/// Writes the series of one synthetic patient in a fixed order, so that identifiers repeat.
struct PatientWriter {
    private let options: PhantomOptions
    private let folder: URL
    private let simulation: Simulation
    private let uids: CaseUIDs
    private var diagnosticCT: ReferencedSeries?
    /// The geometric-mean shunt of the views without noise; known after ``writePlanar()``.
    private(set) var expectedPlanarShunt = 0.0

    init(options: PhantomOptions, folder: URL) {
        self.options = options
        self.folder = folder
        simulation = Simulation(options: options)
        uids = CaseUIDs(options: options)
    }

    // MARK: Steps

    mutating func writeDiagnosticCT() throws {
        let context = series(
            .ct, .diagnosticCT, "CT portal venous, simulated", time: Calendar.ctTime)
        let map = try simulation.diagnosticCT()
        let objects = try CTSeriesWriter(
            series: context, frameOfReferenceUID: uids.frame(.diagnosticCT),
            patientPosition: "HFS", tubeKilovolts: 120
        ).compose(map, instanceUIDs: instances(.diagnosticCT, map.hounsfieldUnits.geometry))
        try write(objects, "ct-diagnostic")
        diagnosticCT = ReferencedSeries(
            studyInstanceUID: uids.study(.ct), seriesInstanceUID: context.seriesInstanceUID,
            instances: objects.references, geometry: map.hounsfieldUnits.geometry)
    }

    mutating func writeRegions() throws {
        guard let images = diagnosticCT, let grid = images.geometry else { return }
        let frame = uids.frame(.diagnosticCT)
        let structures = Regions.structureSet(
            on: grid, frameOfReferenceUID: frame, seriesUID: images.seriesInstanceUID)
        try write(
            try StructureSetWriter(
                series: series(
                    .ct, .structures, "Structures from shapes, simulated",
                    time: Calendar.contourTime),
                images: images, generation: "AUTOMATIC"
            ).compose(structures, instanceUID: uids.instance(.structures, 0)), "rtstruct")
        let segments = try Regions.segmentation(
            on: grid, frameOfReferenceUID: frame, seriesUID: images.seriesInstanceUID)
        let properties = Regions.all.enumerated().map { ($0.offset + 1, $0.element.property) }
        try write(
            try SegmentationWriter(
                series: series(
                    .ct, .segments, "Segments from shapes, simulated", time: Calendar.contourTime),
                images: images, properties: Dictionary(uniqueKeysWithValues: properties),
                dimensionOrganizationUID: uids.instance(.segments, 1),
                algorithmName: "Grevy phantom shapes"
            ).compose(segments, instanceUID: uids.instance(.segments, 0)), "seg")
    }

    mutating func writePlanar() throws {
        let (expected, drawn) = try simulation.planar()
        expectedPlanarShunt = PlanarViews.lungShuntFraction(expected)
        let writer = NuclearMedicineWriter(
            series: series(
                .maa, .planar, "MAA planar ant/post, simulated", time: Calendar.planarTime),
            tracer: maaTracer, viewDuration: Scenario.planarDuration)
        try write(
            try writer.composePlanar(
                drawn, isWholeBody: false, instanceUID: uids.instance(.planar, 0)), "nm-planar")
    }

    mutating func writeSpect() throws {
        let frame = uids.frame(.spectCT)
        try writeLowDoseCT(
            try simulation.spectCT(), .maa, .spectCT, frame, time: Calendar.spectCTTime,
            "ct-spect")
        let writer = NuclearMedicineWriter(
            series: series(
                .maa, .spect, "MAA SPECT no AC, simulated", time: Calendar.spectTime),
            tracer: maaTracer, viewDuration: TimeSpan(seconds: 20))
        try write(
            try writer.composeTomographic(
                try simulation.spect(), frameOfReferenceUID: frame,
                instanceUID: uids.instance(.spect, 0)), "nm-spect")
    }

    mutating func writePet() throws {
        let frame = uids.frame(.petCT)
        let halfLife = try ConventionProfile.named(Scenario.profileName).halfLife
        try writeLowDoseCT(
            try simulation.petCT(), .yttrium, .petCT, frame, time: Calendar.petCTTime, "ct-pet")
        let map = try simulation.pet(halfLife: halfLife)
        let writer = PETSeriesWriter(
            series: series(.yttrium, .pet, "Y-90 PET, simulated", time: Calendar.petTime),
            frameOfReferenceUID: frame, tracer: yttriumTracer(halfLife),
            decayReference: .seriesStart, delay: Scenario.petDelay,
            frameDuration: TimeSpan(seconds: 900), reconstructionMethod: "SIMULATED")
        try write(
            try writer.compose(
                map, instanceUIDs: instances(.pet, map.becquerelsPerML.geometry)), "pet")
    }

    private func writeLowDoseCT(
        _ map: HounsfieldMap, _ study: CaseUIDs.Study, _ role: CaseUIDs.Series, _ frame: String,
        time: String, _ name: String
    ) throws {
        let writer = CTSeriesWriter(
            series: series(
                study, role, "CT low dose \(role == .petCT ? "PET" : "SPECT"), simulated",
                time: time),
            frameOfReferenceUID: frame, patientPosition: "HFS", tubeKilovolts: 120)
        try write(
            try writer.compose(
                map, instanceUIDs: instances(role, map.hounsfieldUnits.geometry)), name)
    }
}

// MARK: - Headers and files

extension PatientWriter {
    private func series(
        _ study: CaseUIDs.Study, _ role: CaseUIDs.Series, _ description: String, time: String
    ) -> SeriesContext {
        SeriesContext(
            study: context(study), seriesInstanceUID: uids.series(role),
            seriesNumber: role.rawValue, seriesDescription: description, date: study.date,
            time: time,
            equipment: Equipment(
                manufacturer: "Grevy", modelName: "Synthetic patient",
                softwareVersions: "phantom 1"))
    }

    private func context(_ study: CaseUIDs.Study) -> StudyContext {
        StudyContext(
            patientName: "SYNTHETIC^\(options.givenName)",
            patientID: "GREVY-PHANTOM-\(options.seed)",
            birthDate: Calendar.birthDate, sex: "O", studyInstanceUID: uids.study(study),
            studyDate: study.date, studyTime: study.time,
            studyDescription: "Synthetic, no real person: \(study.title)",
            studyID: "\(study.rawValue)", patientWeightKg: 78, patientHeightM: 1.74)
    }

    private var maaTracer: Radiotracer {
        Radiotracer(
            nuclide: Radiotracer.Code.technetium99m,
            agent: Radiotracer.Code.macroaggregatedAlbumin, name: "Tc-99m MAA",
            halfLife: Scenario.technetiumHalfLife, administered: Scenario.maaAdministered,
            administrationDate: Calendar.maaDate, administrationTime: Calendar.maaInjectionTime,
            energyWindowKeV: 126.5 ... 154.6)
    }

    private func yttriumTracer(_ halfLife: TimeSpan) -> Radiotracer {
        Radiotracer(
            nuclide: Radiotracer.Code.yttrium90, agent: Radiotracer.Code.yttrium90Microspheres,
            name: "Y-90 microspheres", halfLife: halfLife,
            administered: Scenario.delivered.total, administrationDate: Calendar.yttriumDate,
            administrationTime: Calendar.yttriumTime, positronFraction: 31.86e-6)
    }

    private func instances(_ role: CaseUIDs.Series, _ grid: VolumeGeometry) -> [String] {
        (0 ..< grid.shape.z).map { uids.instance(role, $0) }
    }

    private func write(_ objects: ComposedObjects, _ name: String) throws {
        let target = folder.appending(path: "dicom/\(name)")
        try SyntheticPatient.wrapped {
            try FileManager.default.createDirectory(
                at: target, withIntermediateDirectories: true)
        }
        for (n, data) in objects.dataSets.enumerated() {
            let file = String(format: "%04d.dcm", n + 1)
            try DicomWriter.write(data, path: target.appending(path: file).path)
        }
    }
}
