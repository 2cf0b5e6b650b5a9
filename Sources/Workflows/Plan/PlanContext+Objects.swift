import DICOM
import Foundation
import Storage

extension PlanContext {
    /// What every object of one series that Grevy writes repeats.
    func series(_ number: Int, _ uid: String, _ description: String) -> SeriesContext {
        // Kept at YYYY-MM-DDTHH:MM:SS…
        let digits = keptAt.filter(\.isNumber)
        return SeriesContext(
            study: studyContext, seriesInstanceUID: uid, seriesNumber: number,
            seriesDescription: description, date: String(digits.prefix(8)),
            time: String(digits.dropFirst(8).prefix(6)),
            equipment: Equipment(softwareVersions: "\(Software.name) \(Software.version)"))
    }

    /// The slices of the planning CT.
    var planningReferences: [InstanceReference] {
        planningInstances.map {
            InstanceReference(sopClassUID: $0.sopClassUID, sopInstanceUID: $0.sopInstanceUID)
        }
    }
}
