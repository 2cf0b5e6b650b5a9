import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Hostile file", .enabled(if: ReferenceFiles.testdata != nil))
struct HostileFileTests {
    /// How often what came out.
    private struct Tally: CustomStringConvertible {
        var counts: [String: Int] = [:]
        var died: [String] = []

        mutating func add(_ result: String, file: String) {
            counts[result, default: 0] += 1
            if result.contains("workerDied") { died.append(file) }
        }

        var description: String {
            counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
        }
    }

    /// Reads header and pixels of all files, two at a time.
    private func outcomes(of paths: [String], with reader: DicomReader) async -> Tally {
        await withTaskGroup(of: [(String, String)].self) { group in
            for first in 0 ..< 2 {
                group.addTask {
                    var results: [(String, String)] = []
                    for n in stride(from: first, to: paths.count, by: 2) {
                        results.append(
                            (
                                "header "
                                    + (await Self.outcome {
                                        try await reader.header(path: paths[n])
                                    }), paths[n]
                            ))
                        results.append(
                            (
                                "pixels "
                                    + (await Self.outcome {
                                        try await reader.frames(path: paths[n])
                                    }), paths[n]
                            ))
                    }
                    return results
                }
            }
            var tally = Tally()
            for await part in group {
                for (result, path) in part {
                    tally.add(result, file: URL(filePath: path).lastPathComponent)
                }
            }
            return tally
        }
    }

    private static func outcome(_ body: () async throws -> some Any) async -> String {
        do {
            _ = try await body()
            return "data"
        } catch let error as DicomError {
            return "\(error)".prefix { $0 != "(" }.description
        } catch {
            Issue.record("\(error)")
            return "other error"
        }
    }

    private func unpacked(into scratch: URL) throws -> [String] {
        let archive = DicomSamples.folder.appending(path: "hostile/fuzz-cat01-12.tar.xz")
        try DicomSamples.run("tar", ["xJf", archive.path, "-C", scratch.path])
        let names = try #require(FileManager.default.enumerator(atPath: scratch.path))
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".dcm") }
            .map { scratch.appending(path: $0).path }.sorted()
    }

    @Test("of the fuzzing corpus gives data or an error, and the baseline after it is read")
    func corpus() async throws {
        let scratch = try ReferenceFiles.scratch("hostile")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let paths = try unpacked(into: scratch)
        #expect(paths.count == 380)
        let reader = DicomReader(workers: 2)
        let tally = await outcomes(of: paths, with: reader)
        print("hostile corpus, \(paths.count) files:", tally, "| died:", tally.died)
        print("workers started:", await reader.workersStarted)
        #expect(tally.counts.values.reduce(0, +) == 2 * paths.count)
        let baseline = try #require(paths.first { $0.contains("BASELINE") })
        _ = try await reader.frames(path: baseline)
        let peak = await reader.peakWorkerMemory()
        print("peak memory of the workers, MB:", peak.map { $0 / 1_000_000 })
        #expect(peak.allSatisfy { $0 < 1_000_000_000 })
    }

    @Test("that claims gigabytes is refused quickly and in little memory")
    func giants() async throws {
        let scratch = try ReferenceFiles.scratch("giants")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let reader = DicomReader(workers: 1)
        let overflow = DicomSamples.folder
            .appending(path: "hostile/2026-05-26-oob-monochrome-46341.dcm").path
        let bulk = try DicomSamples.gunzipped(
            "hostile/3gb-bulk-data-truncated.dcm.gz", into: scratch)
        for path in [overflow, bulk] {
            do {
                _ = try await reader.frames(path: path)
                Issue.record("pixels came out of \(path)")
            } catch DicomError.limitExceeded(let what) {
                print("giant:", what)
            } catch DicomError.malformed(let reason) {
                print("giant:", reason)
            }
        }
        #expect(await reader.workersStarted == 1)
        let peak = await reader.peakWorkerMemory()
        // What the program itself needs with its libraries, and a little.
        #expect(peak.allSatisfy { $0 < 300_000_000 })
    }

    @Test("made from a real one by flipping, cutting, lying and splicing gives data or an error")
    func mutations() async throws {
        let scratch = try ReferenceFiles.scratch("mutations")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let seed: UInt64 = 20_261_121
        print("seed of the mutations:", seed)
        var random = SplitMix(seed: seed)
        let originals = try [
            "transfer-syntaxes/nm-wg04/NM1_JPLL.dcm", "transfer-syntaxes/nm-wg04/NM1_JLSL.dcm",
            "transfer-syntaxes/nm-wg04/NM1_J2KR.dcm", "transfer-syntaxes/nm-wg04/NM1_RLE.dcm",
            "transfer-syntaxes/nm-wg04/NM1_JPLY.dcm", "transfer-syntaxes/other/emri_small.dcm",
            "transfer-syntaxes/other/emri_small_RLE.dcm", "transfer-syntaxes/other/image_dfl.dcm",
            "transfer-syntaxes/other/HTJ2K_08_RGB.dcm", "quirks/files/bad_sequence.dcm",
            "quirks/files/test-SR.dcm", "quirks/files/MR_small_implicit.dcm",
        ].map { try [UInt8](Data(contentsOf: DicomSamples.folder.appending(path: $0))) }
        var paths: [String] = []
        for n in 0 ..< 300 {
            let bytes = mutated(originals[n % originals.count], originals, n, &random)
            let file = scratch.appending(path: "m\(n).dcm")
            try Data(bytes).write(to: file)
            paths.append(file.path)
        }
        let reader = DicomReader(workers: 2)
        let tally = await outcomes(of: paths, with: reader)
        print("mutations, \(paths.count) files:", tally, "| died:", tally.died)
        print("workers started:", await reader.workersStarted)
        #expect(tally.counts.values.reduce(0, +) == 2 * paths.count)
        let peak = await reader.peakWorkerMemory()
        print("peak memory of the workers, MB:", peak.map { $0 / 1_000_000 })
        #expect(peak.allSatisfy { $0 < 1_000_000_000 })
    }

    private func mutated(
        _ original: [UInt8], _ all: [[UInt8]], _ n: Int, _ random: inout SplitMix
    ) -> [UInt8] {
        var bytes = original
        // Half of the damage goes to the header, where it does most.
        let reach = n.isMultiple(of: 2) ? min(4096, bytes.count) : bytes.count
        switch n / 12 % 4 {
        case 0:
            for _ in 0 ..< Int.random(in: 1 ... 20, using: &random) {
                let place = Int.random(in: 132 ..< reach, using: &random)
                bytes[place] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
            }
        case 1:
            bytes.removeLast(Int.random(in: 1 ..< bytes.count - 132, using: &random))
        case 2:
            let place = Int.random(in: 132 ..< reach - 4, using: &random)
            let lies: [UInt32] = [0xffff_ffff, 0xffff_fffe, 0x7fff_ffff, 0x8000_0000, 0, 1]
            let lie = lies.randomElement(using: &random) ?? 0
            for byte in 0 ..< 4 { bytes[place + byte] = UInt8(lie >> UInt32(8 * byte) & 0xff) }
        default:
            let other = all.randomElement(using: &random) ?? original
            let cut = Int.random(in: 132 ..< bytes.count, using: &random)
            let from = Int.random(in: 0 ..< other.count, using: &random)
            bytes = Array(bytes[..<cut] + other[from...])
        }
        return bytes
    }

    @Test("that kills its worker costs that file only")
    func deadWorker() async throws {
        // A program that ends at once stands for a worker that crashes.
        let broken = DicomReader(workers: 1, program: "/bin/false")
        await #expect(throws: DicomError.self) { try await broken.header(path: "/tmp/x.dcm") }
        await #expect(throws: DicomError.self) { try await broken.header(path: "/tmp/x.dcm") }
        #expect(await broken.workersStarted == 2)
        // One that never answers stands for a parser in an endless loop.
        let scratch = try ReferenceFiles.scratch("sleeper")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let script = scratch.appending(path: "sleeper.sh")
        try Data("#!/bin/sh\nexec sleep 60\n".utf8).write(to: script)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: script.path)
        let slow = DicomReader(workers: 1, fileSeconds: 0.2, program: script.path)
        let start = ContinuousClock.now
        await #expect(throws: DicomError.workerDied(reason: "no answer within 1 s")) {
            try await slow.header(path: "/tmp/x.dcm")
        }
        // Ended, not waited for: the sleeper sleeps for 60 s, and a busy machine takes its time.
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
