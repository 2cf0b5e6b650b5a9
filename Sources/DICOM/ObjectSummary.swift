package import Quantities

/// What kind of object a data set is, as far as Grevy treats kinds differently.
package enum ObjectKind: String, Hashable, Sendable, CaseIterable {
    case ct, pet, nm, mr
    case enhancedCT, enhancedPET, enhancedMR
    /// A secondary capture (single or multi-frame) that says where it lies in the patient.
    case secondaryCaptureWithGeometry
    case structureSet, segmentation, dose, plan
    case realWorldValueMap, structuredReport, encapsulatedPDF, parametricMap
    case registration, presentationState
    case other

    /// Whether ``SeriesAssembler`` can try to make a volume of it.
    package var isVolumeImage: Bool {
        switch self {
        case .ct, .pet, .nm, .mr, .enhancedCT, .enhancedPET, .enhancedMR,
            .secondaryCaptureWithGeometry:
            true
        default: false
        }
    }

    /// Classifies by SOP class; secondary captures also by whether they carry geometry.
    package init(header: DataSet) {
        let uid =
            header.string(.sopClassUID) ?? header.string(.mediaStorageSOPClassUID) ?? ""
        if let kind = Self.bySOPClass[uid] {
            self = kind
        } else if uid.hasPrefix("1.2.840.10008.5.1.4.1.1.88.") {
            self = .structuredReport
        } else if uid.hasPrefix("1.2.840.10008.5.1.4.1.1.11.") {
            self = .presentationState
        } else if uid.hasPrefix("1.2.840.10008.5.1.4.1.1.7") || uid.isEmpty {
            self = Self.byGeometry(header)
        } else {
            self = .other
        }
    }

    private static func byGeometry(_ header: DataSet) -> ObjectKind {
        let hasPlane =
            header.decimals(.imagePositionPatient, count: 3) != nil
            && header.decimals(.imageOrientationPatient, count: 6) != nil
            && header.decimals(.pixelSpacing, count: 2) != nil
        let hasGroups = !header.items(.sharedFunctionalGroupsSequence).isEmpty
        guard hasPlane || hasGroups else { return .other }
        // Without any SOP class only the modality is left to tell what it is.
        guard header.string(.sopClassUID) == nil, header.string(.mediaStorageSOPClassUID) == nil
        else { return .secondaryCaptureWithGeometry }
        switch header.term(.modality) {
        case "CT": return .ct
        case "PT": return .pet
        case "NM": return .nm
        case "MR": return .mr
        default: return .secondaryCaptureWithGeometry
        }
    }

    /// SOP classes of PS3.4 annex B.5.
    private static let bySOPClass: [String: ObjectKind] = [
        "1.2.840.10008.5.1.4.1.1.2": .ct,
        "1.2.840.10008.5.1.4.1.1.2.1": .enhancedCT,
        "1.2.840.10008.5.1.4.1.1.2.2": .enhancedCT,
        "1.2.840.10008.5.1.4.1.1.4": .mr,
        "1.2.840.10008.5.1.4.1.1.4.1": .enhancedMR,
        "1.2.840.10008.5.1.4.1.1.4.4": .enhancedMR,
        "1.2.840.10008.5.1.4.1.1.20": .nm,
        "1.2.840.10008.5.1.4.1.1.30": .parametricMap,
        "1.2.840.10008.5.1.4.1.1.66.1": .registration,
        "1.2.840.10008.5.1.4.1.1.66.4": .segmentation,
        "1.2.840.10008.5.1.4.1.1.66.7": .segmentation,
        "1.2.840.10008.5.1.4.1.1.67": .realWorldValueMap,
        "1.2.840.10008.5.1.4.1.1.104.1": .encapsulatedPDF,
        "1.2.840.10008.5.1.4.1.1.128": .pet,
        "1.2.840.10008.5.1.4.1.1.128.1": .enhancedPET,
        "1.2.840.10008.5.1.4.1.1.130": .enhancedPET,
        "1.2.840.10008.5.1.4.1.1.481.2": .dose,
        "1.2.840.10008.5.1.4.1.1.481.3": .structureSet,
        "1.2.840.10008.5.1.4.1.1.481.5": .plan,
    ]
}

/// What a list shows of one object, and by what it is grouped.
package struct ObjectSummary: Hashable, Sendable {
    package var kind: ObjectKind
    package var sopClassUID: String
    package var sopInstanceUID: String
    package var seriesInstanceUID: String
    /// Empty when the file has none.
    package var modality: String
    package var seriesNumber: Int?
    package var seriesDescription: String
    package var instanceNumber: Int?
    package var frameOfReferenceUID: String?
    /// Series Instance UIDs that the object refers to, in order, each once.
    package var referencedSeriesUIDs: [String]
    /// Of the picture; `nil` where there is none.
    package var rows: Int?
    package var columns: Int?
    package var bitsAllocated: Int?
    package var numberOfFrames: Int?
    package var study: StudyContext
    package var findings: [Finding]

    /// Reads identity and references of a data set.
    ///
    /// Class and instance UIDs that the data set lacks are taken from the meta group. Study,
    /// series and instance UIDs that are nowhere are invented: derived from patient, dates,
    /// description and frame of reference, so the files of one series get the same one on every
    /// import. Each of these is a finding.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `object.no-identity` when there is no
    ///   SOP class, no modality and nothing to make an image or a report of.
    package init(header: DataSet) throws {
        var findings: [Finding] = []
        kind = ObjectKind(header: header)
        modality = header.term(.modality) ?? ""
        sopClassUID = Self.fromMeta(
            header, .sopClassUID, .mediaStorageSOPClassUID, name: "SOP class", &findings)
        guard !sopClassUID.isEmpty || !modality.isEmpty else {
            throw DicomError.refused(
                code: "object.no-identity", reason: "neither SOP class nor modality is present")
        }
        let studyUID = Self.uid(header, .studyInstanceUID, level: .study, &findings)
        seriesInstanceUID = Self.uid(header, .seriesInstanceUID, level: .series, &findings)
        var instance = Self.fromMeta(
            header, .sopInstanceUID, .mediaStorageSOPInstanceUID, name: "SOP instance", &findings)
        if instance.isEmpty {
            instance = InventedUID.of(header, level: .instance)
            findings.append(Self.invented("SOP instance", subject: header.seriesSubject))
        }
        sopInstanceUID = instance
        seriesNumber = header.integer(.seriesNumber)
        seriesDescription = header.string(.seriesDescription) ?? ""
        instanceNumber = header.integer(.instanceNumber)
        frameOfReferenceUID =
            header.string(.frameOfReferenceUID)
            ?? header.firstItem(.referencedFrameOfReferenceSequence)?.string(.frameOfReferenceUID)
        referencedSeriesUIDs = Self.referencedSeries(header)
        (rows, columns) = (header.integer(.rows), header.integer(.columns))
        bitsAllocated = header.integer(.bitsAllocated)
        numberOfFrames = header.integer(.numberOfFrames)
        study = StudyContext(header: header, studyInstanceUID: studyUID)
        self.findings = findings
    }

    private static func fromMeta(
        _ header: DataSet, _ attribute: Attribute, _ meta: Attribute, name: String,
        _ findings: inout [Finding]
    ) -> String {
        if let value = header.string(attribute) { return value }
        guard let value = header.string(meta) else { return "" }
        findings.append(
            Finding(
                "object.uid-from-meta", .note,
                "The data set has no \(name) UID; the one of the file meta group is used.",
                subject: header.seriesSubject))
        return value
    }

    private static func uid(
        _ header: DataSet, _ attribute: Attribute, level: InventedUID.Level,
        _ findings: inout [Finding]
    ) -> String {
        if let value = header.string(attribute) { return value }
        findings.append(invented("\(level)", subject: header.seriesSubject))
        return InventedUID.of(header, level: level)
    }

    private static func invented(_ name: String, subject: String) -> Finding {
        Finding(
            "object.uid-invented", .warning,
            "The file has no \(name) UID; a stable one was derived from its content, "
                + "so it cannot be matched with the archive's.", subject: subject)
    }

    private static func referencedSeries(_ header: DataSet) -> [String] {
        var uids = header.items(.referencedSeriesSequence).compactMap {
            $0.string(.seriesInstanceUID)
        }
        for frame in header.items(.referencedFrameOfReferenceSequence) {
            for study in frame.items(.rtReferencedStudySequence) {
                uids += study.items(.rtReferencedSeriesSequence).compactMap {
                    $0.string(.seriesInstanceUID)
                }
            }
        }
        for evidence in [
            Attribute.currentRequestedProcedureEvidenceSequence, .pertinentOtherEvidenceSequence,
        ] {
            for study in header.items(evidence) {
                uids += study.items(.referencedSeriesSequence).compactMap {
                    $0.string(.seriesInstanceUID)
                }
            }
        }
        var seen: Set<String> = []
        return uids.filter { seen.insert($0).inserted }
    }
}

extension StudyContext {
    /// Reads what every object of a study repeats.
    init(header: DataSet, studyInstanceUID: String) {
        func positive(_ attribute: Attribute) -> Double? {
            // Anonymisers and consoles write 0 for unknown.
            header.decimal(attribute).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
        }
        self.init(
            patientName: header.string(.patientName) ?? "",
            patientID: header.string(.patientID) ?? "",
            issuerOfPatientID: header.string(.issuerOfPatientID) ?? "",
            birthDate: header.string(.patientBirthDate) ?? "",
            sex: header.string(.patientSex) ?? "", studyInstanceUID: studyInstanceUID,
            studyDate: header.string(.studyDate) ?? "",
            studyTime: header.string(.studyTime) ?? "",
            studyDescription: header.string(.studyDescription) ?? "",
            studyID: header.string(.studyID) ?? "",
            accessionNumber: header.string(.accessionNumber) ?? "",
            referringPhysicianName: header.string(.referringPhysicianName) ?? "",
            patientWeightKg: positive(.patientWeight), patientHeightM: positive(.patientSize))
    }
}
