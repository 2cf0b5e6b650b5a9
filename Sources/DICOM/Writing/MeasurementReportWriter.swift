import Imaging

/// What was measured of one thing: a lesion's diameters or the statistics of a region.
package struct MeasurementGroup: Hashable, Sendable {
    package struct Value: Hashable, Sendable {
        package let name: CodedConcept
        /// Which statistic of the pixels; `nil` for lengths and areas.
        package let derivation: CodedConcept?
        package let value: Double
        package let unit: CodedConcept
        /// The line that it is the length of; `nil` for what a region is asked.
        package let shape: MeasuredShape?
        /// How it was found; `nil` where there is one way only.
        package let method: CodedConcept?
        /// Where the truth lies with 95 %, in the value's unit; `nil` when nobody says.
        package let interval: ClosedRange<Double>?

        package init(
            _ name: CodedConcept, derivation: CodedConcept? = nil, _ value: Double,
            _ unit: CodedConcept, shape: MeasuredShape? = nil, method: CodedConcept? = nil,
            interval: ClosedRange<Double>? = nil
        ) {
            (self.name, self.derivation, self.value) = (name, derivation, value)
            (self.unit, self.shape) = (unit, shape)
            (self.method, self.interval) = (method, interval)
        }
    }

    /// As people call it, the same in every report that follows it.
    package let label: String
    package let trackingUID: String
    /// What was measured; `nil` when nobody said.
    package let finding: CodedConcept?
    /// Where it lies.
    package let site: CodedConcept?
    /// The day of what was measured, `YYYY-MM-DD`; `nil` when it is the report's own.
    package let timePoint: String?
    /// The region whose statistics the values are; `nil` for diameters.
    package let region: MeasuredShape?
    /// The region where it is a segment of a segmentation.
    package let segment: MeasuredSegment?
    /// The image that the pixels are of; `nil` when it is no DICOM object.
    package let source: FrameReference?
    package let values: [Value]
    /// How the disease answers to treatment by these values; `nil` when nobody says.
    package let response: CodedConcept?

    package init(
        label: String, trackingUID: String, finding: CodedConcept? = nil,
        site: CodedConcept? = nil, timePoint: String? = nil, region: MeasuredShape? = nil,
        segment: MeasuredSegment? = nil, source: FrameReference? = nil, values: [Value],
        response: CodedConcept? = nil
    ) {
        (self.site, self.timePoint, self.response) = (site, timePoint, response)
        (self.label, self.trackingUID, self.finding) = (label, trackingUID, finding)
        (self.region, self.source, self.values) = (region, source, values)
        self.segment = segment
    }

    fileprivate var shapes: [MeasuredShape] {
        [region].compactMap(\.self) + values.compactMap(\.shape)
    }
}

/// Writes measurements as a Measurement Report (PS3.16, TID 1500).
///
/// Places in the patient need Comprehensive 3D SR, which knows them; places on frames alone are a
/// Comprehensive SR, which more programs read.
package struct MeasurementReportWriter: Sendable {
    package var series: SeriesContext
    /// Who measured.
    package var observer: ReportObserver

    package init(series: SeriesContext, observer: ReportObserver) {
        (self.series, self.observer) = (series, observer)
    }

    /// Writes a report.
    ///
    /// - Parameters:
    ///   - groups: What was measured.
    ///   - ground: What all of it rests on; by default what the groups themselves name.
    ///   - instanceUID: The object's own identifier.
    /// - Returns: The object.
    /// - Throws: ``DicomError/refused(code:reason:)`` without a measurement, for a value that is not
    ///   finite, and for a shape that has not the points of its kind or is not finite.
    package func compose(
        _ groups: [MeasurementGroup], on ground: ReportGround = ReportGround(),
        instanceUID: String
    ) throws -> ComposedObjects {
        guard !groups.isEmpty, groups.allSatisfy({ !$0.values.isEmpty }) else {
            throw DicomError.refused(
                code: "write.report-empty", reason: "a report needs measurements")
        }
        guard groups.flatMap(\.values).allSatisfy(\.isFinite) else {
            throw DicomError.refused(
                code: "write.report-value", reason: "a measured value is not finite")
        }
        let shapes = groups.flatMap(\.shapes)
        try shapes.forEach(Self.check)
        let isInPatient = shapes.contains(where: \.isInPatient)
        var data = DataSet()
        data.setCommonModules(
            series, modality: "SR",
            sopClassUID: isInPatient ? SOPClass.comprehensive3DSR : SOPClass.comprehensiveSR,
            sopInstanceUID: instanceUID, instanceNumber: 1)
        data.setEmpty(.referencedPerformedProcedureStepSequence)
        data.set(.contentDate, series.date)
        data.set(.contentTime, series.time)
        data.set(.codingSchemeIdentificationSequence, [ReportCode.ownScheme])
        data.set(.completionFlag, "COMPLETE")
        data.set(.verificationFlag, "UNVERIFIED")
        data.setEmpty(.performedProcedureCodeSequence)
        data.setEvidence(
            groups.compactMap(\.source) + groups.compactMap(\.segment?.segmentation)
                + shapes.compactMap(\.image) + ground.references)
        data.set(.valueType, "CONTAINER")
        data.set(
            .conceptNameCodeSequence,
            [CodedConcept("126000", "DCM", "Imaging Measurement Report").item])
        data.setContainer(template: "1500", content(groups, ground))
        return ComposedObjects(dataSets: [data], findings: [])
    }

    private func content(_ groups: [MeasurementGroup], _ ground: ReportGround) -> [DataSet] {
        let procedure = DataSet.code(
            CodedConcept("121058", "DCM", "Procedure reported"), ReportCode.imagingProcedure,
            .conceptModifier)
        let measurements = DataSet.container(
            CodedConcept("126010", "DCM", "Imaging Measurements"),
            (ground.algorithm?.content ?? []) + groups.map(group))
        return [DataSet.language] + DataSet.observer(observer) + [procedure] + ground.library
            + [measurements] + ground.evaluations
    }

    /// TID 1411 with a segment, TID 1410 with another region, TID 1501 without.
    private func group(_ group: MeasurementGroup) -> DataSet {
        var content = [
            DataSet.text(
                CodedConcept("112039", "DCM", "Tracking Identifier"), group.label,
                .observationContext),
            DataSet.uid(
                CodedConcept("112040", "DCM", "Tracking Unique Identifier"), group.trackingUID,
                .observationContext),
        ]
        if let finding = group.finding {
            content.append(.code(CodedConcept("121071", "DCM", "Finding"), finding))
        }
        if let day = group.timePoint {
            content.append(.text(ReportCode.timePoint, day, .observationContext))
        }
        if let segment = group.segment { content += segment.content }
        if let site = group.site {
            content.append(.code(ReportCode.findingSite, site, .conceptModifier))
        }
        if let region = group.region {
            content.append(
                .shape(CodedConcept("111030", "DCM", "Image Region"), region, .contains))
        }
        let ofLines = group.values.contains { $0.shape != nil }
        // A number has an image or a place in the patient, never both (TID 320).
        if ofLines, let source = group.source {
            content.append(.image(source, name: ReportCode.source, .contains))
        }
        content += group.values.map { Self.number($0, source: ofLines ? nil : group.source) }
        if let response = group.response {
            content.append(.code(ReportCode.currentResponse, response))
        }
        return .container(
            CodedConcept("125007", "DCM", "Measurement Group"),
            template: group.segment != nil ? "1411" : group.region != nil ? "1410" : "1501",
            content)
    }

    private static func number(
        _ value: MeasurementGroup.Value, source: FrameReference?
    ) -> DataSet {
        var content: [DataSet] = []
        if let method = value.method {
            content.append(.code(ReportCode.measurementMethod, method, .conceptModifier))
        }
        if let derivation = value.derivation {
            content.append(.code(ReportCode.derivation, derivation, .conceptModifier))
        }
        content += value.uncertainty
        if let shape = value.shape {
            content.append(.shape(ReportCode.sourceOfMeasurement, shape, .inferredFrom))
        }
        if let source {
            content.append(
                .image(source, name: ReportCode.sourceOfMeasurement, .inferredFrom))
        }
        return .number(value.name, value.value, value.unit, content)
    }

    private static func check(_ shape: MeasuredShape) throws {
        let (count, isFinite) =
            switch shape.place {
            case .patient(_, let points):
                (
                    points.count,
                    points.allSatisfy { [$0.x, $0.y, $0.z].allSatisfy { abs($0) < 1e7 } }
                )
            case .image(_, let points):
                (points.count, points.allSatisfy { [$0.u, $0.v].allSatisfy { abs($0) < 1e7 } })
            }
        let fits =
            switch shape.kind {
            case .polyline: count >= 2
            case .polygon: count >= 3
            case .ellipse: count == 4
            }
        guard fits, isFinite else {
            throw DicomError.refused(
                code: "write.report-shape", reason: "a measured shape lacks points or leaves space")
        }
    }
}

extension MeasurementGroup.Value {
    fileprivate var isFinite: Bool {
        value.isFinite
            && (interval.map { $0.lowerBound.isFinite && $0.upperBound.isFinite } ?? true)
    }

    /// How far the ends of the interval lie from the value (PS3.16, TID 310 row 5); below 0 where
    /// the value lies outside, because it is known to be too high or too low.
    fileprivate var uncertainty: [DataSet] {
        guard let interval else { return [] }
        func range(_ name: CodedConcept, _ distance: Double) -> DataSet {
            .number(name, distance, unit, [], .properties)
        }
        return [
            .text(
                ReportCode.equivalentMeaning,
                "\(name.meaning); the ranges of uncertainty lead to the ends of its 95 % interval",
                .conceptModifier),
            range(ReportCode.upperUncertainty, interval.upperBound - value),
            range(ReportCode.lowerUncertainty, value - interval.lowerBound),
        ]
    }
}
