import Foundation
import Logging
import Pathway
import Server
import Storage
import Testing
import Workflows
import _TestSupport

/// The built programs, and a synthetic patient in a fixture's data folder.
enum Built {
    /// A program beside the test bundle.
    static func program(_ name: String) throws -> URL {
        let candidates = [
            Bundle.main.executableURL, CommandLine.arguments.first.map { URL(filePath: $0) },
            CommandLine.arguments.first { $0.contains(".xctest") }.map { URL(filePath: $0) },
        ].compactMap { $0?.deletingLastPathComponent().appending(path: name) }
        return try #require(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) },
            "\(name) is not built beside the tests")
    }

    /// Starts a program; the caller ends it.
    static func start(_ name: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = try program(name)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Runs `grevy` to its end, which must be a good one.
    static func run(_ arguments: [String]) async throws {
        let status = try await OwnThread.run {
            let process = try start("grevy", arguments)
            process.waitUntilExit()
            return process.terminationStatus
        }
        try #require(status == 0, "\(arguments)")
    }
}

extension ServerFixture {
    /// The folder of a synthetic patient's DICOM files, half size.
    func phantom() async throws -> URL {
        let folder = home.appending(path: "patient")
        try await Built.run(["phantom", folder.path, "--half-size"])
        return folder.appending(path: "dicom")
    }

    /// Imports the synthetic patient for the first organisation.
    ///
    /// - Returns: Its case.
    func phantomCase() async throws -> Int64 {
        let dicom = try await phantom()
        try await Built.run(["import", dicom.path, "--data", folder.url.path])
        try await folder.accounts.assignUnowned(to: organisations[0].id, by: "test")
        return try #require(try await folder.records.patients().last).id
    }

    /// Waits until a job is as wanted.
    func wait(
        for job: Int64, seconds: Double = 60, _ isWanted: (JobRecord) -> Bool
    ) async throws -> JobRecord {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let record = try await folder.jobs.job(job)
            if isWanted(record) { return record }
            try await Task.sleep(for: .milliseconds(20))
        }
        let record = try await folder.jobs.job(job)
        Issue.record("job \(job) is \(record.state): \(record.sentence)")
        return record
    }

    /// `grevy`, which stops itself before its first step; who lets it go on decides how far it gets,
    /// however busy the machine is.
    func stoppedProgram() throws -> String {
        let file = home.appending(path: "stopped-grevy")
        let program = try Built.program("grevy").path
        try Data("#!/bin/sh\nkill -STOP $$\nexec '\(program)' \"$@\"\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file.path)
        return file.path
    }

    /// Queues an import of a folder of the machine.
    func enqueueImport(_ path: URL, by account: AccountRecord) async throws -> Int64 {
        let task = JobTask.import(folder: path.path)
        return try await folder.jobs.enqueue(
            kind: task.kind, taskJSON: task.json, account: account.id, patient: nil
        ).id
    }

    /// A plan by Monte Carlo over so many decays a territory.
    static func plan(histories: Int) -> String {
        """
        name: simulated
        device: glass
        profile: eanm2022
        evidence: {basis: synthetic case, recordedBy: test}
        images: {planning: "CT portal venous, simulated", activity: "MAA SPECT no AC, simulated"}
        registration: {kind: identity}
        structures: {from: "Structures from shapes, simulated", liver: Liver, lungs: Lungs,
          tumours: [Tumour 4, Tumour 5]}
        territories:
          - {name: right, structure: Territory right, injectedActivityGBq: 2.574}
        lungShunt: {use: typed, fraction: 0.055}
        residualFraction: 0.01
        dose: {gridSpacingMM: 5, engine: monte-carlo, histories: \(histories)}
        """
    }
}
