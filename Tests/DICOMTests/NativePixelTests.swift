import DICOM
import Foundation
import Imaging
import Quantities
import Testing
import _TestSupport

/// Plain values come straight from the file; `InProcessSource`, which always decodes with DCMTK,
/// is the other side.
@Suite("Native pixels")
struct NativePixelTests {
    /// Two CT slices of 3 x 2 values written as files; the words are those of the first.
    private func series(
        in folder: URL, cells: Int, stored: Int, isSigned: Bool, words: [Int],
        change: (inout DataSet) -> Void = { _ in }
    ) throws -> [String] {
        try (0 ..< 2).map { k in
            var data = SliceMaker.header(position: [0, 0, Double(3 * k)], instance: k + 1)
            data.set(.samplesPerPixel, 1)
            data.set(.photometricInterpretation, "MONOCHROME2")
            data.set(.bitsAllocated, cells)
            data.set(.bitsStored, stored)
            data.set(.highBit, stored - 1)
            data.set(.pixelRepresentation, isSigned ? 1 : 0)
            change(&data)
            let bytes = words.map { $0 + k }.flatMap { word in
                (0 ..< cells / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
            data.setBytes(.pixelData, bytes)
            let path = folder.appending(path: "\(k).dcm").path
            try DicomWriter.write(data, path: path)
            return path
        }
    }

    private func files(_ paths: [String]) async throws -> [SeriesFile] {
        try await DicomSamples.reader.files(paths: paths).map { try $0.get() }
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = try ReferenceFiles.scratch("native")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// Cells, stored bits, sign, words as written, the values that they mean.
    static let kinds: [(Int, Int, Bool, [Int], [Float])] = [
        (8, 8, false, [0, 1, 127, 128, 200, 254], [0, 1, 127, 128, 200, 254]),
        (8, 8, true, [0, 1, 126, -128, -1, 5], [0, 1, 126, -128, -1, 5]),
        (16, 12, false, [0, 1, 2047, 2048, 4094, 5], [0, 1, 2047, 2048, 4094, 5]),
        // The sign of the fourth was left out by the coder, that of the fifth was not.
        (16, 12, true, [0, 1, 2046, 0x801, -2047, 7], [0, 1, 2046, -2047, -2047, 7]),
        (16, 16, true, [0, 1, 32766, -32768, -2, 9], [0, 1, 32766, -32768, -2, 9]),
        (16, 16, false, [0, 1, 32767, 32768, 65534, 9], [0, 1, 32767, 32768, 65534, 9]),
        (32, 32, true, [0, 1, 1 << 20, -70000, -1, 9], [0, 1, 1_048_576, -70000, -1, 9]),
    ]

    @Test("are the values that were written and that the decoder finds", arguments: kinds.indices)
    func values(kind: Int) async throws {
        let (cells, stored, isSigned, words, expected) = Self.kinds[kind]
        try await withFolder { folder in
            for (slope, intercept) in [(1.0, -1024.0), (0.5, 0.25)] {
                let paths = try series(
                    in: folder, cells: cells, stored: stored, isSigned: isSigned, words: words
                ) {
                    $0.set(.rescaleSlope, slope)
                    $0.set(.rescaleIntercept, intercept)
                }
                let files = try await files(paths)
                #expect(files.allSatisfy { $0.native != nil })
                let fast = try await SeriesAssembler.assemble(files, source: DicomSamples.reader)
                let slow = try await SeriesAssembler.assemble(files, source: InProcessSource())
                #expect(fast.volume.voxels == slow.volume.voxels)
                #expect(fast.findings == slow.findings)
                #expect(
                    Array(fast.volume.voxels.prefix(6))
                        == expected.map { Float(Double($0) * slope + intercept) })
            }
        }
    }

    @Test("that are padding or have foreign bits are reported as by the decoder")
    func padding() async throws {
        try await withFolder { folder in
            let paths = try series(
                in: folder, cells: 16, stored: 12, isSigned: true,
                words: [-2000, 0x7801, -2000, 3, 4, 5]
            ) { $0.set(.pixelPaddingValue, 65536 - 2000) }
            let files = try await files(paths)
            let fast = try await SeriesAssembler.assemble(files, source: DicomSamples.reader)
            let slow = try await SeriesAssembler.assemble(files, source: InProcessSource())
            #expect(fast.volume.voxels == slow.volume.voxels && fast.findings == slow.findings)
            #expect(Array(fast.volume.voxels.prefix(6)) == [-1024, -2047, -1024, 3, 4, 5])
            #expect(fast.findings.codes().contains("image.bits-outside"))
            #expect(
                fast.findings.contains { $0.code == "image.padding" && $0.sentence.hasPrefix("2 ") }
            )
        }
    }

    @Test("of a file that was replaced or written to after its header was read are refused")
    func replaced() async throws {
        try await withFolder { folder in
            let paths = try series(
                in: folder, cells: 16, stored: 16, isSigned: true, words: [1, 2, 3, 4, 5, 6])
            var files = try await files(paths)
            func expectRefusal() async {
                await #expect(throws: FileIdentity.changed) {
                    _ = try await SeriesAssembler.assemble(files, source: DicomSamples.reader)
                }
            }
            // Another file of equal size under the same name, and one whose pixels lie elsewhere.
            for comment in ["", String(repeating: "x", count: 60)] {
                let sizes = try paths.map { try Data(contentsOf: URL(filePath: $0)).count }
                try paths.forEach(FileManager.default.removeItem)
                _ = try series(
                    in: folder, cells: 16, stored: 16, isSigned: true, words: [7, 8, 9, 10, 11, 12]
                ) { if !comment.isEmpty { $0.set(.seriesDescription, comment) } }
                let now = try paths.map { try Data(contentsOf: URL(filePath: $0)).count }
                #expect((now == sizes) == comment.isEmpty)
                await expectRefusal()
            }
            // The same file with one byte written, its date set back.
            files = try await self.files(paths)
            let facts = try FileManager.default.attributesOfItem(atPath: paths[0])
            let handle = try FileHandle(forUpdating: URL(filePath: paths[0]))
            try handle.seek(toOffset: handle.seekToEnd() - 1)
            try handle.write(contentsOf: [42])
            try handle.close()
            try FileManager.default.setAttributes(
                [.modificationDate: try #require(facts[.modificationDate])],
                ofItemAtPath: paths[0])
            await expectRefusal()
            // A file whose pixels must be decoded, and one read whole.
            files = try await self.files(paths).map {
                SeriesFile(path: $0.path, header: $0.header, identity: $0.identity)
            }
            _ = try await DicomSamples.reader.frames(of: files[0])
            _ = try series(
                in: folder, cells: 16, stored: 16, isSigned: true, words: [1, 2, 3, 4, 5, 6])
            await expectRefusal()
            let first = files[0]
            await #expect(throws: FileIdentity.changed) {
                _ = try await DicomSamples.reader.frames(of: first)
            }
            // Nothing there, and a pipe that nobody writes to.
            try FileManager.default.removeItem(atPath: paths[1])
            await #expect(throws: DicomError.self) {
                _ = try await SeriesAssembler.assemble(files, source: DicomSamples.reader)
            }
            try DicomSamples.run("mkfifo", [paths[1]])
            await #expect(throws: DicomError.self) {
                _ = try await SeriesAssembler.assemble(files, source: DicomSamples.reader)
            }
        }
    }

    @Test("are decoded in full when something follows them, and refused when they are cut off")
    func oddEnds() async throws {
        try await withFolder { folder in
            let paths = try series(
                in: folder, cells: 16, stored: 16, isSigned: true, words: [1, 2, 3, 4, 5, 6])
            let whole = try Data(contentsOf: URL(filePath: paths[0]))
            // Data Set Trailing Padding of four bytes.
            let padding = Data(
                [0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])
            try (whole + padding).write(to: URL(filePath: paths[0]))
            let followed = try await files(paths)
            #expect(followed[0].native == nil && followed[1].native != nil)
            let read = try await SeriesAssembler.assemble(followed, source: DicomSamples.reader)
            #expect(Array(read.volume.voxels.prefix(6)) == [1, 2, 3, 4, 5, 6])
            try whole.dropLast(2).write(to: URL(filePath: paths[0]))
            let cut = try await files(paths)
            #expect(cut[0].native == nil)
            await #expect(throws: DicomError.self) {
                _ = try await SeriesAssembler.assemble(cut, source: DicomSamples.reader)
            }
        }
    }

    @Test(
        "of real native files are there for little endian, and for nothing else",
        .enabled(if: ReferenceFiles.testdata != nil))
    func realFiles() async throws {
        for (name, isNative) in [
            ("LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm", true),
            ("LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm", true),
            ("1.2.2.dcm", false), ("1.99.dcm", false), ("4.90.dcm", false), ("1.2.5.dcm", false),
        ] {
            let names = TransferSyntaxTests.files.filter {
                $0.hasPrefix("ct-") && $0.contains(name)
            }
            let paths = names.map {
                DicomSamples.folder.appending(path: "transfer-syntaxes/\($0)").path
            }
            try #require(!paths.isEmpty, "\(name)")
            for file in try await files(paths) { #expect((file.native != nil) == isNative) }
        }
    }
}

@Suite("Headers in batches")
struct HeaderBatchTests {
    @Test("cost a batch only the file on which the worker dies")
    func dyingWorker() async throws {
        let folder = try ReferenceFiles.scratch("dying")
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try #require(BuiltProgram.url("grevy"))
        var data = SliceMaker.header(position: [0, 0, 0])
        data.set(.samplesPerPixel, 1)
        let good = folder.appending(path: "good.dcm").path
        try DicomWriter.write(data, path: good)
        // The first worker ends at once, the others are real ones.
        let mark = folder.appending(path: "mark").path
        let script = folder.appending(path: "worker.sh")
        let text =
            "#!/bin/sh\nif mkdir '\(mark)'; then exit 1; fi\n"
            + "exec '\(program.path)' dicom-worker\n"
        try Data(text.utf8).write(to: script)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: script.path)
        let reader = DicomReader(workers: 1, program: script.path)
        let tooLong = String(repeating: "x", count: 5000)
        let text2 = folder.appending(path: "text.dcm").path
        try Data("no DICOM at all, only some text".utf8).write(to: URL(filePath: text2))
        let paths = (0 ..< 40).map { [5: tooLong, 7: text2][$0] ?? good }
        let results = await reader.files(paths: paths)
        #expect(results.count == 40)
        let failed = results.indices.filter {
            if case .failure = results[$0] { true } else { false }
        }
        #expect(failed == [0, 5, 7])
        #expect(await reader.workersStarted == 2)
        for index in results.indices where !failed.contains(index) {
            #expect(try results[index].get().path == good)
        }
    }

    @Test(
        "say of every hostile file what is said of it alone",
        .enabled(if: ReferenceFiles.testdata != nil))
    func hostile() async throws {
        let scratch = try ReferenceFiles.scratch("hostile-batch")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let archive = DicomSamples.folder.appending(path: "hostile/fuzz-cat01-12.tar.xz")
        try DicomSamples.run("tar", ["xJf", archive.path, "-C", scratch.path])
        let names = try #require(FileManager.default.enumerator(atPath: scratch.path))
        let paths = names.compactMap { $0 as? String }.filter { $0.hasSuffix(".dcm") }
            .map { scratch.appending(path: $0).path }.sorted()
        let reader = DicomReader(workers: 2)
        let batch = await reader.files(paths: paths)
        #expect(batch.count == 380)
        for (path, result) in zip(paths, batch) {
            let alone: Result<DataSet, any Error>
            do { alone = .success(try await reader.header(path: path)) } catch {
                alone = .failure(error)
            }
            switch (result, alone) {
            case (.success(let file), .success(let header)): #expect(file.header == header)
            case (.failure(let a), .failure(let b)):
                #expect((a as? DicomError) == (b as? DicomError))
            default: Issue.record("\(path): \(result) \(alone)")
            }
        }
        #expect(await reader.workersStarted == 2)
    }
}
