import DICOM
import Imaging
import Physics
import Storage

extension PlanExport {
    /// The plan's numbers as a Measurement Report (PS3.16, TID 1500): a group for each volume of
    /// interest, by the numbers that RTSTRUCT and SEG give it.
    ///
    /// - Throws: `DicomError`.
    func measurements() throws -> ComposedObjects {
        let document = kept.result.document
        return try MeasurementReportWriter(
            series: kept.context.series(
                907, uids[Place.measurementSeries.rawValue], "Grevy plan, numbers"),
            observer: .program(
                uid: MeetingObjects.uid("program", Software.name, Software.version),
                name: Software.name, version: Software.version)
        ).compose(
            groups(document), on: ground(document),
            instanceUID: uids[Place.measurements.rawValue])
    }

    private func groups(_ document: PlanDocument) -> [MeasurementGroup] {
        let structures = document.structures.enumerated().map { index, structure in
            let territory = document.territories.first {
                structure.role == PlanRegions.Role.territory.rawValue && $0.name == structure.name
            }
            return group(
                structure.name, PlanRegions.Role(rawValue: structure.role), index,
                structure.values(byMethod: document.method) + (territory?.values ?? []))
        }
        let lungs = regions.numbered.first { $0.region.role == .lungs }.map { _, region in
            group(
                region.name, .lungs, structures.count,
                document.lungValues(volumeML: region.mask.volumeML))
        }
        return structures + [lungs].compactMap(\.self)
    }

    private func group(
        _ name: String, _ role: PlanRegions.Role?, _ index: Int,
        _ values: [MeasurementGroup.Value]
    ) -> MeasurementGroup {
        let number = regions.numbered.first { $0.region.name == name && $0.region.role == role }?
            .number
        // Below 1000 are the places of objects.
        let firstTracked = 1000
        return MeasurementGroup(
            label: name, trackingUID: uids[firstTracked + index],
            finding: role == .tumour ? ReportCode.tumour : nil, site: role?.site,
            segment: number.map {
                MeasuredSegment(
                    segmentation: reference(
                        SOPClass.segmentation, .segmentationSeries, .segmentation),
                    number: $0, sourceSeriesUID: kept.context.planningSeriesUID)
            }, values: values)
    }

    private func ground(_ document: PlanDocument) -> ReportGround {
        let dose = ReportGround.Images(
            modality: nil, images: [reference(SOPClass.rtDose, .doseSeries, .dose)])
        let structures = reference(SOPClass.rtStructureSet, .structureSeries, .structures)
        let doseTo = document.physicalDose.map { "dose to \($0.doseTo ?? "medium")" }
        return ReportGround(
            images: kept.context.images.map(\.ground) + [dose],
            others: regions.numbered.isEmpty ? [] : [structures],
            algorithm: ReportGround.Algorithm(
                name: document.software.engine,
                version: "\(document.software.program) \(document.software.version)",
                parameters: ["profile \(document.profile.name)", "method \(document.method)"]
                    + [doseTo].compactMap(\.self)),
            statements: document.profile.nuclideCode.map {
                [ReportGround.Evaluation(ReportCode.radionuclide, $0)]
            } ?? [])
    }
}

extension PlanDocument.Structure {
    fileprivate func values(byMethod method: String) -> [MeasurementGroup.Value] {
        typealias Value = MeasurementGroup.Value
        let isOfVoxels = method == "voxel" || method == "bsa"
        let code =
            switch method {
            case "partition": ReportCode.byPartition
            case "single": ReportCode.bySingleCompartment
            default: ReportCode.byVoxels
            }
        func dose(
            _ derivation: CodedConcept, _ grays: Double?, method: CodedConcept? = nil,
            interval: ClosedRange<Double>? = nil
        ) -> Value? {
            grays.map {
                Value(
                    ReportCode.absorbedDose, derivation: derivation, $0, ReportCode.gray,
                    method: method, interval: interval)
            }
        }
        func point(_ derivation: CodedConcept, _ grays: Double?) -> Value? {
            let interval = grays.flatMap { Figures.interval(of: $0, times: uncertainty?.factors) }
            return dose(derivation, grays, interval: interval)
        }
        return [
            Value(ReportCode.volume, volumeML, ReportCode.cubicCentimetre),
            Value(ReportCode.mass, massG, ReportCode.gram),
            dose(ReportCode.mean, meanDoseGy, method: code, interval: uncertainty?.intervalGy),
            isOfVoxels
                ? nil : dose(ReportCode.mean, voxelMeanDoseGy, method: ReportCode.byVoxels),
            dose(ReportCode.statisticalUncertainty, statisticalSigmaGy),
            point(ReportCode.d98, d98Gy), point(ReportCode.d95, d95Gy),
            point(ReportCode.d70, d70Gy), point(ReportCode.median, d50Gy),
            point(ReportCode.d2, d2Gy),
            bedGy.map {
                Value(
                    ReportCode.biologicallyEffectiveDose, $0, ReportCode.gray,
                    interval: uncertainty?.bedIntervalGy)
            },
        ].compactMap(\.self)
    }
}

extension PlanDocument.Territory {
    fileprivate var values: [MeasurementGroup.Value] {
        [
            .init(ReportCode.injectedActivity, injectedActivityGBq, ReportCode.gigabecquerel),
            .init(ReportCode.vialActivity, vialActivityGBq, ReportCode.gigabecquerel),
            .init(ReportCode.lungShunt, lungShuntFraction * 100, ReportCode.percent),
        ]
    }
}

extension PlanDocument {
    /// The lungs' dose is that of the shunt, over their mass.
    fileprivate func lungValues(volumeML: Double) -> [MeasurementGroup.Value] {
        [
            .init(ReportCode.volume, volumeML, ReportCode.cubicCentimetre),
            .init(ReportCode.mass, lungShunt.lungMassKg * 1000, ReportCode.gram),
            .init(
                ReportCode.absorbedDose, derivation: ReportCode.mean, lungDoseGy, ReportCode.gray,
                method: ReportCode.byShunt, interval: lungDoseUncertainty?.intervalGy),
            .init(ReportCode.lungShunt, lungShunt.usedFraction * 100, ReportCode.percent),
        ]
    }
}

extension PlanDocument.Profile {
    /// `nil` for a nuclide that microspheres do not carry.
    fileprivate var nuclideCode: CodedConcept? {
        switch Nuclide(rawValue: nuclide) {
        case .y90: ReportCode.yttrium90
        case .ho166: ReportCode.holmium166
        default: nil
        }
    }
}

extension PlanRegions.Role {
    /// `nil` where a name alone says it.
    fileprivate var site: CodedConcept? {
        switch self {
        case .liver, .normalLiver: CodedConcept("10200004", "SCT", "Liver")
        case .lungs: CodedConcept("39607008", "SCT", "Lung")
        case .tumour, .perfusedNormal, .territory, .other: nil
        }
    }
}

extension PlanContext.Images {
    fileprivate var ground: ReportGround.Images {
        let meanings = [
            "CT": "Computed Tomography", "NM": "Nuclear Medicine",
            "PT": "Positron emission tomography", "MR": "Magnetic Resonance",
        ]
        return ReportGround.Images(
            modality: CodedConcept(modality, "DCM", meanings[modality] ?? modality),
            images: instances.map {
                FrameReference(
                    studyInstanceUID: studyUID, seriesInstanceUID: seriesUID,
                    instance: InstanceReference(
                        sopClassUID: $0.sopClassUID, sopInstanceUID: $0.sopInstanceUID))
            })
    }
}
