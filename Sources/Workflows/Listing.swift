package import Quantities
package import Storage

/// What a data folder holds, for people and scripts.
package struct Listing: Codable, Hashable, Sendable {
    package var patients: [Patient]
    /// Everything computed that is in use, oldest first.
    package var computed: [Computed]

    package struct Patient: Codable, Hashable, Sendable {
        package var patientID: String
        package var issuer: String
        package var name: String
        package var birthDate: String
        package var sex: String
        package var studies: [Study]
    }

    package struct Study: Codable, Hashable, Sendable {
        package var studyInstanceUID: String
        package var date: String
        package var description: String
        package var series: [Series]
    }

    package struct Series: Codable, Hashable, Sendable {
        package var id: String
        package var seriesInstanceUID: String
        package var modality: String
        package var number: String
        package var description: String
        package var frameOfReferenceUID: String
        package var instances: Int
        package var findings: [Finding]
    }

    /// Something that was computed: a registration, a dose, a plan, a report.
    package struct Computed: Codable, Hashable, Sendable {
        package var id: String
        package var kind: String
        package var name: String
        /// Counts from 1 within patient, kind and name.
        package var version: Int
        /// `current` or `outdated`.
        package var state: String
        /// Why it is outdated.
        package var reason: String?
        /// ISO 8601, UTC.
        package var createdAt: String
        package var createdBy: String
    }

    /// Reads the listing.
    ///
    /// - Throws: ``StorageError``.
    package init(records: RecordStore) async throws {
        patients = []
        computed = try await records.derived().map(Computed.init)
        for patient in try await records.patients() {
            let studies = try await Self.studies(of: patient.id, records: records)
            let identity = patient.identity
            patients.append(
                Patient(
                    patientID: identity.patientID, issuer: identity.issuer, name: identity.name,
                    birthDate: identity.birthDate, sex: identity.sex, studies: studies))
        }
    }
}

extension Listing {
    /// Returns a patient's studies with their series, by date and time.
    ///
    /// - Throws: ``StorageError``.
    package static func studies(
        of patient: Int64, records: RecordStore
    ) async throws -> [Study] {
        var studies: [Study] = []
        for study in try await records.studies(patient: patient) {
            var series: [Series] = []
            for record in try await records.series(study: study.id) {
                series.append(try await Series(record, records: records))
            }
            studies.append(
                Study(
                    studyInstanceUID: study.description.studyUID, date: study.description.date,
                    description: study.description.description, series: series))
        }
        return studies
    }
}

extension Listing.Series {
    package init(_ record: SeriesRecord, records: RecordStore) async throws {
        let description = record.description
        self.init(
            id: SeriesName.short(description.seriesUID),
            seriesInstanceUID: description.seriesUID, modality: description.modality,
            number: description.number, description: description.description,
            frameOfReferenceUID: description.frameOfReferenceUID,
            instances: record.instanceCount,
            findings: try await records.findings(seriesUID: description.seriesUID))
    }
}

extension Listing.Computed {
    package init(_ record: DerivedRecord) {
        self.init(
            id: record.id, kind: record.draft.kind, name: record.draft.name,
            version: record.version, state: record.state.name, reason: record.state.reason,
            createdAt: record.createdAt, createdBy: record.createdBy)
    }
}
