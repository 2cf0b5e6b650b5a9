import DICOM
import Storage

/// A query of a peer as our index of images takes it, and rows of the index as its matches.
///
/// Source: PS3.4 §C.4.1, §C.6.
struct NodeQuery {
    private let query: DicomQuery

    init(_ query: DicomQuery) { self.query = query }

    private static func level(_ level: DicomQuery.Level) -> ImageQuery.Level {
        switch level {
        case .patient: .patient
        case .study: .study
        case .series: .series
        case .image: .instance
        }
    }

    /// Returns the matches within what an organisation sees.
    ///
    /// - Parameters:
    ///   - images: Where to look.
    ///   - organisation: Who asks.
    ///   - limit: The most matches.
    /// - Returns: What the query asks for of each; keys that are not known come back empty.
    /// - Throws: ``DimseStatus/outOfResources`` for more matches than `limit`,
    ///   ``DimseStatus/dataSetDoesNotMatchClass`` for a value that cannot be looked for;
    ///   `StorageError`.
    func answers(
        _ images: ImageIndex, seenBy organisation: Int64, limit: Int
    ) async throws -> [DataSet] {
        let level = Self.level(query.level)
        // Patients are those of the studies that are seen.
        var search = ImageQuery(max(level, .study))
        search.limit = limit + 1
        do {
            for key in ImageQuery.Key.allCases where key.level <= level {
                let value = query.keys.strings(key.attribute).joined(separator: "\\")
                if !value.isEmpty { try search.match(key, value) }
            }
        } catch is ImageQuery.Refusal { throw DimseStatus.dataSetDoesNotMatchClass }
        let rows = try await images.rows(search, seenBy: organisation)
        guard rows.count <= limit else { throw DimseStatus.outOfResources }
        guard level == .patient else { return rows.map { asked($0, level) } }
        var seen: Set<PatientIdentity> = []
        return rows.filter { seen.insert($0.patient).inserted }.map { asked($0, level) }
    }

    /// What the query asks for of a row.
    private func asked(_ row: ImageRow, _ level: ImageQuery.Level) -> DataSet {
        let known = Self.facts(row, level)
        var answer = DataSet()
        for (tag, element) in query.keys.elements {
            if let value = known.elements[tag] {
                answer[tag] = value
            } else {
                answer.setEmpty(Attribute(tag.group, tag.element, element.vr))
            }
        }
        return answer
    }

    /// Everything that is known of a row.
    private static func facts(_ row: ImageRow, _ level: ImageQuery.Level) -> DataSet {
        var data = DataSet()
        data.set(.instanceAvailability, "ONLINE")
        data.set(.patientName, row.patient.name)
        data.set(.patientID, row.patient.patientID)
        data.set(.issuerOfPatientID, row.patient.issuer)
        data.set(.patientBirthDate, row.patient.birthDate)
        data.set(.patientSex, row.patient.sex)
        guard level > .patient else { return data }
        data.set(.studyInstanceUID, row.study.studyUID)
        data.set(.studyDate, row.study.date)
        data.set(.studyTime, row.study.time)
        data.set(.studyID, row.study.studyID)
        data.set(.studyDescription, row.study.description)
        data.set(.accessionNumber, row.study.accessionNumber)
        data.set(.referringPhysicianName, row.study.referringPhysician)
        data.set(.modalitiesInStudy, row.modalities)
        data.set(.numberOfStudyRelatedSeries, row.seriesCount)
        data.set(.numberOfStudyRelatedInstances, row.instanceCount)
        guard let series = row.series else { return data }
        data.set(.seriesInstanceUID, series.seriesUID)
        data.set(.modality, series.modality)
        data.set(.seriesNumber, [series.number])
        data.set(.seriesDescription, series.description)
        data.set(.numberOfSeriesRelatedInstances, row.seriesInstanceCount)
        guard let instance = row.instance else { return data }
        data.set(.sopInstanceUID, instance.sopInstanceUID)
        data.set(.sopClassUID, instance.sopClassUID)
        data.set(.instanceNumber, [instance.picture.instanceNumber].compactMap(\.self))
        return data
    }

    /// Returns the instances that a retrieval names, within what an organisation sees.
    ///
    /// - Throws: ``DimseStatus/dataSetDoesNotMatchClass`` when it names none.
    func instances(
        _ images: ImageIndex, seenBy organisation: Int64
    ) async throws -> [VisibleInstance] {
        func uids(_ attribute: Attribute) -> [String] {
            query.keys.strings(attribute).filter { !$0.isEmpty }
        }
        var studies = uids(.studyInstanceUID)
        if studies.isEmpty, query.level == .patient, let id = query.keys.string(.patientID),
            !id.contains(where: { "*?".contains($0) })
        {
            var search = ImageQuery(.study)
            search.limit = .max
            do { try search.match(.patientID, id) } catch is ImageQuery.Refusal {
                throw DimseStatus.dataSetDoesNotMatchClass
            }
            studies = try await images.rows(search, seenBy: organisation).map(\.study.studyUID)
        }
        guard !studies.isEmpty || query.level == .patient else {
            throw DimseStatus.dataSetDoesNotMatchClass
        }
        let (series, instances) = (uids(.seriesInstanceUID), uids(.sopInstanceUID))
        let isComplete =
            switch query.level {
            case .patient, .study: true
            case .series: !series.isEmpty
            case .image: !instances.isEmpty
            }
        guard isComplete else { throw DimseStatus.dataSetDoesNotMatchClass }
        var found: [VisibleInstance] = []
        for study in studies {
            found += try await images.instances(study: study, seenBy: organisation)
        }
        if !series.isEmpty, query.level == .series || query.level == .image {
            found.removeAll { !series.contains($0.seriesUID) }
        }
        if query.level == .image {
            found.removeAll { !instances.contains($0.instance.sopInstanceUID) }
        }
        return found
    }
}
