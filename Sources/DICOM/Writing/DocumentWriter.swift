/// Writes a PDF as an Encapsulated PDF object.
package struct DocumentWriter: Sendable {
    package var series: SeriesContext
    /// What the document was made from.
    package var sources: [InstanceReference]

    package init(series: SeriesContext, sources: [InstanceReference] = []) {
        self.series = series
        self.sources = sources
    }

    /// Returns the object.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` when the bytes are not a PDF.
    package func compose(
        pdf: [UInt8], title: String, instanceUID: String
    ) throws -> ComposedObjects {
        guard pdf.starts(with: Array("%PDF-".utf8)) else {
            throw DicomError.refused(code: "write.not-pdf", reason: "the document is not a PDF")
        }
        var data = DataSet()
        data.setCommonModules(
            series, modality: "DOC", sopClassUID: SOPClass.encapsulatedPDF,
            sopInstanceUID: instanceUID, instanceNumber: 1)
        data.set(.conversionType, "WSD")
        data.set(.contentDate, series.date)
        data.set(.contentTime, series.time)
        data.set(.acquisitionDateTime, series.date + series.time)
        data.set(.burnedInAnnotation, "YES")
        data.setFitted(.documentTitle, title)
        data.setEmpty(.conceptNameCodeSequence)
        if !sources.isEmpty {
            data.set(.sourceInstanceSequence, sources.map(DataSet.init(reference:)))
        }
        data.set(.mimeTypeOfEncapsulatedDocument, "application/pdf")
        data.set(.encapsulatedDocumentLength, pdf.count)
        data.setBytes(.encapsulatedDocument, pdf)
        return ComposedObjects(dataSets: [data], findings: [])
    }
}
