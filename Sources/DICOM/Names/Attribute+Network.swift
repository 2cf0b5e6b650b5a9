// Keywords, tags and VRs as PS3.6 has them.

/// Attributes of queries, retrieval and storage commitment.
extension Attribute {
    package static let queryRetrieveLevel = Attribute(0x0008, 0x0052, .CS)
    package static let retrieveAETitle = Attribute(0x0008, 0x0054, .AE)
    package static let instanceAvailability = Attribute(0x0008, 0x0056, .CS)
    package static let failedSOPInstanceUIDList = Attribute(0x0008, 0x0058, .UI)
    package static let transactionUID = Attribute(0x0008, 0x1195, .UI)
    package static let failureReason = Attribute(0x0008, 0x1197, .US)
    package static let failedSOPSequence = Attribute(0x0008, 0x1198, .SQ)
    package static let numberOfStudyRelatedSeries = Attribute(0x0020, 0x1206, .IS)
    package static let numberOfStudyRelatedInstances = Attribute(0x0020, 0x1208, .IS)
    package static let numberOfSeriesRelatedInstances = Attribute(0x0020, 0x1209, .IS)
}
