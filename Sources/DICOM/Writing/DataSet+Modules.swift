import Imaging

// Modules of PS3.3 annex C that several objects share.
extension DataSet {
    /// Sets the modules that every object has: SOP Common, Patient, General Study, General
    /// Series and General Equipment.
    mutating func setCommonModules(
        _ series: SeriesContext, modality: String, sopClassUID: String, sopInstanceUID: String,
        instanceNumber: Int
    ) {
        set(.specificCharacterSet, "ISO_IR 192")
        set(.sopClassUID, sopClassUID)
        set(.sopInstanceUID, sopInstanceUID)
        set(.instanceNumber, instanceNumber)
        set(.instanceCreationDate, series.date)
        set(.instanceCreationTime, series.time)
        setPatientAndStudy(series.study)
        set(.modality, modality)
        set(.seriesInstanceUID, series.seriesInstanceUID)
        set(.seriesNumber, series.seriesNumber)
        set(.seriesDate, series.date)
        set(.seriesTime, series.time)
        setFittedIfAny(.seriesDescription, series.seriesDescription)
        setFitted(.manufacturer, series.equipment.manufacturer)
        setFitted(.manufacturerModelName, series.equipment.modelName)
        setFitted(.deviceSerialNumber, series.equipment.serialNumber)
        setFitted(.softwareVersions, series.equipment.softwareVersions)
    }

    private mutating func setPatientAndStudy(_ study: StudyContext) {
        setFitted(.patientName, study.patientName)
        setFitted(.patientID, study.patientID)
        setFittedIfAny(.issuerOfPatientID, study.issuerOfPatientID)
        set(.patientBirthDate, study.birthDate)
        set(.patientSex, study.sex)
        set(.studyInstanceUID, study.studyInstanceUID)
        set(.studyDate, study.studyDate)
        set(.studyTime, study.studyTime)
        setEmpty(.referringPhysicianName)
        setFitted(.studyID, study.studyID)
        setFitted(.accessionNumber, study.accessionNumber)
        setFittedIfAny(.studyDescription, study.studyDescription)
        if let weight = study.patientWeightKg, weight.isFinite { set(.patientWeight, weight) }
        if let height = study.patientHeightM, height.isFinite { set(.patientSize, height) }
    }

    /// Sets the Frame of Reference module.
    mutating func setFrameOfReference(_ uid: String) {
        set(.frameOfReferenceUID, uid)
        setEmpty(.positionReferenceIndicator)
    }

    /// Sets the date and time of the content and of the acquisition.
    mutating func setContentAndAcquisition(_ series: SeriesContext, number: Int) {
        set(.contentDate, series.date)
        set(.contentTime, series.time)
        set(.acquisitionDate, series.date)
        set(.acquisitionTime, series.time)
        set(.acquisitionNumber, number)
    }

    /// Sets what one slice of every single-frame series has, but for its kind: signed 16-bit
    /// words with an intercept of 0, in the slice's place on the grid.
    mutating func setSliceModules(
        _ series: SeriesContext, modality: String, sopClassUID: String, sopInstanceUID: String,
        frameOfReferenceUID: String, geometry: VolumeGeometry, slice: Int, bytes: [UInt8]
    ) {
        setCommonModules(
            series, modality: modality, sopClassUID: sopClassUID, sopInstanceUID: sopInstanceUID,
            instanceNumber: slice + 1)
        setFrameOfReference(frameOfReferenceUID)
        setContentAndAcquisition(series, number: 1)
        setEmpty(.laterality)
        setImagePlane(geometry, slice: slice)
        setGreyPixels(
            rows: geometry.shape.y, columns: geometry.shape.x, bits: 16, isSigned: true,
            bytes: bytes)
        set(.rescaleIntercept, 0)
    }

    /// Sets the Image Plane module for one slice of a grid.
    mutating func setImagePlane(_ geometry: VolumeGeometry, slice: Int) {
        setOrientation(geometry)
        set(.imagePositionPatient, geometry.slicePositionMM(slice))
        setPixelSpacing(geometry)
        set(.sliceThickness, geometry.spacingMM.z)
    }

    /// Sets Image Orientation (Patient).
    mutating func setOrientation(_ geometry: VolumeGeometry) {
        set(.imageOrientationPatient, geometry.orientationCosines)
    }

    /// Sets Pixel Spacing: between rows first, then between columns.
    mutating func setPixelSpacing(_ geometry: VolumeGeometry) {
        set(.pixelSpacing, [geometry.spacingMM.y, geometry.spacingMM.x])
    }

    /// Sets the Image Pixel module of a grey image.
    mutating func setGreyPixels(
        rows: Int, columns: Int, bits: Int, isSigned: Bool, bytes: [UInt8]
    ) {
        set(.samplesPerPixel, 1)
        set(.photometricInterpretation, "MONOCHROME2")
        set(.rows, rows)
        set(.columns, columns)
        set(.bitsAllocated, bits)
        set(.bitsStored, bits)
        set(.highBit, bits - 1)
        set(.pixelRepresentation, isSigned ? 1 : 0)
        setBytes(.pixelData, bytes)
    }

    /// Sets Referenced SOP Class and Instance UID of an item.
    mutating func setReference(_ reference: InstanceReference) {
        set(.referencedSOPClassUID, reference.sopClassUID)
        set(.referencedSOPInstanceUID, reference.sopInstanceUID)
    }

    /// Creates the item of a sequence that refers to one object.
    init(reference: InstanceReference) {
        self.init()
        setReference(reference)
    }
}

extension VolumeGeometry {
    /// The cosines of the row direction, then of the column direction.
    var orientationCosines: [Double] {
        let columns = axes.transposed.rows
        return [columns.x, columns.y].flatMap { axis in
            // A negative zero would be written as "-0".
            [axis.x + 0, axis.y + 0, axis.z + 0]
        }
    }

    /// The centre of the first voxel of slice `k`, in millimetres.
    func slicePositionMM(_ k: Int) -> [Double] {
        let p = positionMM(index: Vector3(0, 0, Double(k)))
        return [p.x + 0, p.y + 0, p.z + 0]
    }

    /// Whether rows and columns run along patient left and posterior.
    var isAxial: Bool { axes == .identity }
}
