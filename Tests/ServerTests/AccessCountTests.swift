import Foundation
import Pathway
import Storage
import Synchronization
import Testing
import _TestSupport

@Suite("Counting accesses")
struct AccessCountTests {
    /// A clock that stands until it is moved.
    private final class Clock: Sendable {
        private let seconds = Mutex(1_795_000_010.0)
        var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }
        func advance(_ by: Double) { seconds.withLock { $0 += by } }
    }

    private struct Place {
        let url: URL
        let clock = Clock()

        init(_ label: String) throws { url = try ReferenceFiles.scratch(label) }

        func open() throws -> DataFolder {
            try DataFolder.open(
                at: url.appending(path: "data"), create: true, now: { [clock] in clock.now })
        }

        func person(_ folder: DataFolder) async throws -> AccountRecord {
            let home = try await folder.accounts.organisation(named: "NET centre", by: "test")
            return try await folder.accounts.create(
                login: "anna", fullName: "Anna", organisation: home.id, role: .physicist,
                by: "test")
        }

        func remove() { try? FileManager.default.removeItem(at: url) }
    }

    private static func note(
        _ times: Int, _ person: AccountRecord, _ folder: DataFolder, _ object: String = "patient-1"
    ) async throws {
        for _ in 0 ..< times {
            try await folder.accounts.noteAccess(
                by: person, to: object, action: "GET /cases/{case}")
        }
    }

    /// What the entries of an object say of those before them.
    private static func timesBefore(
        _ folder: DataFolder, _ object: String = "patient-1"
    ) async throws -> [String?] {
        try await folder.audit.entries(last: 100).filter { $0.subject == object }
            .sorted { $0.sequence < $1.sequence }
            .map { entry in
                let detail = try JSONDecoder().decode(
                    [String: String].self, from: Data(entry.detailJSON.utf8))
                return detail["timesBefore"]
            }
    }

    @Test("The next entry says how many there had been, also after the server was stopped")
    func stopped() async throws {
        let place = try Place("access-stopped")
        defer { place.remove() }
        let first = try place.open()
        let person = try await place.person(first)
        try await Self.note(5, person, first)
        try await first.accounts.keepAccessCounts()
        try first.close()
        let second = try place.open()
        place.clock.advance(120)
        try await Self.note(2, person, second)
        place.clock.advance(181)
        try await Self.note(1, person, second)
        #expect(try await Self.timesBefore(second) == [nil, "7"])
        place.clock.advance(300)
        try await Self.note(1, person, second)
        #expect(try await Self.timesBefore(second) == [nil, "7", nil])
        try second.close()
    }

    @Test("Within five minutes an access after the first writes nothing")
    func cheap() async throws {
        let place = try Place("access-cheap")
        defer { place.remove() }
        let folder = try place.open()
        let person = try await place.person(folder)
        try await Self.note(1, person, folder)
        let log = folder.url.appending(path: "grevy.sqlite-wal")
        let before = try Data(contentsOf: log)
        try await Self.note(200, person, folder)
        #expect(try Data(contentsOf: log) == before)
        // Whatever is written next takes the counts of other objects along.
        try await Self.note(1, person, folder, "patient-2")
        let again = try place.open()
        place.clock.advance(300)
        try await Self.note(1, person, again)
        #expect(try await Self.timesBefore(again) == [nil, "201"])
        try again.close()
        try folder.close()
    }

    @Test("Accesses at the same moment are all counted, and their first is one entry")
    func together() async throws {
        let place = try Place("access-together")
        defer { place.remove() }
        let folder = try place.open()
        let person = try await place.person(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0 ..< 8 { group.addTask { try await Self.note(10, person, folder) } }
            try await group.waitForAll()
        }
        place.clock.advance(301)
        try await Self.note(1, person, folder)
        #expect(try await Self.timesBefore(folder) == [nil, "80"])
        try folder.close()
    }
}
