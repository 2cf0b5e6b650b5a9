import DICOM
import Imaging
import Quantities

/// Small objects to write: an oblique grid with known values.
enum WritingSamples {
    static let study = StudyContext(
        patientName: "SYNTHETIC^NOBODY", patientID: "GREVY-TEST", birthDate: "19600101", sex: "O",
        studyInstanceUID: "2.25.1", studyDate: "20260105", studyTime: "080000",
        studyDescription: "Writing test", studyID: "1", patientWeightKg: 75, patientHeightM: 1.75)

    static func series(_ number: Int) -> SeriesContext {
        SeriesContext(
            study: study, seriesInstanceUID: "2.25.10\(number)", seriesNumber: number,
            seriesDescription: "Series \(number)", date: "20260105", time: "090000",
            equipment: Equipment(softwareVersions: "test"))
    }

    /// A right-handed grid turned by 30° about z and by 20° about the new x.
    static func oblique(_ shape: Vector3<Int> = [8, 6, 5]) throws -> VolumeGeometry {
        let (c, s, d, e) = (
            0.866_025_403_784_438_6, 0.5, 0.939_692_620_785_908_4, 0.342_020_143_325_668_7
        )
        let axes = Matrix3(columns: [c, s, 0], [-s * d, c * d, e], [s * e, -c * e, d])
        return try VolumeGeometry(
            shape: shape, spacingMM: [2, 2.5, 3], originMM: [-10.5, 20.25, -30], axes: axes)
    }

    static func ramp(_ geometry: VolumeGeometry, from: Float, step: Float) throws -> Volume<Float> {
        try Volume(
            voxels: (0 ..< geometry.count).map { from + step * Float($0) }, geometry: geometry)
    }

    static let yttrium = Radiotracer(
        nuclide: Radiotracer.Code.yttrium90, agent: Radiotracer.Code.yttrium90Microspheres,
        name: "Y-90 microspheres", halfLife: TimeSpan(hours: 64.2),
        administered: Activity(gigabecquerels: 2), administrationDate: "20260104",
        administrationTime: "120000", positronFraction: 31.86e-6)

    static let technetium = Radiotracer(
        nuclide: Radiotracer.Code.technetium99m, agent: Radiotracer.Code.macroaggregatedAlbumin,
        name: "Tc-99m MAA", halfLife: TimeSpan(hours: 6.0067),
        administered: Activity(megabecquerels: 150), administrationDate: "20260105",
        administrationTime: "080000", energyWindowKeV: 126 ... 154)

    static func uids(_ count: Int) -> [String] { (0 ..< count).map { "2.25.5\($0)" } }

    static func ct() throws -> ComposedObjects {
        let map = HounsfieldMap(hounsfieldUnits: try ramp(oblique(), from: -1000, step: 10))
        return try CTSeriesWriter(
            series: series(1), frameOfReferenceUID: "2.25.7", patientPosition: "HFS",
            tubeKilovolts: 120
        ).compose(map, instanceUIDs: uids(5))
    }

    static func pet(
        _ reference: PETSeriesWriter.DecayReference = .seriesStart
    ) throws -> ComposedObjects {
        let map = ActivityMap(becquerelsPerML: try ramp(oblique(), from: -5000, step: 1234.5))
        return try PETSeriesWriter(
            series: series(2), frameOfReferenceUID: "2.25.7", tracer: yttrium,
            decayReference: reference, delay: TimeSpan(hours: 21),
            frameDuration: TimeSpan(seconds: 900), reconstructionMethod: "SIMULATED"
        ).compose(map, instanceUIDs: uids(5))
    }

    static func tomography() throws -> ComposedObjects {
        let map = CountMap(counts: try ramp(oblique(), from: 0, step: 3))
        return try NuclearMedicineWriter(
            series: series(3), tracer: technetium, viewDuration: TimeSpan(seconds: 20)
        ).composeTomographic(map, frameOfReferenceUID: "2.25.7", instanceUID: "2.25.60")
    }

    static func planar(isWholeBody: Bool) throws -> ComposedObjects {
        let geometry = try VolumeGeometry(shape: [16, 16, 2], spacingMM: [2.4, 2.4, 1])
        let map = CountMap(counts: try ramp(geometry, from: 0, step: 1))
        return try NuclearMedicineWriter(
            series: series(4), tracer: technetium, viewDuration: TimeSpan(seconds: 300)
        ).composePlanar(map, isWholeBody: isWholeBody, instanceUID: "2.25.61")
    }

    static func images() throws -> ReferencedSeries {
        ReferencedSeries(
            studyInstanceUID: study.studyInstanceUID, seriesInstanceUID: "2.25.101",
            instances: try ct().references, geometry: try oblique())
    }

    static func structures() throws -> ComposedObjects {
        let geometry = try oblique()
        let contours = (1 ... 3).map { k in
            PlanarContour(
                pointsMM: [[1, 1], [5, 1], [5, 4], [1, 4]].map {
                    geometry.positionMM(index: Vector3($0[0], $0[1], Double(k)))
                })
        }
        let set = StructureSet(
            label: "A label that is far too long", frameOfReferenceUID: "2.25.7",
            referencedSeriesUID: "2.25.101",
            structures: [
                StructureSet.Structure(
                    number: 1, name: "Leber \\ Größe", interpretedType: "ORGAN",
                    colorRGB: [255, 0, 0], note: "Größe as drawn",
                    contours: ContourStack(contours: contours)),
                StructureSet.Structure(
                    number: 2, name: "Empty", contours: ContourStack(contours: [])),
            ])
        return try StructureSetWriter(
            series: series(5), images: try images(), generation: "AUTOMATIC"
        ).compose(set, instanceUID: "2.25.62")
    }

    static func segmentation(_ kind: Segmentation.Kind) throws -> Segmentation {
        let geometry = try oblique([9, 7, 5])
        let box = IndexBox(lower: [1, 1, 1], upper: [4, 3, 3])
        let first = try RegionMask(
            geometry: geometry, box: box,
            coverage: [1, 0.4, 0.6, 0, 1, 1, 0.2, 0.8, 1, 1, 0.5, 0.1])
        let second = try RegionMask(
            geometry: geometry, box: IndexBox(lower: [0, 0, 2], upper: [9, 7, 3]),
            coverage: Array(repeating: 1, count: 63))
        return Segmentation(
            kind: kind, frameOfReferenceUID: "2.25.7", referencedSeriesUID: "2.25.101",
            segments: [
                Segmentation.Segment(
                    number: 1, label: "Liver", mask: first, colorRGB: [200, 60, 10]),
                Segmentation.Segment(number: 2, label: "Slab", mask: second),
            ])
    }

    static func segments(_ kind: Segmentation.Kind) throws -> ComposedObjects {
        try SegmentationWriter(
            series: series(6), images: try images(), dimensionOrganizationUID: "2.25.8",
            algorithmName: "Test shapes"
        ).compose(segmentation(kind), instanceUID: "2.25.63")
    }

    static func dose() throws -> ComposedObjects {
        let map = DoseMap(grays: try ramp(oblique(), from: -2, step: 0.731))
        return try DoseWriter(
            series: series(7), planUID: "2.25.9",
            structureSet: try structures().references.first,
            histograms: [
                StoredDVH(
                    roiNumber: 1, binGy: 0.5, volumesCM3: [3, 2.5, 0.25], minimumGy: 0,
                    maximumGy: 1.25, meanGy: 0.75)
            ], sources: try ct().references
        ).compose(
            DoseObject(
                dose: map, frameOfReferenceUID: "2.25.7", comment: "Local deposition, eanm2022"),
            instanceUID: "2.25.64")
    }

    static func document() throws -> ComposedObjects {
        try DocumentWriter(series: series(8), sources: try ct().references).compose(
            pdf: Array("%PDF-1.4\n%%EOF\n".utf8), title: "Report", instanceUID: "2.25.65")
    }
}
