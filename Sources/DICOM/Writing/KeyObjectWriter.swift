/// Writes a selection of images as a Key Object Selection (PS3.16, TID 2010).
package struct KeyObjectWriter: Sendable {
    package var series: SeriesContext
    /// Who has selected.
    package var observer: String

    /// What a selection is for (PS3.16, CID 7010).
    package enum Title: Hashable, Sendable {
        case ofInterest
        case forConference

        fileprivate var code: CodedConcept {
            switch self {
            case .ofInterest: CodedConcept("113000", "DCM", "Of Interest")
            case .forConference: CodedConcept("113005", "DCM", "For Conference")
            }
        }
    }

    package init(series: SeriesContext, observer: String) {
        (self.series, self.observer) = (series, observer)
    }

    /// Returns the object.
    ///
    /// - Parameters:
    ///   - images: In the order in which they are to be shown.
    ///   - title: What they are selected for.
    ///   - note: What is said of them; may be empty.
    ///   - instanceUID: The object's own identifier.
    /// - Returns: One object.
    /// - Throws: ``DicomError/refused(code:reason:)`` without an image.
    package func compose(
        _ images: [FrameReference], title: Title, note: String, instanceUID: String
    ) throws -> ComposedObjects {
        guard !images.isEmpty else {
            throw DicomError.refused(
                code: "write.selection-empty", reason: "a selection needs images")
        }
        var data = DataSet()
        data.setCommonModules(
            series, modality: "KO", sopClassUID: SOPClass.keyObjectSelection,
            sopInstanceUID: instanceUID, instanceNumber: 1)
        data.setEmpty(.referencedPerformedProcedureStepSequence)
        data.set(.contentDate, series.date)
        data.set(.contentTime, series.time)
        data.setEvidence(images)
        data.set(.valueType, "CONTAINER")
        data.set(.conceptNameCodeSequence, [title.code.item])
        var content = [DataSet.language] + DataSet.observer(.person(observer))
        if !note.isEmpty {
            content.append(
                .text(CodedConcept("113012", "DCM", "Key Object Description"), note))
        }
        data.setContainer(
            template: "2010", content + images.map { .image($0, .contains) })
        return ComposedObjects(dataSets: [data], findings: [])
    }
}
