import Foundation
import Storage
import Synchronization
import Testing
import Workflows
import _TestSupport

@Suite("Backup")
struct BackupTests {
    /// Takes in an image of a patient of its own.
    private static func bringIn(_ number: Int, _ folder: DataFolder) async throws {
        let object = try await folder.objects.put(Array("image \(number)".utf8))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await folder.records.register(
            [
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "P\(number)", issuer: "H", name: "Phantom^\(number)",
                        birthDate: "19600101", sex: "O"),
                    study: StudyDescription(studyUID: "1.2.\(number)", date: "20260105"),
                    series: SeriesDescription(seriesUID: "1.2.\(number).1", modality: "CT"),
                    sopInstanceUID: "1.2.\(number).1.1",
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: "file", sourceIndex: 0)
            ], run: run)
    }

    private struct Place {
        let home: URL
        let folder: DataFolder
        var data: URL { home.appending(path: "data") }
        var backup: URL { home.appending(path: "backup") }
        var restored: URL { home.appending(path: "restored") }

        /// What is at home beside the data folder.
        func others() throws -> Set<String> {
            Set(try FileManager.default.contentsOfDirectory(atPath: home.path)).subtracting([
                "data"
            ])
        }
    }

    private func place(_ label: String, patients: Int = 3) async throws -> Place {
        let home = try ReferenceFiles.scratch(label)
        let folder = try DataFolder.open(at: home.appending(path: "data"), create: true)
        for number in 0 ..< patients { try await Self.bringIn(number, folder) }
        let inbox = home.appending(path: "data/inbox/peer")
        try FileManager.default.createDirectory(at: inbox, withIntermediateDirectories: true)
        try Data("not taken yet".utf8).write(to: inbox.appending(path: "file"))
        return Place(home: home, folder: folder)
    }

    @Test("A backup made while others write is restored whole, and its audit chain holds")
    func story() async throws {
        let place = try await place("backup-story", patients: 20)
        defer { try? FileManager.default.removeItem(at: place.home) }
        let (started, teller) = AsyncStream<Void>.makeStream()
        // Cancelling would end a write half-way, and the test with it.
        let isOver = Atomic(false)
        let writing = Task { [folder = place.folder] in
            var number = 1000
            while !isOver.load(ordering: .acquiring) {
                try await Self.bringIn(number, folder)
                number += 1
                teller.yield()
            }
            return number - 1000
        }
        for await _ in started { break }
        let made = try await BackupWorkflow.backUp(data: place.data, to: place.backup)
        isOver.store(true, ordering: .releasing)
        let written = try await writing.value
        #expect(written > 0)
        let restored = try await BackupWorkflow.restore(
            from: place.backup, to: place.restored, expecting: made.manifest)
        #expect(restored == made)
        let verdict = try await AuditWorkflow.verify(
            data: place.restored, expectedHead: made.auditHead, rereadingObjects: true)
        #expect(verdict.isSound, "\(verdict.damage)")
        let copy = try DataFolder.open(at: place.restored, create: false)
        let patients = try await copy.records.patients().count
        #expect((21 ... 20 + written).contains(patients))
        let taken = place.restored.appending(path: "inbox/peer/file")
        #expect(try Data(contentsOf: taken) == Data("not taken yet".utf8))
        // Nothing was held back from those who wrote meanwhile, and the copy goes on by itself.
        #expect(try await place.folder.records.patients().count == 20 + written)
        try await Self.bringIn(1, try DataFolder.open(at: place.restored, create: false))
        #expect(!DataFolder.isOpenToOthers(at: place.restored))
        #expect(!DataFolder.isOpenToOthers(at: place.backup))
    }

    @Test(
        "A torn or changed backup is refused and leaves nothing",
        arguments: [
            "object", "cut", "missing", "link", "misnamed", "database", "extra", "manifest",
            "no manifest", "outside", "rows",
        ])
    func damaged(_ what: String) async throws {
        let place = try await place("backup-damaged")
        defer { try? FileManager.default.removeItem(at: place.home) }
        _ = try await BackupWorkflow.backUp(data: place.data, to: place.backup)
        let manifest = place.backup.appending(path: "manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        let path = try #require(text.firstMatch(of: /objects\/[0-9a-f]{2}\/[0-9a-f]{62}/)).0
        let object = place.backup.appending(path: String(path))
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: object.path)
        switch what {
        case "object": try Data("image X".utf8).write(to: object)
        case "cut": try Data(try Data(contentsOf: object).dropLast()).write(to: object)
        case "missing": try files.removeItem(at: object)
        case "link":
            // The same bytes, but from elsewhere.
            let elsewhere = place.data.appending(path: String(path))
            try files.removeItem(at: object)
            try files.createSymbolicLink(at: object, withDestinationURL: elsewhere)
        case "misnamed":
            let (name, hash) = (path.dropFirst(11), path.dropFirst(8).filter { $0 != "/" })
            try files.moveItem(
                at: object,
                to: object.deletingLastPathComponent().appending(
                    path: String(repeating: "0", count: name.count)))
            let changed = text.replacing(
                path, with: path.dropLast(name.count) + String(repeating: "0", count: name.count))
            try #require(changed.contains(hash))
            try Data(changed.utf8).write(to: manifest)
        case "database":
            let file = place.backup.appending(path: "grevy.sqlite")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
        case "extra":
            try Data().write(to: place.backup.appending(path: "objects/zz"))
        case "manifest": try Data(text.utf8.dropLast(100)).write(to: manifest)
        case "no manifest": try files.removeItem(at: manifest)
        case "rows":
            let more = text.replacing(/"patient" : 3/, with: "\"patient\" : 4")
            try #require(more != text)
            try Data(more.utf8).write(to: manifest)
        default:
            let changed = text.replacing(path, with: "objects/../../../stolen")
            try Data(changed.utf8).write(to: manifest)
        }
        let error = await #expect(throws: WorkflowError.self) {
            try await BackupWorkflow.restore(
                from: place.backup, to: place.restored, expecting: nil)
        }
        #expect(error?.description.contains("cannot be restored") == true)
        #expect(try place.others() == ["backup"])
    }

    @Test("Neither is written where something is, nor another backup than the noted one taken")
    func places() async throws {
        let place = try await place("backup-places")
        defer { try? FileManager.default.removeItem(at: place.home) }
        let full = place.home.appending(path: "full")
        try FileManager.default.createDirectory(at: full, withIntermediateDirectories: false)
        try Data([1]).write(to: full.appending(path: "mine"))
        for target in [full, place.data, place.data.appending(path: "b")] {
            await #expect(throws: WorkflowError.self) {
                try await BackupWorkflow.backUp(data: place.data, to: target)
            }
        }
        let empty = place.home.appending(path: "empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: false)
        _ = try await BackupWorkflow.backUp(data: place.data, to: empty)
        for target in [full, place.data, empty] {
            await #expect(throws: WorkflowError.self) {
                try await BackupWorkflow.restore(from: empty, to: target, expecting: nil)
            }
        }
        await #expect(throws: WorkflowError.self) {
            try await BackupWorkflow.restore(
                from: empty, to: place.restored, expecting: String(repeating: "0", count: 64))
        }
        #expect(try place.others() == ["full", "empty"])
    }

    @Test("A data folder with a damaged object gives no backup")
    func damagedSource() async throws {
        let place = try await place("backup-source")
        defer { try? FileManager.default.removeItem(at: place.home) }
        let digest = try await place.folder.objects.put(Array("image 1".utf8))
        let object = place.data.appending(
            path: "objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))")
        try FileManager.default.removeItem(at: object)
        try Data("image X".utf8).write(to: object)
        await #expect(throws: WorkflowError.self) {
            try await BackupWorkflow.backUp(data: place.data, to: place.backup)
        }
        #expect(try place.others().isEmpty)
    }
}
