import DICOM
import Foundation
import Testing
import Workflows
import _TestSupport

@Suite("DVH of real structures", .enabled(if: ReferenceFiles.testdata != nil))
struct DVHReferenceTests {
    /// One row of a set's `expected.csv`.
    struct Expected {
        let number: Int
        let program: String
        let volumeML: Double
        let meanGy: Double
        let d95Gy: Double?
        let d50Gy: Double?
    }

    static func document(
        _ set: String, _ structures: String, _ mode: DVHMode
    ) async throws -> DVHDocument {
        let folder = try #require(ReferenceFiles.testdata).appending(path: set)
        let scratch = try ReferenceFiles.scratch(set)
        defer { try? FileManager.default.removeItem(at: scratch) }
        for name in ["rtdose", structures] {
            let target = scratch.appending(path: "\(name).dcm")
            #expect(FileManager.default.createFile(atPath: target.path, contents: nil))
            let unpack = Process()
            unpack.executableURL = URL(filePath: "/bin/gzip")
            unpack.arguments = ["-dc", folder.appending(path: "\(name).dcm.gz").path]
            unpack.standardOutput = try FileHandle(forWritingTo: target)
            try unpack.run()
            unpack.waitUntilExit()
            #expect(unpack.terminationStatus == 0)
        }
        return try await DVHWorkflow(mode: mode).run(
            dosePath: scratch.appending(path: "rtdose.dcm").path,
            structuresPath: scratch.appending(path: "\(structures).dcm").path,
            source: InProcessSource())
    }

    static func expected(_ set: String) throws -> [Expected] {
        let file = try #require(ReferenceFiles.testdata).appending(path: "\(set)/expected.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
        return try lines.dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            return Expected(
                number: try #require(Int(fields[0])), program: String(fields[2]),
                volumeML: try #require(Double(fields[3])),
                meanGy: try #require(Double(fields[4])), d95Gy: Double(fields[6]),
                d50Gy: Double(fields[7]))
        }
    }

    @Test(
        "counting centres gives dicompyler-core's figures, small structures too",
        arguments: [("eclipse-dvh", "rtss"), ("prostate-dvh", "rtstruct")])
    func centre(set: String, structures: String) async throws {
        let document = try await Self.document(set, structures, .centre)
        for row in try Self.expected(set) where row.program.hasPrefix("dicompyler") {
            let found = try #require(document.structures.first { $0.number == row.number })
            // Same voxels: four decimals printed, and its mean is over bins of 0.01 Gy.
            #expect(abs(found.volumeML - row.volumeML) < 0.0001, "\(row.number)")
            #expect(abs(found.meanDoseGy - row.meanGy) < 0.006, "\(row.number)")
        }
    }

    @Test("exact shares agree with dicompyler-core and Eclipse above 50 mL")
    func areaEclipse() async throws {
        let document = try await Self.document("eclipse-dvh", "rtss", .area)
        for row in try Self.expected("eclipse-dvh") where row.volumeML > 50 {
            let found = try #require(document.structures.first { $0.number == row.number })
            #expect(abs(found.volumeML / row.volumeML - 1) < 0.015, "\(row.number)")
            #expect(abs(found.meanDoseGy / row.meanGy - 1) < 0.01, "\(row.number)")
        }
    }

    @Test("the prostate lies inside the span of four programs, widened as its README demands")
    func areaProstate() async throws {
        let document = try await Self.document("prostate-dvh", "rtstruct", .area)
        let rows = try Self.expected("prostate-dvh")
        for found in document.structures {
            let span = rows.filter { $0.number == found.number }
            let volumes = span.map(\.volumeML)
            let means = span.map(\.meanGy)
            #expect(found.volumeML >= (try #require(volumes.min())) * 0.995)
            #expect(found.volumeML <= (try #require(volumes.max())) * 1.005)
            #expect(found.meanDoseGy >= (try #require(means.min())) - 0.1)
            #expect(found.meanDoseGy <= (try #require(means.max())) + 0.1)
        }
        let ptv = try #require(document.structures.first { $0.number == 5 })
        #expect(abs(ptv.meanDoseGy - 45.88) < 0.1)
    }
}
