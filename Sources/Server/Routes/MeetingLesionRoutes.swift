import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Target lesions of a case, read in a meeting.
    var meetingLesionRoutes: [Route] {
        let base = "/cases/{case}/meetings/{meeting}"
        return [
            Route(.post, "\(base)/targets/{row}/readings", .ofCase(.comment)) { call in
                let place = try await writtenPlace(call)
                let kind = LesionReadingRecord.Kind(rawValue: try call.field("kind"))
                guard let kind, kind != .measured else {
                    throw Refusal.badRequest("A target is gone, too small or not read.")
                }
                try await folder.records.note(
                    kind, ofTarget: Self.number(call), day: day(of: call.field("series"), call),
                    item: place.item.id, of: place.item.patient, by: call.account.id)
                return try await changed(call, place)
            },
            Route(.post, "\(base)/targets/{row}/withdraw", .ofCase(.comment)) { call in
                let place = try await writtenPlace(call)
                try await folder.records.withdraw(
                    target: Self.number(call), of: place.item.patient, by: call.account.id)
                return try await changed(call, place)
            },
            Route(.post, "\(base)/new-lesions", .ofCase(.comment)) { call in
                let place = try await writtenPlace(call)
                try await folder.records.note(
                    newLesion: call.field("isThere") == "yes",
                    day: day(of: call.field("series"), call), item: place.item.id,
                    of: place.item.patient, by: call.account.id)
                return try await changed(call, place)
            },
        ]
    }

    /// What a measurement is a reading of, as a form says it; `nil` when of no target.
    ///
    /// - Throws: ``Refusal`` for circles: targets are read by their diameters.
    func target(_ form: [String: String]) throws -> TargetChoice? {
        guard let text = form["target"], !text.isEmpty else { return nil }
        guard form["shape"] == "diameters" else {
            throw Refusal.badRequest("A target lesion is read by its diameters.")
        }
        if text == "new", let site = LesionSite(rawValue: form["site"] ?? "") {
            return .new(site)
        }
        guard let number = Int(text) else {
            throw Refusal.badRequest("Say where the target lesion lies.")
        }
        return .known(number)
    }

    /// The day of a series' study, `YYYY-MM-DD`.
    ///
    /// - Throws: ``Refusal`` when the images do not say it.
    func day(of series: String, _ call: Call) async throws -> String {
        let record = try await frames(call).record(series)
        let study = try await folder.records.studies(patient: call.caseOwner.id)
            .first { $0.id == record.study }
        let digits = study?.description.date ?? ""
        guard digits.count == 8, digits.allSatisfy(\.isNumber) else {
            throw Refusal.conflict(
                "These images do not say of which day they are; a target cannot be read on them.")
        }
        return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    }

    private static func number(_ call: Call) throws -> Int {
        guard let number = Int(try call.parameter("row")) else { throw Refusal.notFound }
        return number
    }
}

extension GrevyServer.ItemLine {
    struct Site: Encodable, Sendable {
        let value: String
        let name: String
    }

    /// Where a target may lie.
    static let sites = LesionSite.allCases.map { Site(value: $0.rawValue, name: $0.title) }
}
