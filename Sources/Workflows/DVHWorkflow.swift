package import DICOM
import Dosimetry
package import Imaging
import Quantities

/// Dose-volume histograms of every structure of an RTSTRUCT on an RTDOSE.
package struct DVHWorkflow: Sendable {
    /// How structures take their voxels.
    package let mode: DVHMode
    /// Distance between points of a curve, in grays; `nil` leaves curves out.
    package let curveBinGy: Double?

    package init(mode: DVHMode = .area, curveBinGy: Double? = nil) {
        self.mode = mode
        self.curveBinGy = curveBinGy
    }

    /// Reads both files and computes.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a file cannot be read or is something
    ///   else, or when they lie in different frames of reference.
    @concurrent
    package func run(
        dosePath: String, structuresPath: String, source: any DicomSource = DicomReader()
    ) async throws -> DVHDocument {
        try InputFile.check([dosePath, structuresPath])
        let files = await source.files(paths: [dosePath, structuresPath])
        async let structures = Self.naming("RTSTRUCT", structuresPath) {
            let file = try files[1].get()
            try Self.check(file, is: .structureSet, called: "RTSTRUCT", structuresPath)
            return try await Self.structures(file)
        }
        let dose = try await Self.naming("RTDOSE", dosePath) {
            let file = try files[0].get()
            try Self.check(file, is: .dose, called: "RTDOSE", dosePath)
            return try DoseObject.read(
                header: file.header, pixels: await source.frames(of: file))
        }
        var document = try await histograms(dose: dose.value, structures: structures.value)
        let ofFiles = try await dose.findings + structures.findings
        let empty = Set(ofFiles.filter { $0.code == "rtstruct.no-contours" }.map(\.subject))
        document.findings =
            ofFiles
            + document.findings.filter {
                $0.code != "dvh.no-contours" || !empty.contains($0.subject)
            }
        return document
    }

    /// Says in a refusal which of the two files it is about.
    private static func naming<Value>(
        _ kind: String, _ path: String, _ read: () async throws -> Value
    ) async throws -> Value {
        do { return try await read() } catch let error as DicomError {
            throw WorkflowError.refused(
                sentence: "'\(path)' cannot be taken as \(kind): \(error)")
        }
    }

    /// Contours are megabytes of text: turned into numbers while the dose is read.
    @concurrent
    private static func structures(_ file: SeriesFile) async throws -> Reading<StructureSet> {
        try StructureSet.read(header: file.header)
    }

    /// A file that is something else would be called broken for what it need not have.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when its SOP class says that it is.
    private static func check(
        _ file: SeriesFile, is kind: ObjectKind, called name: String, _ path: String
    ) throws {
        let header = file.header
        guard header.string(.sopClassUID) ?? header.string(.mediaStorageSOPClassUID) != nil,
            ObjectKind(header: header) != kind
        else { return }
        let modality = header.string(.modality) ?? "without a modality"
        throw WorkflowError.refused(
            sentence: "'\(path)' is another DICOM object (\(modality)); an \(name) is needed here.")
    }

    /// Computes the histograms of structures on a dose.
    ///
    /// A structure that cannot be computed is left out with a finding.
    ///
    /// - Parameters:
    ///   - dose: The dose.
    ///   - structures: The structures.
    ///   - density: On the dose grid; voxels of gas carry no dose. `nil` where no CT is known.
    /// - Returns: The figures of every structure that could be computed, and the findings.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the two lie in different frames of
    ///   reference or a curve's bin is not positive.
    @concurrent
    package func histograms(
        dose: DoseObject, structures: StructureSet, density: DensityMap? = nil
    ) async throws -> DVHDocument {
        guard
            dose.frameOfReferenceUID == structures.frameOfReferenceUID
                || dose.frameOfReferenceUID.isEmpty || structures.frameOfReferenceUID.isEmpty
        else {
            throw WorkflowError.refused(
                sentence: "Dose and structures lie in different frames of reference: register "
                    + "and resample one of them first.")
        }
        if let curveBinGy, !(curveBinGy > 0 && curveBinGy.isFinite) {
            throw WorkflowError.refused(sentence: "The bin width must be above 0 Gy.")
        }
        let map = density.map { dose.dose.extendedIntoGas(of: $0) } ?? dose.dose
        let spacingMM = Self.planeSpacingMM(of: structures, along: map.grays.geometry)
        let computed = await withTaskGroup(of: (Int, StructureHistogram).self) { group in
            for (n, structure) in structures.structures.enumerated() {
                group.addTask {
                    (
                        n,
                        await histogram(
                            of: structure, setSpacingMM: spacingMM, dose: map, density: density)
                    )
                }
            }
            var all: [(Int, StructureHistogram)] = []
            for await one in group { all.append(one) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return DVHDocument(
            mode: mode.rawValue, curveBinGy: curveBinGy,
            structures: computed.compactMap(\.summary),
            findings: computed.flatMap(\.findings))
    }

    /// The most frequent plane distance of the structures that have several planes.
    private static func planeSpacingMM(
        of set: StructureSet, along grid: VolumeGeometry
    ) -> Double? {
        ContourPlanes.mostFrequent(
            set.structures.compactMap { structure in
                // What is tilted is refused with its own histogram.
                try? structure.contours.withoutDegenerate().kept.planes(along: grid).spacingMM
            })
    }

    /// What stands for the thickness of contours in a single plane.
    private static func slabFinding(
        _ contours: ContourStack, setSpacingMM: Double?, grid: VolumeGeometry, subject: String
    ) throws -> Finding? {
        guard try contours.planes(along: grid).spacingMM == nil else { return nil }
        guard let setSpacingMM else {
            return Finding(
                "dvh.single-plane", .warning,
                "The contours lie in one plane, and no structure of the set says how far planes "
                    + "are apart: a dose slice of \(Figures.fixed(grid.spacingMM.z, 2)) mm was "
                    + "taken. The volume depends on it.", subject: subject)
        }
        return Finding(
            "dvh.single-plane", .note,
            "The contours lie in one plane; \(Figures.fixed(setSpacingMM, 2)) mm was taken for "
                + "its thickness, as planes of the set's other structures are apart.",
            subject: subject)
    }

    private func histogram(
        of structure: StructureSet.Structure, setSpacingMM: Double?, dose: DoseMap,
        density: DensityMap?
    ) async -> StructureHistogram {
        var result = StructureHistogram()
        func find(_ code: String, _ severity: Finding.Severity, _ sentence: String) {
            result.findings.append(Finding(code, severity, sentence, subject: structure.name))
        }
        let (contours, dropped) = structure.contours.withoutDegenerate()
        guard !contours.contours.isEmpty else {
            find("dvh.no-contours", .warning, "The structure has no contour with an area.")
            return result
        }
        if !dropped.isEmpty {
            find(
                "dvh.contours-without-area", .warning,
                "\(dropped.count) contours enclose no area and were left out.")
        }
        let outside = pointsOutside(contours, grid: dose.grays.geometry)
        if outside > 0 {
            find(
                "dvh.outside-dose-grid", .warning,
                "\(outside) contour points lie outside the dose grid; the figures hold for the "
                    + "part inside only.")
        }
        do {
            let sampled = try ContourDose(
                dose: dose, contours: contours, mode: mode.raster, planeSpacingMM: setSpacingMM,
                density: density, name: structure.name)
            let histogram = try await sampled.histogram()
            result.summary = try DVHSummary(
                histogram, number: structure.number, name: structure.name,
                voxelDivision: sampled.division, curveBinGy: curveBinGy)
            if let finding = try Self.slabFinding(
                contours, setSpacingMM: setSpacingMM, grid: dose.grays.geometry,
                subject: structure.name)
            {
                result.findings.append(finding)
            }
            if let density,
                let finding = try contours.gasFinding(density, subject: structure.name)
            {
                result.findings.append(finding)
            }
            if histogram.volumeML < Self.smallML {
                find(
                    "dvh.small-structure", .note,
                    "Below \(Int(Self.smallML)) mL programs differ by percents of volume, and "
                        + "blur lowers what an emission image shows.")
            }
        } catch {
            find("dvh.not-computed", .error, "No histogram: \(Self.reason(error)).")
        }
        return result
    }

    /// Below this, the real test sets show differences between programs above 1.5 % of volume.
    private static let smallML = 50.0

    private func pointsOutside(_ contours: ContourStack, grid: VolumeGeometry) -> Int {
        var outside = 0
        for contour in contours.contours {
            for point in contour.pointsMM {
                let p = grid.index(positionMM: point)
                let inside =
                    min(p.x, p.y, p.z) >= -0.5 && p.x <= Double(grid.shape.x) - 0.5
                    && p.y <= Double(grid.shape.y) - 0.5 && p.z <= Double(grid.shape.z) - 0.5
                if !inside { outside += 1 }
            }
        }
        return outside
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case ImagingError.contourNotInSlicePlane(_, let tilt):
            "a contour is tilted by \(tilt) degrees against the dose planes"
        case DoseError.emptyRegion: "no voxel of the dose grid that carries dose lies inside"
        case DoseError.nonFiniteValue: "the dose inside is not a number everywhere"
        default: "\(error)"
        }
    }
}

/// Which voxels a contoured structure takes.
package enum DVHMode: String, Hashable, Sendable, CaseIterable {
    /// Exact shares inside, of dose voxels divided in the contours' planes.
    case area
    /// Whole voxels whose centre lies inside, as dicompyler-core counts.
    case centre

    var raster: RasterMode { self == .area ? .areaCoverage : .voxelCentre }
}

private struct StructureHistogram: Sendable {
    var summary: DVHSummary?
    var findings: [Finding] = []
}
