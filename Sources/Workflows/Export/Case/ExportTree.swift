import Foundation
import Storage

/// The files of an export as they will stand in the archive, in a folder of its own.
///
/// What is kept as it came is a link to the store; only what was made lies here.
struct ExportTree {
    struct File {
        /// From the archive's top.
        let path: String
        /// What its bytes must have, where that is known.
        let digest: ObjectDigest?
        let isDicom: Bool
    }

    let root: URL
    private(set) var files: [File] = []
    private var studies: [String: Int] = [:]
    private var series: [String: (folder: String, count: Int)] = [:]
    private var seriesOfStudy: [String: Int] = [:]

    /// Begins in a folder, which is emptied when something is there.
    init(root: URL) throws {
        self.root = root
        try? FileManager.default.removeItem(at: root)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    /// Puts a DICOM object of the store among the files.
    mutating func link(_ object: URL, _ digest: ObjectDigest, study: String, series: String) throws
    {
        let path = try place(study: study, series: series)
        try FileManager.default.createSymbolicLink(
            at: root.appending(path: path), withDestinationURL: object)
        files.append(File(path: path, digest: digest, isDicom: true))
    }

    /// Puts a DICOM object that was made among the files.
    mutating func write(_ bytes: [UInt8], study: String, series: String) throws {
        let path = try place(study: study, series: series)
        try Data(bytes).write(to: root.appending(path: path))
        files.append(File(path: path, digest: nil, isDicom: true))
    }

    /// Puts any other file among them; `path` is never text from outside.
    mutating func write(_ bytes: [UInt8], to path: String) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        files.append(File(path: path, digest: nil, isDicom: false))
    }

    /// The next File ID of a series: eight characters a part, as PS3.10 §8.5 has them.
    private mutating func place(study: String, series uid: String) throws -> String {
        let studyNumber = studies[study] ?? studies.count + 1
        studies[study] = studyNumber
        let key = "\(study) \(uid)"
        if series[key] == nil {
            let number = (seriesOfStudy[study] ?? 0) + 1
            seriesOfStudy[study] = number
            let folder = "DICOM/\(Self.part("ST", studyNumber))/\(Self.part("SE", number))"
            try FileManager.default.createDirectory(
                at: root.appending(path: folder), withIntermediateDirectories: true)
            series[key] = (folder, 0)
        }
        guard var place = series[key] else { throw StorageError.notFound(entity: "series") }
        place.count += 1
        series[key] = place
        return "\(place.folder)/\(Self.part("IM", place.count))"
    }

    private static func part(_ letters: String, _ number: Int) -> String {
        let digits = String(number)
        return letters + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
