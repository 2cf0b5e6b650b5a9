import DICOM
import Imaging

/// Small reports and selections to write, with known values.
enum ReportSamples {
    static let frame = FrameReference(
        studyInstanceUID: "2.25.1", seriesInstanceUID: "2.25.101",
        instance: InstanceReference(
            sopClassUID: SOPClass.ctImage, sopInstanceUID: "2.25.50"))
    static let view = FrameReference(
        studyInstanceUID: "2.25.1", seriesInstanceUID: "2.25.104",
        instance: InstanceReference(
            sopClassUID: SOPClass.nuclearMedicineImage, sopInstanceUID: "2.25.61"), frame: 2)

    static func line(_ points: [Vector3<Double>]) -> MeasuredShape {
        MeasuredShape(.polyline, .patient(frameOfReferenceUID: "2.25.7", pointsMM: points))
    }

    static let target = MeasurementGroup(
        label: "Target 1, liver", trackingUID: "2.25.201", finding: ReportCode.lesion,
        source: frame,
        values: [
            .init(
                ReportCode.longAxis, 31.25, ReportCode.millimetre,
                shape: line([[0, 0, 12.5], [31.25, 0, 12.5]])),
            .init(
                ReportCode.shortAxis, 20, ReportCode.millimetre,
                shape: line([[10, -10, 12.5], [10, 10, 12.5]])),
        ])

    /// A circle of 10 mm radius in the plane z = 12.5 mm.
    static let region = MeasurementGroup(
        label: "Liver mean", trackingUID: "2.25.202",
        region: MeasuredShape(
            .ellipse,
            .patient(
                frameOfReferenceUID: "2.25.7",
                pointsMM: [[-10, 0, 12.5], [10, 0, 12.5], [0, -10, 12.5], [0, 10, 12.5]])),
        source: frame,
        values: [
            .init(
                ReportCode.attenuation, derivation: ReportCode.mean, 54.123456789012345,
                ReportCode.hounsfield),
            .init(
                ReportCode.attenuation, derivation: ReportCode.standardDeviation, 12.5,
                ReportCode.hounsfield),
            .init(ReportCode.area, 314.0, ReportCode.squareMillimetre),
        ])

    static func inPatient() throws -> ComposedObjects {
        try MeasurementReportWriter(
            series: WritingSamples.series(9), observer: .person("Radiologist^Synthetic")
        ).compose([target, region], instanceUID: "2.25.66")
    }

    static func onFrame() throws -> ComposedObjects {
        let outline = MeasuredShape(
            .polygon,
            .image(
                view,
                points: [
                    PlanePoint(u: 2, v: 3), PlanePoint(u: 9, v: 3), PlanePoint(u: 9, v: 8),
                ]))
        let group = MeasurementGroup(
            label: "Lung", trackingUID: "2.25.203", region: outline, source: view,
            values: [
                .init(
                    ReportCode.projectionActivity, derivation: ReportCode.mean, 42,
                    ReportCode.counts)
            ])
        return try MeasurementReportWriter(
            series: WritingSamples.series(10), observer: .person("Physicist^Synthetic")
        ).compose([group], instanceUID: "2.25.67")
    }

    static let segmentation = FrameReference(
        studyInstanceUID: "2.25.1", seriesInstanceUID: "2.25.105",
        instance: InstanceReference(
            sopClassUID: SOPClass.segmentation, sopInstanceUID: "2.25.62"))
    static let dose = FrameReference(
        studyInstanceUID: "2.25.1", seriesInstanceUID: "2.25.106",
        instance: InstanceReference(sopClassUID: SOPClass.rtDose, sopInstanceUID: "2.25.63"))

    /// A volume of a plan with its doses and activity.
    static let planned = MeasurementGroup(
        label: "Right lobe", trackingUID: "2.25.205", finding: ReportCode.tumour,
        site: CodedConcept("10200004", "SCT", "Liver"),
        segment: MeasuredSegment(
            segmentation: segmentation, number: 3, sourceSeriesUID: "2.25.101"),
        values: [
            .init(ReportCode.volume, 812.5, ReportCode.cubicCentimetre),
            .init(
                ReportCode.absorbedDose, derivation: ReportCode.mean, 120, ReportCode.gray,
                method: ReportCode.byVoxels, interval: 100 ... 145),
            // Known to be too low: its interval lies above it.
            .init(
                ReportCode.absorbedDose, derivation: ReportCode.d98, 40, ReportCode.gray,
                interval: 42 ... 50),
            .init(ReportCode.biologicallyEffectiveDose, 260, ReportCode.gray),
            .init(ReportCode.injectedActivity, 1.75, ReportCode.gigabecquerel),
        ])

    static func ofPlan() throws -> ComposedObjects {
        try MeasurementReportWriter(
            series: WritingSamples.series(12),
            observer: .program(uid: "2.25.300", name: "Grevy", version: "1")
        ).compose(
            [planned],
            on: ReportGround(
                images: [
                    .init(
                        modality: CodedConcept("CT", "DCM", "Computed Tomography"),
                        images: [frame]),
                    .init(modality: nil, images: [dose]),
                ],
                others: [
                    FrameReference(
                        studyInstanceUID: "2.25.1", seriesInstanceUID: "2.25.107",
                        instance: InstanceReference(
                            sopClassUID: SOPClass.rtStructureSet, sopInstanceUID: "2.25.64"))
                ],
                algorithm: .init(name: "kernel", version: "Grevy 1", parameters: ["method voxel"]),
                statements: [.init(ReportCode.radionuclide, ReportCode.yttrium90)]),
            instanceUID: "2.25.70")
    }

    static func selection() throws -> ComposedObjects {
        try KeyObjectWriter(
            series: WritingSamples.series(11), observer: "Chair^Synthetic"
        ).compose(
            [view, frame], title: .forConference, note: "Question of progression",
            instanceUID: "2.25.68")
    }
}
