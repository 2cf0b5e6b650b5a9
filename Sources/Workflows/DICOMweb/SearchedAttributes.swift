package import DICOM
package import Storage

/// Attributes that DICOMweb matches, with the keywords that addresses use.
enum SearchedAttribute {
    /// The attribute of a keyword or of eight digits; `nil` for one that is not matched.
    static func key(_ name: String) -> ImageQuery.Key? {
        ImageQuery.Key(rawValue: name)
            ?? ImageQuery.Key.allCases.first { $0.attribute.tag.digits == name.uppercased() }
    }
}

extension ImageQuery.Key {
    /// The attribute in the data dictionary.
    package var attribute: Attribute {
        switch self {
        case .patientName: .patientName
        case .patientID: .patientID
        case .issuerOfPatientID: .issuerOfPatientID
        case .patientBirthDate: .patientBirthDate
        case .patientSex: .patientSex
        case .studyInstanceUID: .studyInstanceUID
        case .studyDate: .studyDate
        case .studyTime: .studyTime
        case .studyID: .studyID
        case .studyDescription: .studyDescription
        case .accessionNumber: .accessionNumber
        case .referringPhysicianName: .referringPhysicianName
        case .modalitiesInStudy: .modalitiesInStudy
        case .seriesInstanceUID: .seriesInstanceUID
        case .modality: .modality
        case .seriesNumber: .seriesNumber
        case .seriesDescription: .seriesDescription
        case .sopInstanceUID: .sopInstanceUID
        case .sopClassUID: .sopClassUID
        case .instanceNumber: .instanceNumber
        }
    }
}

/// Attributes of lists that no file has.
extension Attribute {
    package static let retrieveURL = Attribute(0x0008, 0x1190, .UR)
    package static let availableTransferSyntaxUID = Attribute(0x0008, 0x3002, .UI)
}
