/// What somebody looks for: attributes that patients, studies, series or instances must have.
package struct ImageQuery: Hashable, Sendable {
    /// What is listed.
    package enum Level: Int, Hashable, Sendable, Comparable, CaseIterable {
        case patient, study, series, instance

        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// An attribute that can be matched, by its keyword in PS3.6.
    package enum Key: String, Hashable, Sendable, CaseIterable {
        case patientName = "PatientName"
        case patientID = "PatientID"
        case issuerOfPatientID = "IssuerOfPatientID"
        case patientBirthDate = "PatientBirthDate"
        case patientSex = "PatientSex"
        case studyInstanceUID = "StudyInstanceUID"
        case studyDate = "StudyDate"
        case studyTime = "StudyTime"
        case studyID = "StudyID"
        case studyDescription = "StudyDescription"
        case accessionNumber = "AccessionNumber"
        case referringPhysicianName = "ReferringPhysicianName"
        case modalitiesInStudy = "ModalitiesInStudy"
        case seriesInstanceUID = "SeriesInstanceUID"
        case modality = "Modality"
        case seriesNumber = "SeriesNumber"
        case seriesDescription = "SeriesDescription"
        case sopInstanceUID = "SOPInstanceUID"
        case sopClassUID = "SOPClassUID"
        case instanceNumber = "InstanceNumber"
    }

    /// What an attribute must be.
    package enum Match: Hashable, Sendable {
        /// One of these.
        case oneOf([String])
        /// Text in which `*` stands for any characters and `?` for one.
        case pattern(String)
        /// From one date or time to another, both included; `nil` is open.
        case range(from: String?, to: String?)
    }

    /// Why a value cannot be looked for; the sentence holds nothing of the value.
    package struct Refusal: Error, Hashable {
        package let sentence: String
    }

    package let level: Level
    package private(set) var matches: [Key: Match] = [:]
    /// The most rows of the answer.
    package var limit = 100
    /// How many rows to leave out.
    package var offset = 0

    package init(_ level: Level) { self.level = level }

    /// Asks for an attribute; a value that matches everything asks for nothing.
    ///
    /// - Parameters:
    ///   - key: The attribute; of this level or one above.
    ///   - value: As PS3.4 §C.2.2.2 writes it: single value, list of UIDs, wildcards, ranges.
    /// - Throws: ``Refusal``.
    package mutating func match(_ key: Key, _ value: String) throws {
        guard key.level <= level else {
            throw Refusal(sentence: "\(key.rawValue) belongs to a lower level than is asked for.")
        }
        matches[key] = try Match(value, for: key)
    }
}

extension ImageQuery.Key {
    /// How values of an attribute are compared.
    enum Kind { case uid, name, text, date, time, number }

    /// The level whose rows have it.
    package var level: ImageQuery.Level {
        switch self {
        case .patientName, .patientID, .issuerOfPatientID, .patientBirthDate, .patientSex:
            .patient
        case .studyInstanceUID, .studyDate, .studyTime, .studyID, .studyDescription,
            .accessionNumber, .referringPhysicianName, .modalitiesInStudy:
            .study
        case .seriesInstanceUID, .modality, .seriesNumber, .seriesDescription: .series
        case .sopInstanceUID, .sopClassUID, .instanceNumber: .instance
        }
    }

    var kind: Kind {
        switch self {
        case .studyInstanceUID, .seriesInstanceUID, .sopInstanceUID, .sopClassUID: .uid
        case .patientName, .referringPhysicianName: .name
        case .studyDate, .patientBirthDate: .date
        case .studyTime: .time
        case .seriesNumber, .instanceNumber: .number
        default: .text
        }
    }

    /// Where it stands; modalities of a study stand in its series.
    var column: String {
        switch self {
        case .patientName: "patient.name"
        case .patientID: "patient.patientID"
        case .issuerOfPatientID: "patient.issuer"
        case .patientBirthDate: "patient.birthDate"
        case .patientSex: "patient.sex"
        case .studyInstanceUID: "study.studyUID"
        case .studyDate: "study.date"
        case .studyTime: "study.time"
        case .studyID: "study.studyID"
        case .studyDescription: "study.description"
        case .accessionNumber: "study.accessionNumber"
        case .referringPhysicianName: "study.referringPhysician"
        case .modalitiesInStudy, .modality: "series.modality"
        case .seriesInstanceUID: "series.seriesUID"
        case .seriesNumber: "series.number"
        case .seriesDescription: "series.description"
        case .sopInstanceUID: "instance.sopInstanceUID"
        case .sopClassUID: "instance.sopClassUID"
        case .instanceNumber: "instance.number"
        }
    }
}

extension ImageQuery.Match {
    /// Reads a value as PS3.4 §C.2.2.2 writes it; `nil` for one that everything matches.
    ///
    /// A list has commas or backslashes between its values.
    ///
    /// - Throws: ``ImageQuery/Refusal``.
    package init?(_ value: String, for key: ImageQuery.Key) throws {
        func refusal(_ what: String) -> ImageQuery.Refusal {
            ImageQuery.Refusal(sentence: "\(key.rawValue) takes \(what).")
        }
        guard !value.isEmpty, !value.allSatisfy({ $0 == "*" }) else { return nil }
        switch key.kind {
        case .uid:
            let uids = value.split { $0 == "," || $0 == "\\" }.map(String.init)
            guard !uids.isEmpty, uids.allSatisfy({ $0.wholeMatch(of: /[0-9.]{1,64}/) != nil })
            else { throw refusal("one UID or several with commas between") }
            self = .oneOf(uids)
        case .number:
            guard let number = Int32(value) else { throw refusal("a whole number") }
            self = .oneOf([String(number)])
        case .date:
            guard let range = Self.range(value, of: /[0-9]{8}/) else {
                throw refusal("YYYYMMDD, or two of them with '-' between")
            }
            self = range
        case .time:
            guard let range = Self.range(value, of: /[0-9]{2,6}(\.[0-9]{1,6})?/) else {
                throw refusal("HHMMSS, or two of them with '-' between")
            }
            self = range
        case .name, .text:
            let values = value.split(separator: "\\").map(String.init)
            let isPattern = value.contains { $0 == "*" || $0 == "?" }
            guard !isPattern || values.count == 1 else {
                throw refusal("one value with '*' or '?', or several without")
            }
            self = isPattern ? .pattern(value) : .oneOf(values)
        }
    }

    private static func range(
        _ value: String, of form: some RegexComponent
    ) -> ImageQuery.Match? {
        let ends = value.split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.allSatisfy({ $0.isEmpty || $0.wholeMatch(of: form) != nil }),
            let first = ends.first, let last = ends.last, !(first.isEmpty && last.isEmpty)
        else { return nil }
        return .range(
            from: first.isEmpty ? nil : String(first), to: last.isEmpty ? nil : String(last))
    }
}
