/// Whose data it is, as the files say.
///
/// Two files belong to one patient when ID and issuer agree; a name alone never joins. With an
/// empty ID each study is a patient of its own.
package struct PatientIdentity: Hashable, Sendable {
    package let patientID: String
    package let issuer: String
    package let name: String
    /// `YYYYMMDD`, or empty.
    package let birthDate: String
    /// `M`, `F`, `O`, or empty.
    package let sex: String

    package init(
        patientID: String, issuer: String = "", name: String, birthDate: String = "",
        sex: String = ""
    ) {
        self.patientID = patientID
        self.issuer = issuer
        self.name = name
        self.birthDate = birthDate
        self.sex = sex
    }
}

/// A study's own attributes.
package struct StudyDescription: Hashable, Sendable {
    package let studyUID: String
    /// `YYYYMMDD`, or empty.
    package let date: String
    /// `HHMMSS`, or empty.
    package let time: String
    package let description: String
    package let accessionNumber: String
    package let studyID: String
    /// Referring Physician's Name.
    package let referringPhysician: String

    package init(
        studyUID: String, date: String = "", time: String = "", description: String = "",
        accessionNumber: String = "", studyID: String = "", referringPhysician: String = ""
    ) {
        self.studyUID = studyUID
        self.date = date
        self.time = time
        self.description = description
        self.accessionNumber = accessionNumber
        self.studyID = studyID
        self.referringPhysician = referringPhysician
    }
}

/// A series' own attributes.
package struct SeriesDescription: Hashable, Sendable {
    package let seriesUID: String
    package let modality: String
    package let number: String
    package let description: String
    package let frameOfReferenceUID: String

    package init(
        seriesUID: String, modality: String, number: String = "", description: String = "",
        frameOfReferenceUID: String = ""
    ) {
        self.seriesUID = seriesUID
        self.modality = modality
        self.number = number
        self.description = description
        self.frameOfReferenceUID = frameOfReferenceUID
    }
}

/// What an instance says of its place in the series and of its picture; `nil` where it does not.
package struct PictureFacts: Hashable, Sendable {
    package let instanceNumber: Int?
    package let rows: Int?
    package let columns: Int?
    package let bitsAllocated: Int?
    package let frames: Int?

    package init(
        instanceNumber: Int? = nil, rows: Int? = nil, columns: Int? = nil,
        bitsAllocated: Int? = nil, frames: Int? = nil
    ) {
        self.instanceNumber = instanceNumber
        self.rows = rows
        self.columns = columns
        self.bitsAllocated = bitsAllocated
        self.frames = frames
    }
}

/// A file whose bytes are in the object store and which is now to be listed.
package struct InstanceEntry: Hashable, Sendable {
    package let patient: PatientIdentity
    package let study: StudyDescription
    package let series: SeriesDescription
    package let sopInstanceUID: String
    package let sopClassUID: String
    package let transferSyntaxUID: String
    package let picture: PictureFacts
    /// The file's bytes as they came.
    package let object: ObjectDigest
    /// The file's attributes without pixels, when they were kept apart.
    package let header: ObjectDigest?
    package let sourcePath: String
    /// The file's place in the import.
    package let sourceIndex: Int

    package init(
        patient: PatientIdentity, study: StudyDescription, series: SeriesDescription,
        sopInstanceUID: String, sopClassUID: String, transferSyntaxUID: String,
        picture: PictureFacts = PictureFacts(), object: ObjectDigest, header: ObjectDigest? = nil,
        sourcePath: String, sourceIndex: Int
    ) {
        self.patient = patient
        self.study = study
        self.series = series
        self.sopInstanceUID = sopInstanceUID
        self.sopClassUID = sopClassUID
        self.transferSyntaxUID = transferSyntaxUID
        self.picture = picture
        self.object = object
        self.header = header
        self.sourcePath = sourcePath
        self.sourceIndex = sourceIndex
    }
}

/// What became of an entry.
package enum RegistrationOutcome: Hashable, Sendable {
    case stored
    /// New, and kept apart until a person says whose it is.
    case quarantined(reason: String)
    /// The same instance with the same bytes was there.
    case alreadyStored
    /// What was there stays; the new file is kept as an object and listed nowhere.
    case conflict(RecordConflict)
}

extension RegistrationOutcome {
    /// Whether the instance was not there before.
    package var isNew: Bool {
        switch self {
        case .stored, .quarantined: true
        case .alreadyStored, .conflict: false
        }
    }
}

/// Why two files cannot both be right; without patient data.
package enum RecordConflict: Hashable, Sendable {
    /// Same ID and issuer, but these attributes differ (`name`, `birthDate`, `sex`).
    case patientDiffers(attributes: [String])
    case studyOfAnotherPatient
    case seriesOfAnotherStudy
    case instanceOfAnotherSeries
    /// Same SOP Instance UID, other bytes; the first stays.
    case instanceDiffers(kept: ObjectDigest)

    /// A stable code for summaries.
    package var code: String {
        switch self {
        case .patientDiffers: "conflict.patient-differs"
        case .studyOfAnotherPatient: "conflict.study-of-another-patient"
        case .seriesOfAnotherStudy: "conflict.series-of-another-study"
        case .instanceOfAnotherSeries: "conflict.instance-of-another-series"
        case .instanceDiffers: "conflict.instance-differs"
        }
    }

    /// What it means and what to do.
    package var sentence: String {
        switch self {
        case .patientDiffers(let attributes):
            """
            The patient ID is known with another \(attributes.joined(separator: ", ")); find out \
            which is right, the file was not listed.
            """
        case .studyOfAnotherPatient:
            "The study is known under another patient; the file was not listed."
        case .seriesOfAnotherStudy:
            "The series is known in another study; the file was not listed."
        case .instanceOfAnotherSeries:
            "The instance is known in another series; the file was not listed."
        case .instanceDiffers:
            "The instance is known with other bytes; the first stays, the file was not listed."
        }
    }
}

/// A file of an import that was not registered as an instance.
package struct SetAsideFile: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        /// Not understood or not safe.
        case refused
        /// Understood, and of no use here.
        case skipped
    }

    package let path: String
    package let outcome: Outcome
    /// A stable code for the summary.
    package let reason: String
    /// What it means, without patient data.
    package let sentence: String

    package init(path: String, outcome: Outcome, reason: String, sentence: String) {
        self.path = path
        self.outcome = outcome
        self.reason = reason
        self.sentence = sentence
    }
}

/// A file as an import met it.
package struct ImportedFile: Hashable, Sendable {
    package let path: String
    /// `stored`, `alreadyStored`, `conflict`, `refused` or `skipped`.
    package let outcome: String
    /// Empty for files that were stored.
    package let reason: String
    package let sentence: String
    /// The file's bytes, when they were kept.
    package let object: ObjectDigest?
}

/// One import, as it stands.
package struct ImportRun: Hashable, Sendable {
    package let id: Int64
    package let startedAt: String
    /// `nil` while it runs, or when it was cut off.
    package let finishedAt: String?
    package let actor: String
    package let softwareVersion: String
    /// Files by outcome and reason.
    package let counts: [ImportCount]
}

/// How many files of an import ended in the same way.
package struct ImportCount: Hashable, Sendable {
    /// `stored`, `alreadyStored`, `conflict`, `refused` or `skipped`.
    package let outcome: String
    /// Empty for files that were stored.
    package let reason: String
    package let sentence: String
    package let count: Int
}

/// A patient as listed.
package struct PatientRecord: Hashable, Sendable {
    package let id: Int64
    package let identity: PatientIdentity
}

/// A study as listed.
package struct StudyRecord: Hashable, Sendable {
    package let id: Int64
    package let patient: Int64
    package let description: StudyDescription
}

/// A series as listed.
package struct SeriesRecord: Hashable, Sendable {
    package let id: Int64
    package let study: Int64
    package let description: SeriesDescription
    package let instanceCount: Int
}

/// An instance as listed.
package struct InstanceRecord: Hashable, Sendable {
    package let id: Int64
    package let series: Int64
    package let sopInstanceUID: String
    package let sopClassUID: String
    package let transferSyntaxUID: String
    package let object: ObjectDigest
    package let header: ObjectDigest?
    package let sourceIndex: Int
}

extension Collection<InstanceRecord> {
    /// The digest that stands for a series: SHA-256 of its objects' digests, sorted, one per line.
    ///
    /// A file more or less changes it; the order of files does not.
    package var seriesDigest: ObjectDigest {
        ObjectDigest(of: map(\.object.hex).sorted().flatMap { Array("\($0)\n".utf8) })
    }

    /// The instances that a series had when its digest was `digest`; `nil` when there is no such time.
    ///
    /// Files only ever come: what a series held before is what came first.
    package func asOf(_ digest: ObjectDigest) -> [InstanceRecord]? {
        let arrived = sorted { $0.id < $1.id }
        for count in stride(from: arrived.count, through: 1, by: -1)
        where arrived.prefix(count).seriesDigest == digest {
            let last = arrived[count - 1].id
            return filter { $0.id <= last }
        }
        return nil
    }
}
