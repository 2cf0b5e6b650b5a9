import Foundation
import GRDB
import Storage
import Testing

@Suite("Data folder")
struct DataFolderTests {
    @Test("Connections are durable and hold references: WAL, synchronous FULL, foreign keys on")
    func settings() async throws {
        let scratch = try ScratchFolder("folder")
        for _ in 0 ..< 2 {
            let folder = try scratch.open()
            let settings = try await folder.settings()
            #expect(settings.journalMode == "wal")
            #expect(settings.synchronous == 2)
            #expect(settings.writerForeignKeys)
            #expect(settings.readerForeignKeys)
            try folder.close()
        }
    }

    @Test("Only its owner can look into a new folder")
    func permissions() throws {
        let scratch = try ScratchFolder("folder")
        // Also in a folder that somebody else made.
        try FileManager.default.createDirectory(
            at: scratch.data, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        #expect(DataFolder.isOpenToOthers(at: scratch.data))
        let folder = try scratch.open()
        func rights(_ name: String) throws -> Int? {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: scratch.data.appending(path: name).path)
            return (attributes[.posixPermissions] as? NSNumber)?.intValue
        }
        for name in ["grevy.sqlite", "grevy.sqlite-wal", "grevy.sqlite-shm", "lock"] {
            #expect(try rights(name) == 0o600, "\(name)")
        }
        for name in ["objects", "objects/00", "tmp", "jobs", "uploads"] {
            #expect(try rights(name) == 0o700, "\(name)")
        }
        try folder.close()
        try FileManager.default.removeItem(at: scratch.data)
        #expect(!DataFolder.isOpenToOthers(at: scratch.data))
        try scratch.open().close()
        #expect(!DataFolder.isOpenToOthers(at: scratch.data))
    }

    @Test("What was kept is there when the folder is opened again")
    func reopened() async throws {
        let scratch = try ScratchFolder("folder")
        let first = try scratch.open()
        let record = try await first.save("dose", "d")
        try first.close()
        let second = try DataFolder.open(at: scratch.data, create: false)
        #expect(try await second.records.derived(id: record.id) == record)
        #expect(try await second.check(rereadingObjects: true).isEmpty)
    }

    @Test("A folder that does not exist is not made unless that is asked for")
    func absent() throws {
        let scratch = try ScratchFolder("folder")
        #expect(throws: StorageError.notADataFolder(reason: "it does not exist")) {
            try DataFolder.open(at: scratch.data, create: false)
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.data.path))
    }

    @Test(
        "A folder with other people's files is refused and left as it is", arguments: [true, false])
    func foreignFiles(create: Bool) throws {
        let scratch = try ScratchFolder("folder")
        let note = scratch.url.appending(path: "holiday.txt")
        try Data("sun".utf8).write(to: note)
        #expect(throws: StorageError.self) { try DataFolder.open(at: scratch.url, create: create) }
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)
        #expect(names == ["holiday.txt"])
    }

    @Test("Another program's database of the same name is refused and left as it is")
    func foreignDatabase() throws {
        let scratch = try ScratchFolder("folder")
        let file = scratch.url.appending(path: "grevy.sqlite")
        let queue = try DatabaseQueue(path: file.path)
        try queue.write { try $0.execute(sql: "CREATE TABLE a (b); CREATE TABLE c (d)") }
        try queue.close()
        let before = try Data(contentsOf: file)
        #expect(throws: StorageError.notADataFolder(reason: "its grevy.sqlite is not Grevy's")) {
            try DataFolder.open(at: scratch.url, create: true)
        }
        #expect(try Data(contentsOf: file) == before)
    }

    @Test("A file that is no database is named as damaged")
    func noDatabase() throws {
        let scratch = try ScratchFolder("folder")
        try Data(repeating: 7, count: 5000).write(to: scratch.url.appending(path: "grevy.sqlite"))
        #expect(
            throws: StorageError.corrupted(
                entity: "grevy.sqlite", detail: "not readable as SQLite")
        ) { try DataFolder.open(at: scratch.url, create: true) }
    }

    @Test("A folder written by a newer Grevy is refused and left as it is")
    func newer() async throws {
        let scratch = try ScratchFolder("folder")
        try scratch.open().close()
        let queue = try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
        try await queue.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('2099-01 holograms')")
        }
        try queue.close()
        #expect(throws: StorageError.newerSchema) { try scratch.open() }
    }

    @Test("A folder cut off before its first migration is finished when it is created again")
    func cutOffBeforeMigrations() async throws {
        let scratch = try ScratchFolder("folder")
        try FileManager.default.createDirectory(
            at: scratch.data, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
        // What GRDB's migrator writes before anything of ours.
        try await queue.write {
            try $0.execute(
                sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try queue.close()
        #expect(throws: StorageError.notADataFolder(reason: "its creation was not finished")) {
            try DataFolder.open(at: scratch.data, create: false)
        }
        let folder = try scratch.open()
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }

    @Test("A folder whose creation was cut off is finished when it is created again")
    func halfCreated() async throws {
        let scratch = try ScratchFolder("folder")
        try FileManager.default.createDirectory(
            at: scratch.data.appending(path: "objects"), withIntermediateDirectories: true)
        try Data().write(to: scratch.data.appending(path: "grevy.sqlite"))
        #expect(throws: StorageError.notADataFolder(reason: "its creation was not finished")) {
            try DataFolder.open(at: scratch.data, create: false)
        }
        let folder = try scratch.open()
        _ = try await folder.save("dose", "d")
    }

    @Test("Scratch files of the dead are cleared, those of the living stay")
    func scratchFiles() async throws {
        let scratch = try ScratchFolder("folder")
        let living = try scratch.open()
        let tmp = scratch.data.appending(path: "tmp")
        let own = try FileManager.default.contentsOfDirectory(atPath: tmp.path)
        let dead = tmp.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: dead, withIntermediateDirectories: false)
        try Data("half".utf8).write(to: dead.appending(path: "half"))
        let second = try scratch.open()
        #expect(!FileManager.default.fileExists(atPath: dead.path))
        let now = try FileManager.default.contentsOfDirectory(atPath: tmp.path)
        #expect(now.count == 2 && Set(own).isSubset(of: now))
        _ = try await living.objects.put([1])
        _ = try await second.objects.put([2])
    }

    @Test("A hand-changed record shows in the check although the chain is intact")
    func changedRecord() async throws {
        let scratch = try ScratchFolder("folder")
        let folder = try scratch.open()
        let record = try await folder.save("dose", "d")
        try Chain.tamper(scratch, "UPDATE derived SET parametersJSON = '{\"x\":1}'")
        #expect(
            try await folder.check(rereadingObjects: false).filter { $0.subject != "database" }
                == [Damage(subject: record.id, reason: "it is not what the audit recorded")])
    }

    /// A folder with two files of a patient, and a computed object that was accepted, taken
    /// back and accepted again.
    private func recorded() async throws -> (ScratchFolder, DataFolder) {
        let scratch = try ScratchFolder("recorded")
        let folder = try scratch.open()
        _ = try await folder.importSeries(["a", "bb"])
        _ = try await folder.importSeries(["a", "bb", "ccc"])
        let record = try await folder.save("dose", "d")
        try await folder.records.accept(record.id, note: "looks right", by: "anna")
        try await folder.records.withdrawAcceptance(of: record.id, reason: "wrong", by: "bert")
        try await folder.records.accept(record.id, note: "right after all", by: "anna")
        return (scratch, folder)
    }

    @Test(
        "A record that was changed past the program is found",
        arguments: [
            ("UPDATE acceptance SET acceptedBy = 'bert'", "acceptance"),
            ("UPDATE acceptance SET acceptedAt = '2020-01-01T00:00:00.000Z'", "acceptance"),
            ("UPDATE acceptance SET note = 'looks wrong'", "acceptance"),
            ("UPDATE acceptance SET withdrawnReason = 'x' WHERE id = 1", "acceptance"),
            ("UPDATE acceptance SET withdrawnAt = NULL WHERE 0", nil),
            ("DELETE FROM acceptance WHERE id = 1", "acceptance"),
            (
                """
                INSERT INTO acceptance (derived, acceptedAt, acceptedBy, note, withdrawnAt)
                SELECT derived, acceptedAt, acceptedBy, note, 'x' FROM acceptance WHERE id = 2
                """, "acceptance"
            ),
            ("UPDATE patient SET name = 'Other^Name'", "patient-1"),
            ("UPDATE patient SET birthDate = '19600102'", "patient-1"),
            ("UPDATE derived SET name = 'other'", "dose-1"),
            ("DELETE FROM instance WHERE id = 2", "import"),
            (
                """
                DELETE FROM instance WHERE id = 2;
                DELETE FROM importFile WHERE object NOT IN (SELECT object FROM instance)
                """, "import"
            ),
            ("DELETE FROM importFile WHERE outcome = 'stored' AND run = 2", "import"),
        ] as [(String, String?)])
    func tampered(sql: String, subject: String?) async throws {
        let (scratch, folder) = try await recorded()
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
        try Chain.tamper(scratch, sql)
        let found = try await folder.check(rereadingObjects: false).map(\.subject)
        #expect(Set(found.filter { $0 != "database" }) == Set(subject.map { [$0] } ?? []))
    }

    @Test("A guard that was taken away or made to refuse nothing is named")
    func guards() async throws {
        let (scratch, folder) = try await recorded()
        let database = try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
        try await database.write { db in
            try db.execute(
                sql: """
                    DROP TRIGGER instanceNoDELETE;
                    DROP TRIGGER auditNoUPDATE;
                    CREATE TRIGGER auditNoUPDATE BEFORE UPDATE ON audit BEGIN SELECT 1; END;
                    """)
        }
        let damage = try await folder.check(rereadingObjects: false)
        #expect(
            damage
                == ["auditNoUPDATE", "instanceNoDELETE"].map {
                    Damage(
                        subject: "database", reason: "the guard \($0) is missing or was changed")
                })
    }
}
