package import DICOM
package import Foundation
package import Storage

/// Instances as files, in the coding in which they are stored or in one that everybody reads.
package struct ImageCopies: Sendable {
    /// A transfer syntax that whoever asks can take.
    package enum Coding: Hashable, Sendable {
        /// Whatever the file has.
        case asStored
        case transferSyntax(String)
    }

    /// What is handed out of one instance.
    package enum Copy: Hashable, Sendable {
        /// The file's own bytes.
        case stored(URL, transferSyntaxUID: String)
        /// The same in Explicit VR Little Endian, made when its turn comes.
        case explicit(VisibleInstance)

        package var transferSyntaxUID: String {
            switch self {
            case .stored(_, let uid): uid
            case .explicit: UID.explicitVRLittleEndian
            }
        }
    }

    private let folder: DataFolder
    private let source: any DicomSource

    package init(folder: DataFolder, source: any DicomSource) {
        (self.folder, self.source) = (folder, source)
    }

    /// Chooses for an instance what is handed out.
    ///
    /// - Parameters:
    ///   - instance: The instance.
    ///   - wanted: What can be taken, the best first.
    /// - Returns: `nil` when none of them can be given.
    package func copy(_ instance: VisibleInstance, wanted: [Coding]) -> Copy? {
        let url = folder.objects.url(of: instance.instance.object)
        let stored = instance.instance.transferSyntaxUID
        let canCopy = ExplicitCopy.canDecode(stored) || stored.isEmpty
        let isPart10 = Self.isPart10(url)
        for coding in wanted {
            switch coding {
            case .asStored where isPart10 && !stored.isEmpty,
                .transferSyntax(stored) where isPart10:
                return .stored(url, transferSyntaxUID: stored)
            // A bare data set is no file that others could read.
            case .asStored where canCopy,
                .transferSyntax(UID.explicitVRLittleEndian) where canCopy:
                return .explicit(instance)
            default: continue
            }
        }
        return nil
    }

    /// Returns the bytes of an instance in Explicit VR Little Endian, under the UIDs by which it is
    /// listed: a file without any has been given them.
    ///
    /// - Throws: `DicomError`.
    package func explicitBytes(_ instance: VisibleInstance) async throws -> [UInt8] {
        let path = folder.objects.url(of: instance.instance.object).path
        var header = try await source.header(path: path)
        header.set(.studyInstanceUID, instance.studyUID)
        header.set(.seriesInstanceUID, instance.seriesUID)
        header.set(.sopInstanceUID, instance.instance.sopInstanceUID)
        let hasPixels = header.pixelElement != nil
        return try ExplicitCopy.fileBytes(
            header: header, pixels: hasPixels ? try await source.frames(path: path) : nil)
    }

    /// Whether a file has the preamble and the letters of PS3.10; nothing else of it is looked at.
    private static func isPart10(_ url: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: url) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 132))?.suffix(4).elementsEqual("DICM".utf8) == true
    }
}
