import Foundation
import GRDB
import Imaging
import Pathway
import Storage
import Testing

@Suite("Meetings in the record")
struct MeetingRecordTests {
    /// A case on the list of a meeting that `chair` signs for.
    private struct Bench {
        let scratch: ScratchFolder
        let folder: DataFolder
        let home: OrganisationRecord
        let chair: Int64
        let nurse: Int64
        let meeting: MeetingRecord
        let item: AgendaItemRecord
        var records: RecordStore { folder.records }

        init(_ label: String) async throws {
            scratch = try ScratchFolder(label)
            folder = try scratch.open()
            _ = try await folder.importSeries(["a"])
            home = try await folder.accounts.organisation(named: "centre", by: "test")
            let (accounts, organisation) = (folder.accounts, home.id)
            func person(_ login: String, _ role: Role) async throws -> Int64 {
                try await accounts.create(
                    login: login, fullName: "Dr \(login)", organisation: organisation, role: role,
                    by: "test"
                ).id
            }
            chair = try await person("chair", .surgeon)
            nurse = try await person("nurse", .nurseSpecialist)
            meeting = try await folder.records.makeMeeting(
                of: home.id, day: "2026-11-26", title: "NET", chair: chair, by: nurse)
            item = try await folder.records.list(
                patient: 1, in: meeting.id, question: "Progression?", referral: "",
                by: nurse)
        }

        func decision(_ lead: String = "Dr chair") throws -> Decision {
            try Decision(
                question: "Progression?", options: ["SIRT", "Watch"], chosen: 1,
                intent: .surveillance, lead: lead,
                participants: [
                    Participant(
                        account: chair, name: "Dr chair", role: "Surgeon",
                        organisation: "centre")
                ], dissent: "", advice: "", departure: nil)
        }

        func record(_ lead: String = "Dr chair", base: Int) async throws -> DecisionRecord {
            try await records.record(
                decision(lead), for: item.id, of: 1, base: base, by: nurse)
        }

        func signing(
            _ record: DecisionRecord, step: Int, by account: Int64? = nil,
            digest: ObjectDigest? = nil
        ) -> DecisionSigning {
            DecisionSigning(
                decision: record.id, patient: 1, digest: digest ?? record.digest,
                account: account ?? chair, proof: .code(step: step))
        }
    }

    @Test("A later decision is version 2, and version 1 stays as it was signed")
    func versions() async throws {
        let bench = try await Bench("meeting-versions")
        let first = try await bench.record(base: 0)
        let signed = try await bench.records.sign(bench.signing(first, step: 1))
        #expect(signed.signature?.fullName == "Dr chair" && signed.version == 1)
        let second = try await bench.record("Dr nurse", base: 1)
        #expect(second.version == 2 && second.signature == nil)
        let all = try await bench.records.decisions(item: bench.item.id)
        #expect(all.map(\.version) == [1, 2] && all[0] == signed)
        #expect(try await bench.records.decisions(patient: 1) == all)
        #expect(try await bench.folder.check(rereadingObjects: false) == [])
    }

    @Test("Who has not seen the latest version records nothing, and the same is not kept twice")
    func stale() async throws {
        let bench = try await Bench("meeting-stale")
        let first = try await bench.record(base: 0)
        await #expect(throws: MeetingRefusal.changed) { try await bench.record("B", base: 0) }
        #expect(try await bench.record(base: 1) == first)
        #expect(try await bench.records.decisions(item: bench.item.id).count == 1)
    }

    @Test("Only the chair signs, once, the latest version, as it was shown, with a fresh code")
    func signing() async throws {
        let bench = try await Bench("meeting-signing")
        let first = try await bench.record(base: 0)
        await #expect(throws: MeetingRefusal.notChair) {
            try await bench.records.sign(bench.signing(first, step: 1, by: bench.nurse))
        }
        let other = ObjectDigest(of: Array("other".utf8))
        await #expect(throws: MeetingRefusal.changed) {
            try await bench.records.sign(bench.signing(first, step: 1, digest: other))
        }
        let second = try await bench.record("Dr nurse", base: 1)
        await #expect(throws: MeetingRefusal.changed) {
            try await bench.records.sign(bench.signing(first, step: 1))
        }
        _ = try await bench.records.sign(bench.signing(second, step: 1))
        await #expect(throws: MeetingRefusal.signed) {
            try await bench.records.sign(bench.signing(second, step: 2))
        }
        let third = try await bench.record("Dr chair", base: 2)
        await #expect(throws: SigningRefusal.codeTaken) {
            try await bench.records.sign(bench.signing(third, step: 1))
        }
        #expect(try await bench.records.decisions(item: bench.item.id).last?.signature == nil)
    }

    @Test("A decision or signature changed by hand is found")
    func tampering() async throws {
        for change in [
            "UPDATE decision SET contentJSON = replace(contentJSON, 'Dr chair', 'Dr other')",
            "UPDATE decisionSignature SET fullName = 'Dr other'",
            "DELETE FROM decisionSignature",
        ] {
            let bench = try await Bench("meeting-tampering")
            let first = try await bench.record(base: 0)
            _ = try await bench.records.sign(bench.signing(first, step: 1))
            try Chain.tamper(bench.scratch, change)
            let damage = try await bench.folder.check(rereadingObjects: false)
            #expect(!damage.isEmpty, "\(change)")
        }
    }

    @Test("A case is on a list once; taken off, nothing is recorded for it any more")
    func list() async throws {
        let bench = try await Bench("meeting-list")
        await #expect(throws: MeetingRefusal.listed) {
            try await bench.records.list(
                patient: 1, in: bench.meeting.id, question: "Again?", referral: "",
                by: bench.nurse)
        }
        try await bench.records.unlist(
            item: bench.item.id, of: bench.meeting.id, reason: "deferred", by: bench.nurse)
        #expect(try await bench.records.agenda(of: bench.meeting.id).isEmpty)
        await #expect(throws: MeetingRefusal.ended) { try await bench.record(base: 0) }
        await #expect(throws: MeetingRefusal.ended) {
            try await bench.records.unlist(
                item: bench.item.id, of: bench.meeting.id, reason: "again", by: bench.nurse)
        }
        let again = try await bench.records.list(
            patient: 1, in: bench.meeting.id, question: "Now?", referral: "", by: bench.nurse)
        #expect(again.id != bench.item.id)
    }

    @Test("A case with a decision stays on the list")
    func decided() async throws {
        let bench = try await Bench("meeting-decided")
        _ = try await bench.record(base: 0)
        await #expect(throws: MeetingRefusal.decided) {
            try await bench.records.unlist(
                item: bench.item.id, of: bench.meeting.id, reason: "deferred", by: bench.nurse)
        }
        #expect(try await bench.records.agenda(of: bench.meeting.id) == [bench.item])
    }

    @Test("Who was seen is proposed until the chair confirms them")
    func attendance() async throws {
        let bench = try await Bench("meeting-attendance")
        let id = bench.meeting.id
        for _ in 0 ..< 2 { try await bench.records.notePresence(of: bench.nurse, in: id) }
        #expect(try await bench.records.proposedAttendance(of: id).map(\.id) == [bench.nurse])
        try await bench.records.confirmAttendance(of: [bench.nurse], in: id, by: bench.chair)
        #expect(try await bench.records.proposedAttendance(of: id).isEmpty)
        let people = try await bench.records.attendance(of: id).map(\.participant)
        #expect(people.map(\.name) == ["Dr nurse"] && people.map(\.organisation) == ["centre"])
        let joins = try await bench.folder.audit.entries(last: 100)
            .filter { $0.action == "meeting.join" }
        #expect(joins.count == 1)
    }

    @Test("A meeting is seen by its organisation and those invited, and chaired by who may sign")
    func organisations() async throws {
        let bench = try await Bench("meeting-organisations")
        let other = try await bench.folder.accounts.organisation(named: "other", by: "test")
        #expect(
            try await bench.records.meeting(bench.meeting.id, organisation: other.id) == nil)
        #expect(try await bench.records.meetings(organisation: other.id).isEmpty)
        try await bench.records.invite(
            organisation: other.id, to: bench.meeting.id, by: bench.nurse)
        let seen = try await bench.records.meeting(bench.meeting.id, organisation: other.id)
        #expect(seen?.guests == [other])
        #expect(try await bench.records.meetings(organisation: other.id).count == 1)
        await #expect(throws: MeetingRefusal.notChair) {
            try await bench.records.makeMeeting(
                of: bench.home.id, day: "2026-11-27", title: "", chair: bench.nurse,
                by: bench.nurse)
        }
        await #expect(throws: MeetingRefusal.notChair) {
            try await bench.records.makeMeeting(
                of: other.id, day: "2026-11-27", title: "", chair: bench.chair, by: bench.nurse)
        }
    }

    @Test("Key images and measurements stand until their author or the chair takes them back")
    func marks() async throws {
        let bench = try await Bench("meeting-marks")
        let series = try await bench.records.series(uid: "1.2.1.1")
        let place = CommentAnchor.point(series: series.id, lpsMM: Vector3(1, -2, 3.5))
        let image = try await bench.records.keepKeyImage(
            at: place, note: "largest", for: bench.item.id, of: 1, by: bench.nurse)
        #expect(try await bench.records.keyImages(item: bench.item.id) == [image])
        #expect(image.place == place)
        let draft = MeasurementDraft(
            agendaItem: bench.item.id, patient: 1, series: series.id, label: "Target 1",
            trackingUID: "2.25.1", shape: .diameters,
            place: .patient([Vector3(0, 0, 0), Vector3(30.5, 0, 0)]),
            values: [MeasurementDraft.Value(.longDiameter, 30.5, "mm")])
        let measured = try await bench.records.keep(draft, by: bench.chair)
        #expect(try await bench.records.measurements(item: bench.item.id) == [measured])
        #expect(measured.draft == draft)
        let instance = try #require(
            try await bench.records.instances(seriesUID: "1.2.1.1").first)
        func onPicture(_ instance: Int64) -> MeasurementDraft {
            MeasurementDraft(
                agendaItem: bench.item.id, patient: 1, series: series.id, label: "Vessel",
                trackingUID: "2.25.2", shape: .diameters,
                place: .picture(
                    MeasurementDraft.PicturePlace(
                        instance: instance, frame: 3, pixels: [[1.5, 2], [4, -0.5]],
                        isOnDetector: true)),
                values: [MeasurementDraft.Value(.longDiameter, 4.25, "mm")])
        }
        let vessel = try await bench.records.keep(onPicture(instance.id), by: bench.nurse)
        #expect(
            try await bench.records.measurements(item: bench.item.id) == [measured, vessel])
        await #expect(throws: StorageError.notFound(entity: "series")) {
            try await bench.records.keep(onPicture(instance.id + 99), by: bench.nurse)
        }
        try await bench.records.withdraw(measurement: vessel.id, of: 1, by: bench.chair)
        await #expect(throws: MeetingRefusal.notAuthor) {
            try await bench.records.withdraw(
                measurement: measured.id, of: 1, by: bench.nurse)
        }
        try await bench.records.withdraw(keyImage: image.id, of: 1, by: bench.chair)
        try await bench.records.withdraw(measurement: measured.id, of: 1, by: bench.chair)
        #expect(try await bench.records.keyImages(item: bench.item.id).isEmpty)
        #expect(try await bench.records.measurements(item: bench.item.id).isEmpty)
        await #expect(throws: MeetingRefusal.ended) {
            try await bench.records.withdraw(keyImage: image.id, of: 1, by: bench.chair)
        }
        await #expect(throws: StorageError.notFound(entity: "series")) {
            try await bench.records.keepKeyImage(
                at: .point(series: series.id + 99, lpsMM: Vector3(0, 0, 0)), note: "",
                for: bench.item.id, of: 1, by: bench.nurse)
        }
        #expect(try await bench.folder.check(rereadingObjects: false) == [])
    }
}
