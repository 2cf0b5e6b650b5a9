import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("File that is no DICOM")
struct NotDicomTests {
    @Test("is refused as such, whatever it is")
    func refused() async throws {
        let folder = try ReferenceFiles.scratch("not-dicom")
        defer { try? FileManager.default.removeItem(at: folder) }
        let contents: [String: [UInt8]] = [
            "empty": [], "one": [8],
            "text": Array("The quick brown fox jumps over the lazy dog.\n".utf8),
            "jpeg": [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1],
            "zeros": [UInt8](repeating: 0, count: 4096),
            "png": [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13],
            "json": Array("{\"a\": 1, \"b\": [1, 2, 3]}".utf8),
        ]
        for (name, bytes) in contents {
            let file = folder.appending(path: name)
            try Data(bytes).write(to: file)
            await #expect(throws: DicomError.notDicom, "\(name)") {
                try await DicomSamples.reader.header(path: file.path)
            }
        }
        await #expect(throws: DicomError.notDicom) {
            try await DicomSamples.reader.header(path: "/usr/bin/env")
        }
    }

    @Test("is unreadable when it is absent, a folder or a device")
    func unreadable() async {
        for path in ["/nonexistent/file", "/tmp", "/dev/zero", "/proc/self/mem"] {
            await #expect(throws: DicomError.self, "\(path)") {
                try await DicomSamples.reader.header(path: path)
            }
        }
    }
}
