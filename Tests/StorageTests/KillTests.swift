import Foundation
import Storage
import Testing
import _TestSupport

@Suite("Kill -9")
struct KillTests {
    private static let kills = 50
    private static let program = BuiltProgram.url("_StorageTorture")

    @Test(
        "50 kills at random moments lose nothing that was acknowledged",
        .enabled(if: program != nil, "_StorageTorture was not built"))
    func nothingLost() async throws {
        let program = try #require(Self.program)
        let scratch = try ScratchFolder("kill")
        let seed = UInt64.random(in: 0 ..< 1 << 32)
        var random = SplitMix(seed: seed)
        var promised = Promises()
        for kill in 0 ..< Self.kills {
            let delay = Double.random(in: 0 ..< 0.3, using: &random)
            // Half of the kills may come while the folder is being made or opened.
            let lines = try output(
                of: program, [scratch.data.path, "\(seed + UInt64(kill))"], killedAfter: delay,
                ofWork: kill.isMultiple(of: 2))
            for line in lines { try promised.add(line) }
            let folder = try scratch.open()
            let verdict = try await folder.audit.verify(expectedHeads: [promised.head])
            guard case .intact = verdict else {
                Issue.record("seed \(seed), kill \(kill): \(verdict)")
                return
            }
            let everything = kill % 10 == 9
            let damage = try await folder.check(rereadingObjects: everything)
            #expect(damage.isEmpty, "seed \(seed), kill \(kill)")
            let missing = try await promised.missing(in: folder, everything: everything)
            #expect(missing.isEmpty, "seed \(seed), kill \(kill)")
        }
        let scratchFolders = try FileManager.default.contentsOfDirectory(
            atPath: scratch.data.appending(path: "tmp").path)
        #expect(scratchFolders.count <= 1, "what the dead left in tmp/ is cleared")
        print("\(Self.kills) kills, seed \(seed): \(promised.summary)")
        #expect(promised.count >= Self.kills / 2, "the kills hit work in progress")
    }

    @Test("A promise that was not kept would be noticed")
    func negativeControl() async throws {
        let scratch = try ScratchFolder("kill")
        let folder = try scratch.open()
        var promised = Promises()
        let lost = ObjectDigest(of: [1])
        for line in ["object \(lost)", "instance 9.9 \(lost)", "derived dose-9 \(lost)"] {
            try promised.add(line)
        }
        let missing = try await promised.missing(in: folder, everything: false)
        #expect(missing == ["object", "9.9", "dose-9"])
    }

    private func output(
        of program: URL, _ arguments: [String], killedAfter seconds: Double, ofWork: Bool
    ) throws -> [String] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let identifier = process.processIdentifier
        let first = ofWork ? pipe.fileHandleForReading.availableData : Data()
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { kill(identifier, SIGKILL) }
        let rest = pipe.fileHandleForReading.readDataToEndOfFile()
        let text = String(decoding: first + rest, as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "it was at work until it was killed")
        // A last line without its end was not said in full.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
    }
}

/// What a killed process had acknowledged.
private struct Promises {
    private var objects: [ObjectDigest] = []
    private var instances: [(uid: String, object: ObjectDigest)] = []
    private var derived: [(id: String, content: ObjectDigest)] = []
    private(set) var head = AuditHead.empty
    /// How much of each list has been looked up before.
    private var seen = (objects: 0, instances: 0, derived: 0)

    var count: Int { objects.count + instances.count + derived.count }
    var summary: String {
        "\(objects.count) objects, \(instances.count) instances, \(derived.count) computed objects"
    }

    mutating func add(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        switch words[0] {
        case "object": objects.append(try #require(ObjectDigest(words[1])))
        case "instance": instances.append((words[1], try #require(ObjectDigest(words[2]))))
        case "derived": derived.append((words[1], try #require(ObjectDigest(words[2]))))
        default: head = try #require(AuditHead(words[1]))
        }
    }

    /// Returns what cannot be read back with the right hash: all, or what is new since last time.
    mutating func missing(in folder: DataFolder, everything: Bool) async throws -> [String] {
        let start = everything ? (objects: 0, instances: 0, derived: 0) : seen
        var missing: [String] = []
        for digest in objects[start.objects...]
        where (try? await folder.objects.bytes(of: digest)) == nil { missing.append("object") }
        for (uid, object) in instances[start.instances...] {
            let found = try? await folder.records.instance(uid: uid)
            let bytes = try? await folder.objects.bytes(of: object)
            if found?.object != object || bytes == nil { missing.append(uid) }
        }
        for (id, content) in derived[start.derived...] {
            let found = try? await folder.records.derived(id: id)
            let bytes = try? await folder.objects.bytes(of: content)
            if found?.draft.content != content || bytes == nil { missing.append(id) }
        }
        seen = (objects.count, instances.count, derived.count)
        return missing
    }
}
