import DICOM
import Foundation
package import Storage

/// A search for studies, series or instances as QIDO-RS asks it.
///
/// Source: PS3.18 §10.6.
package struct ImageSearch: Sendable {
    private var query: ImageQuery
    /// What is returned only when asked for.
    private var extra: Set<String> = []
    private var isEverythingIncluded = false
    /// Whether the search is within one study, whose own attributes are known then.
    private let isWithinStudy: Bool
    /// Whether the server, not whoever asks, chose how many there are at most.
    private var isLimitOurs = true
    private var warnings: [String] = []

    /// The most rows of one answer.
    package static let mostRows = 1000

    /// Reads a search.
    ///
    /// - Parameters:
    ///   - level: What is listed.
    ///   - path: Attributes that the address's path fixes.
    ///   - parameters: Names and values after the question mark, in order.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for what is not understood: a condition that
    ///   is passed over would list what was not asked for.
    package init(
        _ level: ImageQuery.Level, path: [ImageQuery.Key: String] = [:],
        parameters: [(name: String, value: String)]
    ) throws {
        query = ImageQuery(level)
        query.limit = Self.mostRows
        isWithinStudy = path[.studyInstanceUID] != nil
        do {
            for (key, value) in path { try query.match(key, value) }
            var seen: Set<ImageQuery.Key> = Set(path.keys)
            for (name, value) in parameters {
                if try takes(name, value) { continue }
                guard let key = SearchedAttribute.key(name) else {
                    throw WorkflowError.refused(
                        sentence: "There is no search for an attribute that is called so; "
                            + "the conditions are listed in the documentation.")
                }
                guard seen.insert(key).inserted else {
                    throw WorkflowError.refused(sentence: "\(key.rawValue) is asked for twice.")
                }
                try query.match(key, value)
                extra.insert(key.attribute.tag.digits)
            }
        } catch let refusal as ImageQuery.Refusal {
            throw WorkflowError.refused(sentence: refusal.sentence)
        }
    }

    /// Takes a parameter that is no attribute.
    private mutating func takes(_ name: String, _ value: String) throws -> Bool {
        func number() throws -> Int {
            guard let number = Int(value), (0 ... 1_000_000_000).contains(number) else {
                throw WorkflowError.refused(sentence: "'\(name)' is a whole number from 0.")
            }
            return number
        }
        switch name {
        case "limit":
            let wanted = try number()
            query.limit = min(wanted, Self.mostRows)
            isLimitOurs = wanted > Self.mostRows
        case "offset": query.offset = try number()
        case "includefield":
            for field in value.split(separator: ",").map(String.init) {
                if field == "all" { isEverythingIncluded = true }
                extra.insert(
                    SearchedAttribute.key(field)?.attribute.tag.digits ?? field.uppercased())
            }
        case "fuzzymatching":
            guard ["true", "false"].contains(value) else {
                throw WorkflowError.refused(sentence: "'fuzzymatching' is true or false.")
            }
            if value == "true" {
                warnings.append(
                    "The fuzzymatching parameter is not supported. Only literal matching has been "
                        + "performed.")
            }
        default: return false
        }
        return true
    }

    /// What was found.
    package struct Answer: Sendable {
        /// Data sets in the DICOM JSON model, an array.
        package let json: [UInt8]
        package let count: Int
        /// What whoever asks should know, each for a `Warning` header.
        package let warnings: [String]
    }

    /// Searches within what an organisation sees.
    ///
    /// - Parameters:
    ///   - images: Where.
    ///   - organisation: Who asks.
    ///   - base: Where DICOMweb begins, as `https://host/dicomweb`.
    /// - Returns: What was found, at most ``mostRows``.
    /// - Throws: `StorageError`.
    package func answer(
        _ images: ImageIndex, seenBy organisation: Int64, base: String
    ) async throws -> Answer {
        let rows = query.limit > 0 ? try await images.rows(query, seenBy: organisation) : []
        var warnings = warnings
        if isLimitOurs, rows.count == query.limit {
            let all = try await images.count(query, seenBy: organisation)
            let left = all - query.offset - rows.count
            if left > 0 {
                warnings.append("There are \(left) additional results that can be requested")
            }
        }
        return Answer(
            json: DicomJSON.array(rows.map { dataSet($0, base) }), count: rows.count,
            warnings: warnings)
    }
}

// MARK: - Rows as data sets

extension ImageSearch {
    private func includes(_ attribute: Attribute) -> Bool {
        isEverythingIncluded || extra.contains(attribute.tag.digits)
    }

    private func dataSet(_ row: ImageRow, _ base: String) -> DataSet {
        var data = DataSet()
        data.set(.specificCharacterSet, "ISO_IR 192")
        data.set(.instanceAvailability, "ONLINE")
        var address = "\(base)/studies/\(row.study.studyUID)"
        data.set(.studyInstanceUID, row.study.studyUID)
        if !isWithinStudy || isEverythingIncluded || query.level == .study {
            setPatient(row.patient, in: &data)
            setStudy(row, in: &data)
        }
        if let series = row.series {
            address += "/series/\(series.seriesUID)"
            set(series, count: row.seriesInstanceCount, in: &data)
        }
        if let instance = row.instance {
            address += "/instances/\(instance.sopInstanceUID)"
            set(instance, in: &data)
        }
        data.set(.retrieveURL, address)
        return data
    }

    private func setPatient(_ patient: PatientIdentity, in data: inout DataSet) {
        data.set(.patientName, patient.name)
        data.set(.patientID, patient.patientID)
        data.set(.patientBirthDate, patient.birthDate)
        data.set(.patientSex, patient.sex)
        if includes(.issuerOfPatientID) { data.set(.issuerOfPatientID, patient.issuer) }
    }

    private func setStudy(_ row: ImageRow, in data: inout DataSet) {
        data.set(.studyDate, row.study.date)
        data.set(.studyTime, row.study.time)
        data.set(.accessionNumber, row.study.accessionNumber)
        data.set(.modalitiesInStudy, row.modalities)
        data.set(.referringPhysicianName, row.study.referringPhysician)
        data.set(.studyID, row.study.studyID)
        data.set(.numberOfStudyRelatedSeries, row.seriesCount)
        data.set(.numberOfStudyRelatedInstances, row.instanceCount)
        if includes(.studyDescription) { data.set(.studyDescription, row.study.description) }
    }

    private func set(_ series: SeriesDescription, count: Int, in data: inout DataSet) {
        data.set(.modality, series.modality)
        data.set(.seriesDescription, series.description)
        data.set(.seriesInstanceUID, series.seriesUID)
        data.set(.seriesNumber, [series.number])
        data.set(.numberOfSeriesRelatedInstances, count)
        if includes(.frameOfReferenceUID), !series.frameOfReferenceUID.isEmpty {
            data.set(.frameOfReferenceUID, series.frameOfReferenceUID)
        }
    }

    private func set(_ instance: InstanceFacts, in data: inout DataSet) {
        data.set(.sopClassUID, instance.sopClassUID)
        data.set(.sopInstanceUID, instance.sopInstanceUID)
        let picture = instance.picture
        data.set(.instanceNumber, [picture.instanceNumber].compactMap(\.self))
        for (attribute, value) in [
            (Attribute.rows, picture.rows), (.columns, picture.columns),
            (.bitsAllocated, picture.bitsAllocated), (.numberOfFrames, picture.frames),
        ] {
            if let value { data.set(attribute, value) }
        }
        if includes(.availableTransferSyntaxUID), !instance.transferSyntaxUID.isEmpty {
            data.set(.availableTransferSyntaxUID, instance.transferSyntaxUID)
        }
    }
}
