// Keywords, tags and VRs as PS3.6 has them.

/// Attributes of RT structure sets.
extension Attribute {
    package static let structureSetLabel = Attribute(0x3006, 0x0002, .SH)
    package static let structureSetName = Attribute(0x3006, 0x0004, .LO)
    package static let structureSetDescription = Attribute(0x3006, 0x0006, .ST)
    package static let structureSetDate = Attribute(0x3006, 0x0008, .DA)
    package static let structureSetTime = Attribute(0x3006, 0x0009, .TM)
    package static let referencedFrameOfReferenceSequence = Attribute(0x3006, 0x0010, .SQ)
    package static let rtReferencedStudySequence = Attribute(0x3006, 0x0012, .SQ)
    package static let rtReferencedSeriesSequence = Attribute(0x3006, 0x0014, .SQ)
    package static let contourImageSequence = Attribute(0x3006, 0x0016, .SQ)
    package static let structureSetROISequence = Attribute(0x3006, 0x0020, .SQ)
    package static let roiNumber = Attribute(0x3006, 0x0022, .IS)
    package static let referencedFrameOfReferenceUID = Attribute(0x3006, 0x0024, .UI)
    package static let roiName = Attribute(0x3006, 0x0026, .LO)
    package static let roiDescription = Attribute(0x3006, 0x0028, .ST)
    package static let roiVolume = Attribute(0x3006, 0x002c, .DS)
    package static let roiGenerationAlgorithm = Attribute(0x3006, 0x0036, .CS)
    package static let roiGenerationDescription = Attribute(0x3006, 0x0038, .LO)
    package static let roiContourSequence = Attribute(0x3006, 0x0039, .SQ)
    package static let roiDisplayColor = Attribute(0x3006, 0x002a, .IS)
    package static let referencedROINumber = Attribute(0x3006, 0x0084, .IS)
    package static let contourSequence = Attribute(0x3006, 0x0040, .SQ)
    package static let contourNumber = Attribute(0x3006, 0x0048, .IS)
    /// Retired in 2021, still written by planning systems.
    package static let contourSlabThickness = Attribute(0x3006, 0x0044, .DS)
    package static let contourGeometricType = Attribute(0x3006, 0x0042, .CS)
    package static let numberOfContourPoints = Attribute(0x3006, 0x0046, .IS)
    package static let contourData = Attribute(0x3006, 0x0050, .DS)
    package static let rtroiObservationsSequence = Attribute(0x3006, 0x0080, .SQ)
    package static let observationNumber = Attribute(0x3006, 0x0082, .IS)
    package static let roiObservationLabel = Attribute(0x3006, 0x0085, .SH)
    package static let rtroiInterpretedType = Attribute(0x3006, 0x00a4, .CS)
    package static let roiInterpreter = Attribute(0x3006, 0x00a6, .PN)
    package static let rtroiIdentificationCodeSequence = Attribute(0x3006, 0x0086, .SQ)
    package static let roiPhysicalPropertiesSequence = Attribute(0x3006, 0x00b0, .SQ)
    package static let roiPhysicalProperty = Attribute(0x3006, 0x00b2, .CS)
    package static let roiPhysicalPropertyValue = Attribute(0x3006, 0x00b4, .DS)
    /// Retired, still written by planning systems.
    package static let frameOfReferenceRelationshipSequence = Attribute(0x3006, 0x00c0, .SQ)
    /// Retired, still written by planning systems.
    package static let relatedFrameOfReferenceUID = Attribute(0x3006, 0x00c2, .UI)
    package static let frameOfReferenceTransformationMatrix = Attribute(0x3006, 0x00c6, .DS)
    package static let frameOfReferenceTransformationMatrixType = Attribute(0x0070, 0x030c, .CS)
    package static let materialID = Attribute(0x300a, 0x00e1, .SH)
    package static let approvalStatus = Attribute(0x300e, 0x0002, .CS)
    package static let reviewDate = Attribute(0x300e, 0x0004, .DA)
    package static let reviewTime = Attribute(0x300e, 0x0005, .TM)
    package static let reviewerName = Attribute(0x300e, 0x0008, .PN)
}

/// Attributes of RT dose and plan.
extension Attribute {
    package static let doseUnits = Attribute(0x3004, 0x0002, .CS)
    package static let doseType = Attribute(0x3004, 0x0004, .CS)
    package static let doseComment = Attribute(0x3004, 0x0006, .LO)
    package static let normalizationPoint = Attribute(0x3004, 0x0008, .DS)
    package static let doseSummationType = Attribute(0x3004, 0x000a, .CS)
    package static let gridFrameOffsetVector = Attribute(0x3004, 0x000c, .DS)
    package static let doseGridScaling = Attribute(0x3004, 0x000e, .DS)
    package static let tissueHeterogeneityCorrection = Attribute(0x3004, 0x0014, .CS)
    package static let referencedRTPlanSequence = Attribute(0x300c, 0x0002, .SQ)
    package static let referencedStructureSetSequence = Attribute(0x300c, 0x0060, .SQ)
    package static let referencedDoseSequence = Attribute(0x300c, 0x0080, .SQ)
    package static let rtPlanLabel = Attribute(0x300a, 0x0002, .SH)
    package static let rtPlanName = Attribute(0x300a, 0x0003, .LO)
    package static let rtPlanDate = Attribute(0x300a, 0x0006, .DA)
    package static let rtPlanTime = Attribute(0x300a, 0x0007, .TM)
    package static let rtPlanGeometry = Attribute(0x300a, 0x000c, .CS)
    package static let planIntent = Attribute(0x300a, 0x000a, .CS)
    package static let doseReferenceSequence = Attribute(0x300a, 0x0010, .SQ)
    package static let fractionGroupSequence = Attribute(0x300a, 0x0070, .SQ)
    package static let referencedFractionGroupSequence = Attribute(0x300c, 0x0020, .SQ)
    package static let numberOfFractionsPlanned = Attribute(0x300a, 0x0078, .IS)
}

/// Attributes of the dose-volume histogram in RT dose.
extension Attribute {
    package static let dvhNormalizationPoint = Attribute(0x3004, 0x0040, .DS)
    package static let dvhNormalizationDoseValue = Attribute(0x3004, 0x0042, .DS)
    package static let dvhSequence = Attribute(0x3004, 0x0050, .SQ)
    package static let dvhReferencedROISequence = Attribute(0x3004, 0x0060, .SQ)
    package static let dvhroiContributionType = Attribute(0x3004, 0x0062, .CS)
    package static let dvhType = Attribute(0x3004, 0x0001, .CS)
    package static let dvhDoseScaling = Attribute(0x3004, 0x0052, .DS)
    package static let dvhVolumeUnits = Attribute(0x3004, 0x0054, .CS)
    package static let dvhNumberOfBins = Attribute(0x3004, 0x0056, .IS)
    package static let dvhData = Attribute(0x3004, 0x0058, .DS)
    package static let dvhMinimumDose = Attribute(0x3004, 0x0070, .DS)
    package static let dvhMaximumDose = Attribute(0x3004, 0x0072, .DS)
    package static let dvhMeanDose = Attribute(0x3004, 0x0074, .DS)
}

/// Attributes of spatial registration.
extension Attribute {
    package static let registrationSequence = Attribute(0x0070, 0x0308, .SQ)
    package static let matrixRegistrationSequence = Attribute(0x0070, 0x0309, .SQ)
    package static let matrixSequence = Attribute(0x0070, 0x030a, .SQ)
    package static let registrationTypeCodeSequence = Attribute(0x0070, 0x030d, .SQ)
}
