/// What every object of a study repeats: whose it is and which study and equipment it belongs to.
///
/// Identity leaves this type only into DICOM objects and reports, never into errors or logs.
package struct StudyContext: Hashable, Sendable {
    package var patientName: String
    package var patientID: String
    package var issuerOfPatientID: String
    /// `YYYYMMDD`, or empty.
    package var birthDate: String
    /// `M`, `F`, `O`, or empty.
    package var sex: String
    package var studyInstanceUID: String
    /// `YYYYMMDD`, or empty.
    package var studyDate: String
    /// `HHMMSS`, or empty.
    package var studyTime: String
    package var studyDescription: String
    package var studyID: String
    package var accessionNumber: String
    package var referringPhysicianName: String
    package var patientWeightKg: Double?
    package var patientHeightM: Double?

    package init(
        patientName: String, patientID: String, issuerOfPatientID: String = "",
        birthDate: String = "", sex: String = "", studyInstanceUID: String,
        studyDate: String = "", studyTime: String = "", studyDescription: String = "",
        studyID: String = "", accessionNumber: String = "", referringPhysicianName: String = "",
        patientWeightKg: Double? = nil, patientHeightM: Double? = nil
    ) {
        self.patientName = patientName
        self.patientID = patientID
        self.issuerOfPatientID = issuerOfPatientID
        self.birthDate = birthDate
        self.sex = sex
        self.studyInstanceUID = studyInstanceUID
        self.studyDate = studyDate
        self.studyTime = studyTime
        self.studyDescription = studyDescription
        self.studyID = studyID
        self.accessionNumber = accessionNumber
        self.referringPhysicianName = referringPhysicianName
        self.patientWeightKg = patientWeightKg
        self.patientHeightM = patientHeightM
    }
}
