import Foundation
import GRDB
import Pathway
import Storage
import Testing

@Suite("Records of shares")
struct ShareRecordTests {
    /// A share that was answered and ended, another in force, and an emergency that was seen.
    private struct Bench {
        let scratch: ScratchFolder
        let folder: DataFolder
        let owner: AccountRecord
        let other: AccountRecord
        let ended: ShareRecord

        init() async throws {
            scratch = try ScratchFolder("share-records")
            folder = try scratch.open()
            _ = try await folder.importSeries(["one", "three"])
            let home = try await folder.accounts.organisation(named: "centre", by: "test")
            let second = try await folder.accounts.organisation(named: "county", by: "test")
            owner = try await folder.accounts.create(
                login: "owner", fullName: "Owner", organisation: home.id, role: .physicist,
                by: "test")
            other = try await folder.accounts.create(
                login: "other", fullName: "Other", organisation: second.id, role: .radiologist,
                by: "test")
            try await folder.accounts.assignUnowned(to: home.id, by: "test")
            let patient = try #require(try await folder.records.patients().first)
            let series = Set(
                try await folder.records.series(patient: patient.id).map(\.id))
            let (shares, sharer) = (folder.shares, owner)
            func share(_ question: String) async throws -> ShareRecord {
                try await shares.create(
                    ShareDraft(
                        patient: patient.id, recipient: second.id,
                        terms: try ShareTerms(
                            purpose: "advice", rights: [.download], question: question),
                        series: series, records: []), by: sharer)
            }
            ended = try await share("SIRT?")
            for state in [Referral.State.accepted, .answered] {
                try await folder.shares.move(
                    referral: ended.id, to: state, text: "Yes.", by: other)
            }
            try await folder.shares.revoke(
                ended.id, of: patient.id, reason: "answered", by: owner)
            _ = try await share("")
            try await folder.shares.setAllowsEmergencies(true, by: owner)
            let identity = patient.identity
            let opened = try await folder.shares.openInEmergency(
                patientID: identity.patientID, birthDate: identity.birthDate, reason: "bleeding",
                by: other)
            try #require(opened == [patient.id])
            let access = try #require(try await folder.shares.emergencies().first)
            for _ in 1 ... 2 {
                try await folder.shares.answer(emergency: access.id, ending: false, by: owner)
            }
        }
    }

    @Test("What was kept is what the audit trail says")
    func sound() async throws {
        let bench = try await Bench()
        #expect(try await bench.folder.check(rereadingObjects: false).isEmpty)
        let trail = try await bench.folder.audit.entries(last: 40)
        for word in ["advice", "SIRT?", "Yes.", "bleeding"] {
            #expect(!trail.contains { $0.detailJSON.contains(word) }, "\(word)")
        }
    }

    @Test(
        "A share, an answer or an access that somebody changed in the file is found",
        arguments: [
            "UPDATE share SET expiresAt = expiresAt + 86400", "UPDATE share SET recipient = 3",
            "UPDATE share SET includesFuture = 1", "UPDATE share SET lastSeries = 0",
            "UPDATE share SET purpose = 'other'", "UPDATE share SET rights = 'comment view'",
            "UPDATE shareItem SET lastInstance = lastInstance + 1",
            "DELETE FROM shareItem WHERE share = 2", "DELETE FROM shareEnd",
            "UPDATE shareEnd SET reason = 'other'",
            "UPDATE referralMove SET text = 'No.' WHERE toState = 'answered'",
            "DELETE FROM referralMove WHERE toState = 'answered'",
            "UPDATE emergency SET reason = 'other'",
            "UPDATE emergency SET expiresAt = expiresAt + 3600", "DELETE FROM emergencyAnswer",
            "DELETE FROM emergencyAnswer; DELETE FROM emergency",
        ])
    func tampered(sql: String) async throws {
        let bench = try await Bench()
        _ = try await bench.folder.accounts.organisation(named: "third", by: "test")
        try Chain.tamper(bench.scratch, sql)
        #expect(!(try await bench.folder.check(rereadingObjects: false).isEmpty), "\(sql)")
    }

    @Test("Rows of shares cannot be changed or deleted by a statement of the program")
    func kept() async throws {
        let bench = try await Bench()
        let queue = try DatabaseQueue(
            path: bench.scratch.data.appending(path: "grevy.sqlite").path)
        for table in [
            "share", "shareItem", "shareEnd", "referralMove", "emergency", "emergencyAnswer",
            "emergencyConsent",
        ] {
            await #expect(throws: DatabaseError.self) {
                try await queue.write { try $0.execute(sql: "DELETE FROM \(table)") }
            }
            await #expect(throws: DatabaseError.self) {
                try await queue.write { try $0.execute(sql: "UPDATE \(table) SET rowid = 99") }
            }
        }
    }

    @Test("What is shared is open until its end, and to nobody else")
    func access() async throws {
        let bench = try await Bench()
        let shares = bench.folder.shares
        let patient = bench.ended.patient
        let opened = try #require(
            try await shares.access(to: patient, for: bench.other, as: .download))
        #expect(opened.sight.ground == .shares([2]))
        // The emergency opens more, to look at.
        let seen = try #require(try await shares.access(to: patient, for: bench.other, as: .view))
        #expect(seen.sight.extent == .whole && !seen.sight.isOwners)
        #expect(try await shares.access(to: patient, for: bench.other, as: .comment) == nil)
        #expect(try await shares.access(to: patient, for: bench.other, as: nil) == nil)
        #expect(try await shares.access(to: 99, for: bench.other, as: .view) == nil)
        let own = try #require(try await shares.access(to: patient, for: bench.owner, as: nil))
        #expect(own.sight.isOwners)
    }
}
