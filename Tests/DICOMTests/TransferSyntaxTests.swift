import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Transfer syntax", .enabled(if: ReferenceFiles.testdata != nil))
struct TransferSyntaxTests {
    static let rows = DicomSamples.table("transfer-syntaxes/decoded.csv", separator: ",")
    static let files = rows.compactMap { $0["file"] }

    /// 12-bit JPEG: two correct inverse cosine transforms may differ by a grey value anywhere.
    static let differsByRounding = [
        "ct-cornerstone/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm",
        "other/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm",
    ]
    /// No SHA-256: the table has figures of SimpleITK after the rescale.
    static let isRescaledInTable = rows.filter { $0["sha256_of_decoded"] == "" }
        .compactMap { $0["file"] }

    private func row(_ file: String) throws -> [String: String] {
        try #require(Self.rows.first { $0["file"] == file })
    }

    private func number(_ row: [String: String], _ key: String) throws -> Double {
        try #require(row[key].flatMap { Double($0) })
    }

    private func path(_ file: String) -> String {
        DicomSamples.folder.appending(path: "transfer-syntaxes/\(file)").path
    }

    @Test(
        "decodes to the bytes that pydicom decodes",
        arguments: files.filter {
            !differsByRounding.contains($0) && !isRescaledInTable.contains($0)
        })
    func decodesExactly(file: String) async throws {
        let row = try row(file)
        let frames = try await DicomSamples.reader.frames(path: path(file))
        #expect(Double(frames.rows) == (try number(row, "rows")))
        #expect(Double(frames.columns) == (try number(row, "columns")))
        #expect(Double(frames.frames) == (try number(row, "frames")))
        #expect(Double(frames.samplesPerPixel) == (try number(row, "samples")))
        #expect(Double(frames.bitsAllocated) == (try number(row, "bits_allocated")))
        #expect(frames.isSigned == (row["signed"] == "1"))
        #expect(DicomSamples.sha256(frames.bytes) == row["sha256_of_decoded"])
    }

    @Test(
        "with a lossy transform decodes to the same statistics within rounding",
        arguments: differsByRounding)
    func decodesWithinRounding(file: String) async throws {
        let row = try row(file)
        let frames = try await DicomSamples.reader.frames(path: path(file))
        let found = Statistics(try DicomSamples.values(frames))
        // One grey value where rounding differs; in the mean such differences nearly cancel.
        #expect(abs(found.least - (try number(row, "min"))) <= 1)
        #expect(abs(found.greatest - (try number(row, "max"))) <= 1)
        #expect(abs(found.mean - (try number(row, "mean"))) < 0.05)
        #expect(frames.wasLossy)
    }

    @Test("that pydicom lacks decodes to the statistics of SimpleITK", arguments: isRescaledInTable)
    func decodesLikeSimpleITK(file: String) async throws {
        let row = try row(file)
        let header = try await DicomSamples.reader.header(path: path(file))
        let slope = header.decimal(.rescaleSlope) ?? 1
        let intercept = header.decimal(.rescaleIntercept) ?? 0
        let frames = try await DicomSamples.reader.frames(path: path(file))
        let found = Statistics(try DicomSamples.values(frames).map { $0 * slope + intercept })
        #expect(abs(found.least - (try number(row, "min"))) <= abs(slope))
        #expect(abs(found.greatest - (try number(row, "max"))) <= abs(slope))
        #expect(abs(found.mean - (try number(row, "mean"))) < 0.05 * abs(slope))
        #expect(frames.wasLossy)
    }

    @Test("that is lossless is not called lossy, and one that is lossy is")
    func lossyFlags() async throws {
        let lossless = [".2.2.dcm", "1.99", ".90.dcm", ".80.dcm", ".70.dcm", ".57.dcm", "1.2.5"]
        for file in Self.files where file.hasPrefix("ct-") {
            let header = try await DicomSamples.reader.header(path: path(file))
            let isLossless =
                lossless.contains { file.contains($0) } || file.hasSuffix("1.2.dcm")
                || file.hasSuffix("1.2.1.dcm")
            #expect(header.hasLossyPixels == !isLossless, "\(file)")
        }
        for (name, isLossy) in [
            ("J2KI", true), ("J2KR", false), ("JLSL", false), ("JLSN", true), ("JPLL", false),
            ("JPLY", true), ("RLE", false),
        ] {
            let frames = try await DicomSamples.reader.frames(path: path("nm-wg04/NM1_\(name).dcm"))
            #expect(frames.wasLossy == isLossy, "\(name)")
        }
    }

    @Test("of a compressed slice rescales like its native twin")
    func slicesAgree() async throws {
        let names = Self.files.filter {
            $0.contains("ExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm")
                || $0.contains("1.2.5.dcm")
                || $0.contains("4.90.dcm") && $0.hasPrefix("ct-")
        }
        let requests = names.filter { $0.hasPrefix("ct-") }.map {
            SliceRequest(path: path($0), slope: 1.5, intercept: -1024.25)
        }
        try #require(requests.count == 3)
        let fast = try await DicomSamples.reader.slices(requests, rows: 512, columns: 512).values
        let plain = try await InProcessSource().slices(requests, rows: 512, columns: 512).values
        #expect(fast == plain)
        #expect(Array(fast[..<262_144]) == Array(fast[262_144 ..< 524_288]))
    }
}
