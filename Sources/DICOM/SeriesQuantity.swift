import Quantities

extension SeriesAssembler {
    /// Returns what the values of a series mean, from the header of one of its files.
    ///
    /// The rules are those of ``assemble(_:source:gaps:applying:)``: Units (0054,1001) of PET and NM,
    /// Rescale Type, a real-world mapping of the images themselves. A series without a unit is
    /// `other` with an empty name.
    ///
    /// - Throws: ``DicomError`` when the file is no image with a place.
    package static func quantity(of file: SeriesFile) throws -> ImageSeries.Quantity {
        var findings: [Finding] = []
        let frames = try SeriesFrame.frames(of: file, index: 0, findings: &findings)
        return try SeriesMeaning(
            kind: ObjectKind(header: file.header), headers: [file.header], frames: frames,
            isMapped: false
        ).quantity
    }
}
