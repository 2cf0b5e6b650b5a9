import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Odd file", .enabled(if: ReferenceFiles.testdata != nil))
struct QuirkTests {
    static let rows = DicomSamples.table("quirks/expected.tsv", separator: "\t")
    static let files = rows.compactMap { $0["file"] }

    /// Broken beyond reading: a sequence whose head was cut out, a private length that lies.
    static let refused: Set = ["files/GH364.dcm", "files/GH626.dcm"]

    /// Files that pydicom reads when the coding is given by hand, the stray first byte of `no_meta`
    /// taken away: its figures then.
    static let better: [String: String] = [
        "files/OT-PAL-8-face.dcm.gz": "min 56 max 149 mean 109.31804",
        "files/no_meta.dcm": "min 128 max 2191 mean 904.92615",
    ]

    private func withPath<Value>(
        _ file: String, _ body: (String) async throws -> Value
    ) async throws -> Value {
        guard file.hasSuffix(".gz") else {
            return try await body(DicomSamples.folder.appending(path: "quirks/\(file)").path)
        }
        let scratch = try ReferenceFiles.scratch("quirks")
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try await body(DicomSamples.gunzipped("quirks/\(file)", into: scratch))
    }

    private func row(_ file: String) throws -> [String: String] {
        try #require(Self.rows.first { $0["file"] == file })
    }

    @Test(
        "has the name and geometry that pydicom finds",
        arguments: files.filter { !refused.contains($0) && $0 != "files/no_meta.dcm" })
    func header(file: String) async throws {
        let row = try row(file)
        try await withPath(file) { path in
            let header = try await DicomSamples.reader.header(path: path)
            let text = header.bytes(.patientName).map { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(text.trimmingCharacters(in: .whitespaces) == row["patient name"] ?? "")
            if let modality = row["modality"], !modality.isEmpty {
                #expect(header.string(.modality) == modality)
            }
            if let geometry = row["rows x columns x frames"], !geometry.isEmpty {
                let rows = try #require(header.integer(.rows))
                let columns = try #require(header.integer(.columns))
                let frames = header.string(.numberOfFrames) ?? "1"
                #expect("\(rows) x \(columns) x \(frames)" == geometry)
            }
            let syntax = row["transfer syntax"] ?? "none"
            if syntax != "none" { #expect(header.string(.transferSyntaxUID) == syntax) }
            #expect(header.string(.transferSyntaxUID) != nil)
        }
    }

    /// Files whose figures pydicom gives after its conversion of YBR to RGB.
    static let isConvertedInTable: Set = ["files/GH538-jpeg1.dcm"]

    @Test(
        "has the values that pydicom finds",
        arguments: files.filter { file in
            let pixels = rows.first { $0["file"] == file }?["pixels"] ?? ""
            return (pixels.contains("mean") || better[file] != nil) && !refused.contains(file)
                && !isConvertedInTable.contains(file)
        })
    func values(file: String) async throws {
        let row = try row(file)
        let expected = try #require(Self.better[file] ?? row["pixels"])
        let words = expected.split(separator: " ").map(String.init)
        func number(after word: String) throws -> Double {
            let place = try #require(words.firstIndex(of: word))
            return try #require(Double(words[place + 1]))
        }
        try await withPath(file) { path in
            let frames = try await DicomSamples.reader.frames(path: path)
            let found = Statistics(try DicomSamples.values(frames))
            #expect(found.least == (try number(after: "min")))
            #expect(found.greatest == (try number(after: "max")))
            // The table has five decimals.
            #expect(abs(found.mean - (try number(after: "mean"))) < 1e-5)
        }
    }

    @Test("in YBR comes as coded and converts to pydicom's RGB")
    func convertsColour() async throws {
        try await withPath("files/GH538-jpeg1.dcm") { path in
            let frames = try await DicomSamples.reader.frames(path: path)
            let values = try frames.values(frame: 0)
            var sum = 0.0
            for pixel in stride(from: 0, to: values.count, by: 3) {
                // PS3.3 C.7.6.3.1.2, YBR_FULL.
                let (y, cb, cr) = (values[pixel], values[pixel + 1] - 128, values[pixel + 2] - 128)
                for sample in [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb] {
                    sum += min(255, max(0, sample.rounded()))
                }
            }
            // Chroma comes upsampled by another filter than pydicom's: a tenth of a grey value.
            #expect(abs(sum / Double(values.count) - 11.52487) < 0.1)
        }
    }

    @Test("that is broken beyond reading is refused as a whole", arguments: Array(refused))
    func refusesHeader(file: String) async throws {
        await #expect(throws: DicomError.self) {
            try await withPath(file) { try await DicomSamples.reader.header(path: $0) }
        }
    }

    @Test(
        "keeps its metadata when the pixels are refused",
        arguments: [
            ("MR_truncated", "incomplete"), ("badVR", "Number of Frames"),
            ("JPEG2000-embedded-sequence-delimiter", "JPEG 2000"),
            ("emri_small_jpeg_2k_lossless_too_short", "incomplete"),
        ])
    func refusesPixels(name: String, reason: String) async throws {
        try await withPath("files/\(name).dcm") { path in
            let header = try await DicomSamples.reader.header(path: path)
            #expect(header.integer(.rows) != nil)
            do {
                _ = try await DicomSamples.reader.frames(path: path)
                Issue.record("the pixels were accepted")
            } catch DicomError.malformed(let text) {
                #expect(text.contains(reason), "\(text)")
            }
        }
    }

    @Test("with empty numbers has no numbers, which is not zero")
    func emptyNumbers() async throws {
        try await withPath("files/reportsi_with_empty_number_tags.dcm") { path in
            let header = try await DicomSamples.reader.header(path: path)
            let thickness = Attribute(0x0010, 0x9431, .FL)
            let reference = Attribute(0x0018, 0x6020, .SL)
            for attribute in [thickness, reference] {
                #expect(header.contains(attribute))
                #expect(header.decimal(attribute) == nil)
            }
        }
    }
}
