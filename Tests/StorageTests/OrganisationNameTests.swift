import Foundation
import GRDB
import Storage
import Testing

@Suite("Names of organisations")
struct OrganisationNameTests {
    private static let taken = StorageError.duplicate(entity: "organisation")

    @Test("A name is kept without spaces around it, and with single ones inside")
    func cleaned() async throws {
        let scratch = try ScratchFolder("organisation-spaces")
        let accounts = try scratch.open().accounts
        let made = try await accounts.addOrganisation(
            named: "  Klinikum \u{a0} S\u{fc}d ", by: "test")
        #expect(made.name == "Klinikum S\u{fc}d")
        try await accounts.rename(
            organisation: made.id, to: " Klinik   Nord", reason: "merged", by: "test")
        let kept = try #require(try await accounts.organisationSummaries().first)
        #expect(kept.name == "Klinik Nord")
        #expect(kept.earlierNames.map(\.name) == ["Klinikum S\u{fc}d"])
        let found = try await accounts.organisation(named: "Klinik Nord ", by: "test")
        #expect(found.id == made.id && found.name == "Klinik Nord")
    }

    @Test(
        "Names that read alike are one name, and stay so after another has been given",
        arguments: [
            "Klinikum S\u{fc}d", "Klinikum S\u{fc}d ", "Klinikum  S\u{fc}d", "KLINIKUM S\u{dc}D",
            "klinikum su\u{308}d", "Klinikum\u{2003}S\u{fc}d", "\u{ff2b}linikum S\u{fc}d",
        ])
    func alike(name: String) async throws {
        let scratch = try ScratchFolder("organisation-alike")
        let accounts = try scratch.open().accounts
        let first = try await accounts.addOrganisation(named: "Klinikum S\u{fc}d", by: "test")
        let other = try await accounts.addOrganisation(named: "Klinikum Sud", by: "test")
        func isTaken() async {
            await #expect(throws: Self.taken) {
                try await accounts.addOrganisation(named: name, by: "test")
            }
            await #expect(throws: Self.taken) {
                try await accounts.rename(
                    organisation: other.id, to: name, reason: "a test", by: "test")
            }
        }
        await isTaken()
        #expect(try await accounts.organisation(called: name)?.id == first.id)
        #expect(try await accounts.organisation(named: name, by: "test").id == first.id)
        try await accounts.rename(
            organisation: first.id, to: "Klinik Nord", reason: "merged", by: "test")
        await isTaken()
        // Its own earlier name it may take again, in another spelling too.
        try await accounts.rename(organisation: first.id, to: name, reason: "back", by: "test")
        #expect(try await accounts.organisationSummaries().count == 2)
    }

    @Test(
        "A name without characters that are seen, or with others, is refused",
        arguments: [
            "", " \u{a0}", "Klinikum\nS\u{fc}d", "Klinikum\u{200b} S\u{fc}d",
            "\u{202e}Klinikum", "Klini\u{ad}kum",
        ])
    func unseen(name: String) async throws {
        let scratch = try ScratchFolder("organisation-unseen")
        let accounts = try scratch.open().accounts
        let home = try await accounts.addOrganisation(named: "Klinikum", by: "test")
        await #expect(throws: StorageError.self) {
            try await accounts.addOrganisation(named: name, by: "test")
        }
        await #expect(throws: StorageError.self) {
            try await accounts.organisation(named: name, by: "test")
        }
        await #expect(throws: StorageError.self) {
            try await accounts.rename(organisation: home.id, to: name, reason: "x", by: "test")
        }
        #expect(try await accounts.organisationSummaries().map(\.name) == ["Klinikum"])
    }

    @Test("Of names that were accepted beside each other, each finds its own organisation")
    func earlier() async throws {
        let scratch = try ScratchFolder("organisation-earlier")
        let accounts = try scratch.open().accounts
        let first = try await accounts.addOrganisation(named: "Klinikum", by: "test")
        let queue = try DatabaseQueue(
            path: scratch.data.appending(path: "grevy.sqlite").path)
        let second = try await queue.write { db in
            try db.execute(
                sql: "INSERT INTO organisation (name, createdAt) VALUES ('KLINIKUM ', '2026')")
            return db.lastInsertedRowID
        }
        try queue.close()
        #expect(try await accounts.organisation(called: "Klinikum")?.id == first.id)
        #expect(try await accounts.organisation(called: "KLINIKUM ")?.id == second)
        #expect(try await accounts.organisation(called: "klinikum")?.id == first.id)
        for id in [first.id, second] {
            await #expect(throws: Self.taken) {
                try await accounts.rename(
                    organisation: id, to: "klinikum", reason: "a test", by: "test")
            }
        }
        try await accounts.rename(
            organisation: second, to: "Klinik Nord", reason: "two of one name", by: "test")
        let names = try await accounts.organisationSummaries().map(\.name)
        #expect(names == ["Klinikum", "Klinik Nord"])
    }
}
