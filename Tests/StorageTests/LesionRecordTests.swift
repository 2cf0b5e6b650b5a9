import Foundation
import GRDB
import Imaging
import Pathway
import Storage
import Testing

@Suite("Target lesions in the record")
struct LesionRecordTests {
    /// A case on the lists of two meetings, the second chaired by somebody else.
    private struct Bench {
        let scratch: ScratchFolder
        let folder: DataFolder
        let chair: Int64
        let nurse: Int64
        let items: [AgendaItemRecord]
        var records: RecordStore { folder.records }

        init(_ label: String) async throws {
            scratch = try ScratchFolder(label)
            folder = try scratch.open()
            _ = try await folder.importSeries(["a"])
            let home = try await folder.accounts.organisation(named: "centre", by: "test")
            let accounts = folder.accounts
            func person(_ login: String, _ role: Role) async throws -> Int64 {
                try await accounts.create(
                    login: login, fullName: login, organisation: home.id, role: role, by: "test"
                ).id
            }
            chair = try await person("chair", .surgeon)
            nurse = try await person("nurse", .nurseSpecialist)
            var items: [AgendaItemRecord] = []
            for day in ["2026-11-26", "2026-12-03"] {
                let meeting = try await folder.records.makeMeeting(
                    of: home.id, day: day, title: "", chair: chair, by: nurse)
                items.append(
                    try await folder.records.list(
                        patient: 1, in: meeting.id, question: "?", referral: "", by: nurse))
            }
            self.items = items
        }

        func draft(
            _ lengthsMM: [Double], _ label: String = "Segment 6", uid: String, item: Int = 0
        ) -> MeasurementDraft {
            let quantities: [MeasurementDraft.Value.Quantity] = [.longDiameter, .shortDiameter]
            return MeasurementDraft(
                agendaItem: items[item].id, patient: 1, series: 1, label: label,
                trackingUID: "2.25.\(uid)", shape: .diameters,
                place: .patient([Vector3(0, 0, 0), Vector3(1, 0, 0)]),
                values: zip(quantities, lengthsMM).map { .init($0, $1, "mm") })
        }

        func read(
            _ lengthsMM: [Double], _ target: TargetChoice, _ day: String, uid: String,
            item: Int = 0
        ) async throws -> MeasurementRecord {
            try await records.keep(
                draft(lengthsMM, uid: uid, item: item), as: target, day: day, by: nurse)
        }

        func diameters() async throws -> [Double?] {
            try await records.lesions(of: 1).readings.map(\.diameterMM)
        }
    }

    @Test("A lesion is the same in the next meeting; of one day the latest reading counts")
    func overTime() async throws {
        let bench = try await Bench("lesion-time")
        _ = try await bench.read([30, 20], .new(.liver), "2026-01-05", uid: "1")
        let again = try await bench.read([31, 20], .known(1), "2026-01-05", uid: "2")
        _ = try await bench.read([20, 10], .known(1), "2026-03-05", uid: "3", item: 1)
        let kept = try await bench.records.lesions(of: 1)
        #expect(kept.lesions.map(\.target) == [TargetLesion(number: 1, site: .liver)])
        #expect(kept.lesions.map(\.trackingUID) == ["2.25.1"])
        #expect(kept.lesions.map(\.name) == ["Segment 6"])
        #expect(kept.readings.map(\.day) == ["2026-01-05", "2026-03-05"])
        #expect(try await bench.diameters() == [31, 20])
        try await bench.records.withdraw(measurement: again.id, of: 1, by: bench.nurse)
        #expect(try await bench.diameters() == [30, 20])
        #expect(try await bench.folder.check(rereadingObjects: false) == [])
    }

    @Test("A node is read by its short axis; without it nothing is kept")
    func nodes() async throws {
        let bench = try await Bench("lesion-node")
        _ = try await bench.read([30, 16], .new(.lymphNode), "2026-01-05", uid: "1")
        #expect(try await bench.diameters() == [16])
        await #expect(throws: MeetingRefusal.noDiameter) {
            try await bench.read([30], .known(1), "2026-03-05", uid: "2")
        }
        await #expect(throws: MeetingRefusal.ended) {
            try await bench.read([30, 16], .known(2), "2026-03-05", uid: "3")
        }
        #expect(try await bench.records.measurements(item: bench.items[0].id).count == 1)
    }

    @Test("Gone is 0, too small is 5, and what was not read takes back what was")
    func notes() async throws {
        let bench = try await Bench("lesion-notes")
        _ = try await bench.read([30, 20], .new(.liver), "2026-01-05", uid: "1")
        let day = "2026-03-05"
        for (kind, diameter) in [
            (LesionReadingRecord.Kind.gone, 0.0), (.tooSmall, 5), (.notRead, nil),
        ] as [(LesionReadingRecord.Kind, Double?)] {
            try await bench.records.note(
                kind, ofTarget: 1, day: day, item: bench.items[1].id, of: 1, by: bench.nurse)
            #expect(try await bench.diameters() == [30, diameter])
        }
        await #expect(throws: MeetingRefusal.ended) {
            try await bench.records.note(
                .gone, ofTarget: 2, day: day, item: bench.items[1].id, of: 1, by: bench.nurse)
        }
        for (isThere, days) in [(true, [day]), (false, [])] {
            try await bench.records.note(
                newLesion: isThere, day: day, item: bench.items[1].id, of: 1, by: bench.nurse)
            #expect(try await bench.records.lesions(of: 1).daysOfNewLesions == Set(days))
        }
    }

    @Test("Who chose a target takes it out, or the chair; its number is not given again")
    func withdrawal() async throws {
        let bench = try await Bench("lesion-end")
        _ = try await bench.read([30, 20], .new(.liver), "2026-01-05", uid: "1")
        let other = try await bench.folder.accounts.create(
            login: "other", fullName: "other",
            organisation: try #require(
                try await bench.folder.accounts.accounts().first?.organisation.id),
            role: .radiologist, by: "test"
        ).id
        await #expect(throws: MeetingRefusal.notAuthor) {
            try await bench.records.withdraw(target: 1, of: 1, by: other)
        }
        try await bench.records.withdraw(target: 1, of: 1, by: bench.chair)
        #expect(try await bench.records.lesions(of: 1).readings.isEmpty)
        _ = try await bench.read([12, 11], .new(.lung), "2026-01-05", uid: "2")
        #expect(try await bench.records.lesions(of: 1).lesions.map(\.target.number) == [2])
        await #expect(throws: MeetingRefusal.ended) {
            try await bench.records.withdraw(target: 1, of: 1, by: bench.chair)
        }
    }
}
