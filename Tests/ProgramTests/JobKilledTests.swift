import Foundation
import Storage
import Testing
import Workflows

/// `grevy job run` of a plan by Monte Carlo, killed while it simulates.
@Suite("Plan jobs killed")
struct JobKilledTests {
    /// Far more than fits between the first checkpoint and the kill that follows it.
    private static let plan = SyntheticRecords.simulatedPlan(histories: 150_000)

    /// Writes the specification of a job that plans in a data folder.
    ///
    /// - Returns: The file; its folder is the job's own.
    private static func specification(
        _ name: String, planningIn data: URL, _ records: SyntheticRecords
    ) async throws -> URL {
        let folder = try DataFolder.open(at: data, create: false)
        let digest = try await folder.objects.put(Array(plan.utf8))
        let patient = try #require(try await folder.records.patients().first).id
        try folder.close()
        var spec = JobSpec(
            dataFolder: data.path, actor: "test",
            task: .plan(case: patient, spec: digest.hex))
        spec.checkpointSeconds = 0.05
        let own = records.work.appending(path: name)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let file = own.appending(path: "spec.json")
        try JSONEncoder().encode(spec).write(to: file)
        return file
    }

    private static func messages(_ output: Data) -> [JobMessage] {
        output.split(separator: UInt8(ascii: "\n")).compactMap { JobMessage(line: $0) }
    }

    /// Starts the job and kills it as soon as a state lies in its folder.
    private static func killed(_ spec: URL, after state: String) throws -> [JobMessage] {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = try Program.url
        process.arguments = ["job", "run", spec.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let file = spec.deletingLastPathComponent().appending(path: state).path
        while process.isRunning, !FileManager.default.fileExists(atPath: file) {
            Thread.sleep(forTimeInterval: 0.005)
        }
        kill(process.processIdentifier, SIGKILL)
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let ended =
            "\(process.terminationStatus): \(String(decoding: said, as: UTF8.self))"
            + String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        try #require(process.terminationReason == .uncaughtSignal, "ended by itself, \(ended)")
        return messages(said)
    }

    /// Runs the job to its end.
    ///
    /// - Returns: What it said, and the digests of plan and dose.
    private static func ended(_ spec: URL, _ data: URL) async throws -> ([JobMessage], [String]) {
        let outcome = try Program.run(["job", "run", spec.path])
        let said = messages(outcome.output)
        guard outcome.exitCode == 0, case .done(_, let made?) = said.last else {
            Issue.record("\(outcome.errorText) \(String(describing: said.last))")
            return (said, [])
        }
        let folder = try DataFolder.open(at: data, create: false)
        let plan = try await folder.records.derived(id: made)
        let dose = try #require(
            try await folder.records.derived(caseID: plan.draft.caseID, kind: "dose").last)
        try folder.close()
        return (said, [plan.draft.content.hex, dose.draft.content.hex])
    }

    /// The first count of decays that a run of a territory told of.
    private static func firstCount(_ said: [JobMessage], _ territory: Int) throws -> Int {
        let start = "dose of territory \(territory): "
        for case .progress(_, let sentence) in said where sentence.hasPrefix(start) {
            let words = sentence.dropFirst(start.count).split(separator: " ")
            return try #require(words.first.flatMap { Int($0) })
        }
        throw Missing(territory: territory)
    }

    private struct Missing: Error { let territory: Int }

    @Test("A plan's job that was killed in each territory goes on there, to the same bytes")
    func resumed() async throws {
        let records = try SyntheticRecords("job-killed-plan")
        defer { records.remove() }
        try records.json(["import", records.path("patient/dicom")])
        let copy = records.work.appending(path: "copy")
        try FileManager.default.copyItem(at: records.data, to: copy)

        let whole = try await Self.specification("whole", planningIn: copy, records)
        let (_, expected) = try await Self.ended(whole, copy)
        try #require(expected.count == 2)

        let spec = try await Self.specification("job", planningIn: records.data, records)
        let first = try Self.killed(spec, after: "run-0.state")
        let second = try Self.killed(spec, after: "run-1.state")
        let (third, found) = try await Self.ended(spec, records.data)
        #expect(found == expected)
        // Each began where the killed one was, not at the start.
        #expect(try Self.firstCount(second, 1) > Self.firstCount(first, 1))
        #expect(try Self.firstCount(third, 2) > Self.firstCount(second, 2))
    }

    @Test("A state of another run, and one that is damaged, are not gone on with")
    func foreign() async throws {
        let records = try SyntheticRecords("job-foreign-state")
        defer { records.remove() }
        try records.json(["import", records.path("patient/dicom")])
        let spec = try await Self.specification("job", planningIn: records.data, records)
        _ = try Self.killed(spec, after: "run-1.state")
        let own = spec.deletingLastPathComponent()
        // The second territory's state is no state of the first's run.
        let other = try Data(contentsOf: own.appending(path: "run-1.state"))
        try other.write(to: own.appending(path: "run-0.state"))
        try (other.prefix(100) + Data(repeating: 7, count: 10)).write(
            to: own.appending(path: "run-1.state"))
        let (_, found) = try await Self.ended(spec, records.data)
        let again = try await Self.specification("again", planningIn: records.data, records)
        let (_, expected) = try await Self.ended(again, records.data)
        #expect(found.count == 2 && found == expected)
    }
}
