import DICOM
import Pathway
import Storage

extension MeasurementGroup {
    /// The sum of the targets of one day and how they answer; `nil` where it cannot be compared.
    init?(_ response: TumourResponse, trackingUID: String) {
        guard response.isComplete else { return nil }
        self.init(
            label: "Sum of target lesions", trackingUID: trackingUID,
            timePoint: response.reading.day,
            values: [
                Value(ReportCode.sumOfDiameters, response.sumMM, ReportCode.millimetre)
            ], response: response.category.code)
    }
}

extension TumourResponse.Category {
    /// As PS3.16 has it for target lesions; `nil` for what cannot be said.
    fileprivate var code: CodedConcept? {
        switch self {
        case .baseline: CodedConcept("112074", "DCM", "Target Lesion at Baseline")
        case .complete: CodedConcept("112041", "DCM", "Target Lesion Complete Response")
        case .partial: CodedConcept("112042", "DCM", "Target Lesion Partial Response")
        case .progressive: CodedConcept("112043", "DCM", "Target Lesion Progressive Disease")
        case .stable: CodedConcept("112044", "DCM", "Target Lesion Stable Disease")
        case .notEvaluable: nil
        }
    }
}

extension LesionSite {
    /// Body structures of SNOMED CT; `nil` for one that has no name here.
    var code: CodedConcept? {
        let value: String? =
            switch self {
            case .liver: "10200004"
            case .lymphNode: "59441001"
            case .pancreas: "15776009"
            case .smallIntestine: "30315005"
            case .stomach: "69695003"
            case .colon: "71854001"
            case .lung: "39607008"
            case .mediastinum: "72410000"
            case .bone: "272673000"
            case .peritoneum: "15425007"
            case .softTissue: "87784001"
            case .adrenal: "23451007"
            case .kidney: "64033007"
            case .spleen: "78961009"
            case .ovary: "15497006"
            case .brain: "12738006"
            case .other: nil
            }
        return value.map { CodedConcept($0, "SCT", title) }
    }
}
