package import DICOM
package import Storage

/// Whose plan it is, when it was kept, and which study its objects join.
package struct PlanContext: Hashable, Sendable {
    package let planID: String
    package let keptAt: String
    /// A person's full name, or what else keeps plans as it is kept.
    package let keptBy: String
    /// What people are called, by what stands in the record for them.
    let fullNames: [String: String]
    package let patient: PatientIdentity
    package let study: StudyDescription
    /// Frame of reference of the planning CT; empty when the files had none.
    package let frameOfReferenceUID: String
    package let planningSeriesUID: String
    package let planningInstances: [InstanceRecord]
    /// The planning CT, and what the activity was read from where that is a series.
    let images: [Images]

    /// A series as the plan has it.
    struct Images: Hashable, Sendable {
        let studyUID: String
        let seriesUID: String
        let modality: String
        let instances: [InstanceRecord]
    }

    init(
        patient: Int64, planID: String, folder: DataFolder, draft: DerivedRecord
    ) async throws {
        let records = folder.records
        guard let person = try await records.patients().first(where: { $0.id == patient }),
            case .series(let uid, _)? = draft.draft.inputs.source("planning")
        else { throw WorkflowError.notFound(kind: "patient of plan", name: planID) }
        let series = try await records.series(uid: uid)
        let studies = try await records.studies(patient: patient)
        guard let study = studies.first(where: { $0.id == series.study }) else {
            throw WorkflowError.notFound(kind: "study of plan", name: planID)
        }
        self.planID = planID
        keptAt = draft.createdAt
        fullNames = try await folder.accounts.fullNames(ofCase: patient)
        keptBy = fullNames[draft.createdBy] ?? draft.createdBy
        self.patient = person.identity
        self.study = study.description
        frameOfReferenceUID = series.description.frameOfReferenceUID
        planningSeriesUID = uid
        var images: [Images] = []
        for role in ["planning", "activity"] {
            guard case .series(let uid, let digest)? = draft.draft.inputs.source(role) else {
                continue
            }
            let series = try await records.series(uid: uid)
            let instances = try await records.instances(seriesUID: uid)
            images.append(
                Images(
                    studyUID: studies.first { $0.id == series.study }?.description.studyUID
                        ?? study.description.studyUID,
                    seriesUID: uid, modality: series.description.modality,
                    instances: instances.asOf(digest) ?? instances))
        }
        self.images = images
        planningInstances = images.first?.instances ?? []
    }

    /// What DICOM objects made from the plan repeat.
    package var studyContext: StudyContext {
        StudyContext(patient, study)
    }
}

extension StudyContext {
    /// What objects of a study repeat, as the images that came have it.
    init(_ person: PatientIdentity, _ study: StudyDescription) {
        self.init(
            patientName: person.name, patientID: person.patientID,
            issuerOfPatientID: person.issuer, birthDate: person.birthDate, sex: person.sex,
            studyInstanceUID: study.studyUID, studyDate: study.date, studyTime: study.time,
            studyDescription: study.description, studyID: study.studyID,
            accessionNumber: study.accessionNumber)
    }
}
