import Foundation

/// Writes data sets as Part 10 files in Explicit VR Little Endian with text in UTF-8.
package enum DicomWriter {
    /// Writes the file, or nothing: a temporary file beside it takes its name when it is complete.
    ///
    /// The meta group is made from SOP Class UID and SOP Instance UID; meta elements and group
    /// lengths in `data` are dropped, and Specific Character Set becomes `ISO_IR 192`.
    ///
    /// - Throws: ``DicomError/missing(attribute:object:)`` without SOP Class or Instance UID,
    ///   ``DicomError/malformed(reason:)`` when a value does not fit its VR, and
    ///   ``DicomError/unreadable(reason:)`` when the file system refuses.
    package static func write(_ data: DataSet, path: String) throws {
        let bytes = try fileBytes(data)
        let temporary = "\(path).\(UUID().uuidString).part"
        do {
            try Data(bytes).write(to: URL(filePath: temporary))
            // Both texts live through the call.
            guard unsafe rename(temporary, path) == 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw DicomError.unreadable(reason: "the file cannot be written")
        }
    }

    /// Returns the bytes of the file.
    ///
    /// Values that came from a file are not checked, so that a copy is possible of one that is
    /// slightly wrong.
    ///
    /// - Throws: as ``write(_:path:)``.
    package static func fileBytes(
        _ data: DataSet, checkingValues: Bool = true
    ) throws -> [UInt8] {
        var body = data
        for tag in data.elements.keys where tag.group <= 2 || tag.element == 0 { body[tag] = nil }
        body.set(.specificCharacterSet, "ISO_IR 192")
        var bytes = try meta(of: data)
        try NormalForm.append(body, to: &bytes, checkingValues: checkingValues)
        return bytes
    }

    private static func meta(of data: DataSet) throws -> [UInt8] {
        guard let sopClass = data.string(.sopClassUID) else {
            throw DicomError.missing(attribute: "SOP Class UID", object: "file")
        }
        guard let instance = data.string(.sopInstanceUID) else {
            throw DicomError.missing(attribute: "SOP Instance UID", object: "file")
        }
        return try FileMeta(
            reference: InstanceReference(sopClassUID: sopClass, sopInstanceUID: instance),
            transferSyntaxUID: UID.explicitVRLittleEndian
        ).encoded()
    }
}
