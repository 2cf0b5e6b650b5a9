package import DICOM
import Foundation
import Imaging
import Pathway
package import Storage

/// What a meeting marked and measured, as DICOM objects.
///
/// UIDs follow from what is written: the same rows give the same object.
package struct MeetingObjects: Sendable {
    private let reader: CaseReader
    private let source: any DicomSource
    private let patient: PatientRecord

    package init(_ reader: CaseReader, source: any DicomSource, patient: PatientRecord) {
        (self.reader, self.source, self.patient) = (reader, source, patient)
    }

    /// Key images as a Key Object Selection in the study of the first.
    ///
    /// - Parameters:
    ///   - images: In the order in which they are shown.
    ///   - observer: Who has selected.
    /// - Returns: The file's bytes.
    /// - Throws: ``WorkflowError/refused(sentence:)`` without images; `DicomError`.
    package func selection(_ images: [KeyImageRecord], observer: String) async throws -> [UInt8] {
        guard let first = images.first, let last = images.last else {
            throw WorkflowError.refused(sentence: "No image is marked for this case.")
        }
        var finder = FrameFinder(reader, source: source)
        var frames: [FrameReference] = []
        for image in images { frames.append(try await finder.frame(at: image.place)) }
        let seed = "selection " + images.map { "\($0.id)" }.joined(separator: " ")
        let notes = images.map(\.note).filter { !$0.isEmpty }.joined(separator: "; ")
        return try bytes(
            KeyObjectWriter(
                series: try await context(
                    first.place.series, 905, seed, "Key images", at: last.createdAt),
                observer: observer
            ).compose(
                frames, title: .forConference, note: notes, instanceUID: Self.uid(seed, "object")))
    }

    /// Measurements as a Measurement Report (TID 1500) in the study of the first.
    ///
    /// A target lesion has the same name and tracking UID in the reports of all meetings, and the sum
    /// of each day that was measured in this one follows.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` without measurements; `DicomError`.
    package func report(
        _ measurements: [MeasurementRecord], lesions: LesionRecords, observer: String
    ) async throws -> [UInt8] {
        guard let first = measurements.first, let last = measurements.last else {
            throw WorkflowError.refused(sentence: "Nothing is measured in this case.")
        }
        var finder = FrameFinder(reader, source: source)
        var groups: [MeasurementGroup] = []
        var days: Set<String> = []
        for record in measurements {
            let draft = record.draft
            let anchor: CommentAnchor
            switch draft.place {
            case .patient(let points):
                guard let point = points.first else { continue }
                anchor = .point(series: draft.series, lpsMM: point)
            case .picture(let place):
                anchor = .pixel(
                    series: draft.series, instance: place.instance, frame: place.frame, column: 0,
                    row: 0)
            }
            let series = try await finder.series(draft.series).record
            let reading = lesions.readings.first { $0.measurement == record.id }
            if let reading { days.insert(reading.day) }
            groups.append(
                MeasurementGroup(
                    draft, of: lesions.lesions.first { $0.id == reading?.lesion },
                    day: reading?.day, frameOfReferenceUID: series.description.frameOfReferenceUID,
                    source: try await finder.frame(at: anchor)))
        }
        // Sums add up diameters of images that a guest may not see.
        let sums =
            reader.sight.isOwners
            ? lesions.assessed.filter { days.contains($0.reading.day) } : []
        groups += sums.compactMap {
            MeasurementGroup($0, trackingUID: Self.uid("sum", "\(patient.id)"))
        }
        let seed =
            ([
                "report " + measurements.map { "\($0.id)" }.joined(separator: " ")
            ] + sums.map { "\($0.sumMM) \($0.category)" }).joined(separator: "\n")
        return try bytes(
            MeasurementReportWriter(
                series: try await context(
                    first.draft.series, 906, seed, "Measurements", at: last.createdAt),
                observer: .person(observer)
            ).compose(groups, instanceUID: Self.uid(seed, "object")))
    }

    /// An identifier for something new, which no device can have made.
    package static func uid(_ parts: String...) -> String {
        // Twelve bytes of a hash under the root of PS3.5 §B.2.
        let digest = ObjectDigest(of: Array(parts.joined(separator: "\n").utf8)).hex
        return "2.25.\(UInt128(digest.prefix(30), radix: 16) ?? 1)"
    }

    private func bytes(_ composed: ComposedObjects) throws -> [UInt8] {
        guard let data = composed.dataSets.first else {
            throw WorkflowError.refused(sentence: "Nothing was written.")
        }
        return try DicomWriter.fileBytes(data)
    }

    private func context(
        _ series: Int64, _ number: Int, _ seed: String, _ description: String, at time: String
    ) async throws -> SeriesContext {
        guard let record = try await reader.series().first(where: { $0.id == series }),
            let study = try await reader.studies().first(where: {
                $0.id == record.study
            })?.description
        else { throw WorkflowError.notFound(kind: "series", name: "") }
        let digits = time.filter(\.isNumber)
        return SeriesContext(
            study: StudyContext(patient.identity, study),
            seriesInstanceUID: Self.uid(study.studyUID, seed, "series"), seriesNumber: number,
            seriesDescription: "Grevy: \(description)", date: String(digits.prefix(8)),
            time: String(digits.dropFirst(8).prefix(6)),
            equipment: Equipment(softwareVersions: "\(Software.name) \(Software.version)"))
    }
}

extension MeasurementGroup {
    fileprivate init(
        _ draft: MeasurementDraft, of lesion: LesionRecord?, day: String?,
        frameOfReferenceUID: String, source: FrameReference
    ) {
        let count: Int
        let place: (Range<Int>) -> MeasuredShape.Place
        var method: CodedConcept?
        switch draft.place {
        case .patient(let points):
            count = points.count
            place = {
                .patient(frameOfReferenceUID: frameOfReferenceUID, pointsMM: Array(points[$0]))
            }
        case .picture(let picture):
            let points = picture.pixels.map { PlanePoint(u: $0[0], v: $0[1]) }
            count = points.count
            place = { .image(source, points: Array(points[$0])) }
            method = picture.isOnDetector ? ReportCode.onDetector : nil
        }
        let lines = stride(from: 0, to: count - 1, by: 2).map {
            MeasuredShape(.polyline, place($0 ..< $0 + 2))
        }
        self.init(
            label: lesion.map { "T\($0.target.number) \($0.name)" } ?? draft.label,
            trackingUID: lesion?.trackingUID ?? draft.trackingUID,
            finding: draft.shape == .diameters ? ReportCode.lesion : nil,
            site: lesion?.target.site.code, timePoint: day,
            region: draft.shape == .circle ? MeasuredShape(.ellipse, place(0 ..< count)) : nil,
            source: source,
            values: draft.values.enumerated().map { n, value in
                let isLine = draft.shape == .diameters && n < lines.count
                return Value(
                    value.name, derivation: value.derivation, value.value, value.unitCode,
                    shape: isLine ? lines[n] : nil, method: method)
            })
    }
}

extension MeasurementDraft.Value {
    fileprivate var derivation: CodedConcept? {
        switch quantity {
        case .mean: ReportCode.mean
        case .standardDeviation: ReportCode.standardDeviation
        case .minimum: ReportCode.minimum
        case .maximum: ReportCode.maximum
        case .area, .longDiameter, .shortDiameter: nil
        }
    }

    /// What a pixel value is, by its unit.
    fileprivate var name: CodedConcept {
        switch quantity {
        case .longDiameter: ReportCode.longAxis
        case .shortDiameter: ReportCode.shortAxis
        case .area: ReportCode.area
        case .mean, .standardDeviation, .minimum, .maximum:
            switch unit {
            case "HU": ReportCode.attenuation
            case "SUV": ReportCode.suvBodyWeight
            case "Gy": ReportCode.absorbedDose
            case "Bq/mL", "counts": ReportCode.tomographicActivity
            default: ReportCode.pixelValue
            }
        }
    }

    fileprivate var unitCode: CodedConcept {
        switch unit {
        case "mm": ReportCode.millimetre
        case "mm²": ReportCode.squareMillimetre
        case "HU": ReportCode.hounsfield
        case "SUV": ReportCode.suvUnit
        case "Bq/mL": ReportCode.becquerelsPerML
        case "counts": ReportCode.counts
        case "Gy": ReportCode.gray
        default: ReportCode.noUnit
        }
    }
}

/// Finds the files that places of a case lie on, in what is seen of it.
private struct FrameFinder {
    private let reader: CaseReader
    private let source: any DicomSource
    private var folder: DataFolder { reader.folder }
    private var found: [Int64: Series] = [:]

    struct Series {
        let record: SeriesRecord
        let studyUID: String
        let instances: [InstanceRecord]
        let headers: [DataSet]
    }

    init(_ reader: CaseReader, source: any DicomSource) {
        (self.reader, self.source) = (reader, source)
    }

    mutating func series(_ id: Int64) async throws -> Series {
        if let known = found[id] { return known }
        guard
            let record = try await reader.series().first(where: { $0.id == id }),
            let study = try await reader.studies().first(where: { $0.id == record.study })
        else { throw WorkflowError.notFound(kind: "series", name: "") }
        let uid = record.description.seriesUID
        let files = try await SeriesLibrary(folder: folder, source: source)
            .files(seriesUID: uid)
        let series = Series(
            record: record, studyUID: study.description.studyUID,
            instances: try await folder.records.instances(seriesUID: uid),
            headers: files.map(\.header))
        found[id] = series
        return series
    }

    mutating func frame(at place: CommentAnchor) async throws -> FrameReference {
        let series = try await series(place.series)
        let (instance, frame): (InstanceRecord?, Int?) =
            switch place {
            case .pixel(_, let id, let frame, _, _):
                try await picture(series.instances.first { $0.id == id }, frame)
            case .point(_, let point): (series.instance(nearest: point), nil)
            }
        guard let instance else { throw WorkflowError.notFound(kind: "image", name: "") }
        return FrameReference(
            studyInstanceUID: series.studyUID,
            seriesInstanceUID: series.record.description.seriesUID,
            instance: InstanceReference(
                sopClassUID: instance.sopClassUID, sopInstanceUID: instance.sopInstanceUID),
            frame: frame)
    }
}

extension FrameFinder {
    /// A file and the frame in it; an object of one frame names none.
    private func picture(
        _ instance: InstanceRecord?, _ frame: Int
    ) async throws -> (InstanceRecord?, Int?) {
        guard let instance else { return (nil, nil) }
        let header = try await source.header(path: folder.objects.url(of: instance.object).path)
        return (instance, header.contains(.numberOfFrames) ? frame : nil)
    }
}

extension FrameFinder.Series {
    /// The file whose plane is nearest to a point of the patient.
    fileprivate func instance(nearest point: Vector3<Double>) -> InstanceRecord? {
        guard instances.count == headers.count else { return instances.first }
        let distances = headers.map { header -> Double in
            guard let at = header.decimals(.imagePositionPatient), at.count == 3,
                let axes = header.decimals(.imageOrientationPatient), axes.count == 6
            else { return .infinity }
            let normal = Vector3(axes[0], axes[1], axes[2])
                .cross(Vector3(axes[3], axes[4], axes[5]))
            return abs((point - Vector3(at[0], at[1], at[2])).dot(normal))
        }
        return distances.indices.min { distances[$0] < distances[$1] }.map { instances[$0] }
    }
}
