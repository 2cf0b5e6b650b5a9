import Foundation

/// What stands before the data set in a Part 10 file (PS3.10 §7.1).
///
/// It says nothing about when and from where the data set came, so the same data set makes the same
/// file whoever sends it.
struct FileMeta: Hashable, Sendable {
    let reference: InstanceReference
    let transferSyntaxUID: String

    private static let preambleLength = 128
    private static let mark = Array("DICM".utf8)
    /// The longest meta group that is read; real ones have some hundred bytes.
    private static let longest = 64 << 10

    init(reference: InstanceReference, transferSyntaxUID: String) {
        self.reference = reference
        self.transferSyntaxUID = transferSyntaxUID
    }

    /// Returns preamble, mark and meta group.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when an identifier is no UID.
    func encoded() throws -> [UInt8] {
        var meta = DataSet()
        meta.setBytes(.fileMetaInformationVersion, [0, 1])
        meta.set(.mediaStorageSOPClassUID, reference.sopClassUID)
        meta.set(.mediaStorageSOPInstanceUID, reference.sopInstanceUID)
        meta.set(.transferSyntaxUID, transferSyntaxUID)
        meta.set(.implementationClassUID, UID.implementationClass)
        meta.set(.implementationVersionName, UID.implementationVersionName)
        let rest = try NormalForm.encoded(meta)
        var length = DataSet()
        length.set(.fileMetaInformationGroupLength, rest.count)
        return try [UInt8](repeating: 0, count: Self.preambleLength) + Self.mark
            + NormalForm.encoded(length) + rest
    }

    /// Reads what stands before the data set of a file.
    ///
    /// - Returns: The meta group's facts and where the data set begins.
    /// - Throws: ``DicomError/notDicom``, ``DicomError/unreadable(reason:)``, or
    ///   ``DicomError/malformed(reason:)`` for a file without a meta group that can be followed.
    static func read(path: String) throws -> (meta: FileMeta, dataSetOffset: Int) {
        guard let file = FileHandle(forReadingAtPath: path),
            let start = try? file.read(upToCount: preambleLength + mark.count + longest)
        else { throw DicomError.unreadable(reason: "a file of the archive is missing") }
        try? file.close()
        let bytes = Array(start)
        // The group length: tag, VR, its own length, then the number of bytes that follow it.
        let groupStart = preambleLength + mark.count
        let afterLength = groupStart + 12
        guard bytes.count >= afterLength, Array(bytes[preambleLength ..< groupStart]) == mark,
            Array(bytes[groupStart ..< groupStart + 8]) == [2, 0, 0, 0, 0x55, 0x4c, 4, 0]
        else { throw DicomError.notDicom }
        let count = (0 ..< 4).reduce(0) { $0 | Int(bytes[groupStart + 8 + $1]) << (8 * $1) }
        guard count <= bytes.count - afterLength else {
            throw DicomError.malformed(reason: "the meta group is cut off")
        }
        let meta = try NormalForm.decoded(Array(bytes[afterLength ..< afterLength + count]))
        guard let sopClass = meta.string(.mediaStorageSOPClassUID),
            let instance = meta.string(.mediaStorageSOPInstanceUID),
            let syntax = meta.string(.transferSyntaxUID)
        else { throw DicomError.malformed(reason: "the meta group is incomplete") }
        let reference = InstanceReference(sopClassUID: sopClass, sopInstanceUID: instance)
        return (FileMeta(reference: reference, transferSyntaxUID: syntax), afterLength + count)
    }
}
