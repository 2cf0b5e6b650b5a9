/// The program or device that made an object.
package struct Equipment: Hashable, Sendable {
    package var manufacturer: String
    package var modelName: String
    package var serialNumber: String
    package var softwareVersions: String

    package init(
        manufacturer: String = "Grevy", modelName: String = "Grevy", serialNumber: String = "0",
        softwareVersions: String
    ) {
        self.manufacturer = manufacturer
        self.modelName = modelName
        self.serialNumber = serialNumber
        self.softwareVersions = softwareVersions
    }
}

/// What every object of one written series repeats.
package struct SeriesContext: Hashable, Sendable {
    package var study: StudyContext
    package var seriesInstanceUID: String
    package var seriesNumber: Int
    package var seriesDescription: String
    /// When the image was acquired or the object made, `YYYYMMDD`.
    package var date: String
    /// When the image was acquired or the object made, `HHMMSS`.
    package var time: String
    package var equipment: Equipment

    package init(
        study: StudyContext, seriesInstanceUID: String, seriesNumber: Int,
        seriesDescription: String, date: String, time: String, equipment: Equipment
    ) {
        self.study = study
        self.seriesInstanceUID = seriesInstanceUID
        self.seriesNumber = seriesNumber
        self.seriesDescription = seriesDescription
        self.date = date
        self.time = time
        self.equipment = equipment
    }
}
