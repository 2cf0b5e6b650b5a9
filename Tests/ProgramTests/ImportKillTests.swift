import Foundation
import Testing
import _TestSupport

/// `grevy import`, killed at random moments.
@Suite("Import killed")
struct ImportKillTests {
    private static let kills = 20
    /// Files of one import: three batches, so that a kill finds each kind of work.
    private static let files = 133
    private static let seed: UInt64 = 20_261_121

    @Test("20 kills lose nothing that was acknowledged, and the next import ends the work")
    func nothingLost() throws {
        let records = try SyntheticRecords("import-kill")
        defer { records.remove() }
        let folders = ["ct-diagnostic", "ct-spect"].map { records.path("patient/dicom/\($0)") }
        let start = ContinuousClock.now
        let whole = try importOutcome(folders, into: records.path("whole"))
        var seconds = Self.seconds(since: start)
        #expect(whole["stored"] as? Int == Self.files)
        var random = SplitMix(seed: Self.seed)
        var atWork = 0
        var acknowledged = 0
        for kill in 0 ..< Self.kills {
            let data = records.path("data-\(kill)")
            let delay = Double.random(in: 0 ..< seconds, using: &random)
            let begin = ContinuousClock.now
            let (said, wasKilled) = try kill9(folders, into: data, after: delay)
            // One that was done before its kill shows how long an import takes by now, on a
            // machine that does other work too.
            if wasKilled { atWork += 1 } else { seconds = Self.seconds(since: begin) }
            acknowledged += said
            try expectSound(data, holding: said, "seed \(Self.seed), kill \(kill)")
            let again = try importOutcome(folders, into: data)
            let stored = try #require(again["stored"] as? Int)
            let known = try #require(again["alreadyStored"] as? Int)
            #expect(stored + known == Self.files)
            #expect(known >= said)
            if kill % 5 == 4 {
                try expectSound(data, holding: Self.files, "imported again after kill \(kill)")
            }
            try FileManager.default.removeItem(atPath: data)
        }
        print(
            "\(Self.kills) kills over \(seconds) s, seed \(Self.seed): \(atWork) hit the import, \(acknowledged) files acknowledged before"
        )
        #expect(atWork >= Self.kills / 2, "the kills hit work in progress")
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }

    private func importOutcome(_ folders: [String], into data: String) throws -> [String: Any] {
        let outcome = try Program.run(["import"] + folders + ["--data", data, "--json"])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        return try outcome.json()
    }

    /// Starts an import and kills it.
    ///
    /// - Returns: How many files it had said to be done, and whether it was still at work.
    private func kill9(
        _ folders: [String], into data: String, after seconds: Double
    ) throws -> (said: Int, wasKilled: Bool) {
        let process = Process()
        let errors = Pipe()
        process.executableURL = try Program.url
        process.arguments = ["import"] + folders + ["--data", data]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let identifier = process.processIdentifier
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
            if process.isRunning { kill(identifier, SIGKILL) }
        }
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // `import: 64 of 133 files`; a last line without its end was not said in full.
        let said = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.max()
        return (said ?? 0, process.terminationReason == .uncaughtSignal)
    }

    /// Chain, database and objects hold, and what was said to be done is listed.
    private func expectSound(_ data: String, holding files: Int, _ moment: String) throws {
        // Killed before the folder was made, or while it was: nothing was said, nothing is there.
        guard FileManager.default.fileExists(atPath: data + "/grevy.sqlite") else {
            #expect(files == 0, "\(moment)")
            return
        }
        let audit = try Program.run(["audit", "verify", "--data", data, "--objects", "--json"])
        if audit.exitCode != 0, files == 0, audit.errorText.contains("was not finished") { return }
        try #require(audit.exitCode == 0, "\(moment): \(audit.errorText)")
        #expect(try audit.json()["intact"] as? Bool == true, "\(moment)")
        let listing = try Program.run(["list", "--data", data, "--json"]).json()
        let listed = try #require(listing["patients"] as? [[String: Any]])
            .flatMap { $0["studies"] as? [[String: Any]] ?? [] }
            .flatMap { $0["series"] as? [[String: Any]] ?? [] }
            .compactMap { $0["instances"] as? Int }.reduce(0, +)
        #expect(listed >= files, "\(moment): \(listed) listed, \(files) acknowledged")
    }
}
