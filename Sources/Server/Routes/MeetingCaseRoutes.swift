import DICOM
import Foundation
import Hummingbird
import Imaging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// What a meeting shows of one case, and what it marks and measures there.
    ///
    /// Everything is behind the case's own gate: whoever may not see the case gets nothing here, and
    /// by a share what the share shows. Who marks and measures, ``mayWrite(_:in:)`` says.
    var meetingCaseRoutes: [Route] {
        let base = "/cases/{case}/meetings/{meeting}"
        return [
            Route(.get, "\(base)/item", .ofCase(.readCase, shared: .view)) { call in
                try Answer.json(try await itemLine(call))
            },
            Route(.get, "\(base)/scene", .ofCase(.readCase, shared: .view), meetingScene),
            Route(.get, "\(base)/comments", .ofCase(.readCase, shared: .view)) { call in
                try await meetingComments(call)
            },
            Route(.post, "\(base)/comments", .ofCase(.comment, shared: .comment)) { call in
                let place = try await place(call)
                let kept = try await keepComment(call)
                try await place.live.contentsChanged(of: place.item.id)
                return place.hidesNames
                    ? try await meetingComments(call, status: .created) : kept
            },
            Route(.post, "\(base)/key-images", .ofCase(.comment, shared: .comment), keepKeyImage),
            Route(
                .post, "\(base)/key-images/{row}/withdraw", .ofCase(.comment, shared: .comment)
            ) { call in
                let place = try await writtenPlace(call)
                try await folder.records.withdraw(
                    keyImage: Self.row(call), of: place.item.patient, by: call.account.id)
                return try await changed(call, place)
            },
            Route(
                .post, "\(base)/measurements", .ofCase(.comment, shared: .comment),
                keepMeasurement),
            Route(
                .post, "\(base)/measurements/{row}/withdraw", .ofCase(.comment, shared: .comment)
            ) { call in
                let place = try await writtenPlace(call)
                try await folder.records.withdraw(
                    measurement: Self.row(call), of: place.item.patient, by: call.account.id)
                return try await changed(call, place)
            },
            Route(.get, "\(base)/key-images.dcm", .ofCase(.export, shared: .download)) { call in
                let place = try await place(call)
                let sight = try call.sight
                let images = try await folder.records.keyImages(item: place.item.id)
                    .filter { sight.sees(series: $0.place.series) }
                return try await object(call, "key-images.dcm") {
                    try await $0.selection(images, observer: $1)
                }
            },
            Route(.get, "\(base)/measurements.dcm", .ofCase(.export, shared: .download)) { call in
                let place = try await place(call)
                let sight = try call.sight
                let all = try await folder.records.measurements(item: place.item.id)
                    .filter { sight.sees(series: $0.draft.series) }
                let lesions = try await folder.records.lesions(of: place.item.patient)
                return try await object(call, "measurements.dcm") {
                    try await $0.report(all, lesions: lesions, observer: $1)
                }
            },
        ]
    }

    /// A case on the list of a meeting, for a request that has passed the case's gate.
    struct MeetingPlace: Sendable {
        let meeting: MeetingRecord
        let item: AgendaItemRecord
        let live: LiveMeeting
        let hidesNames: Bool
    }

    func place(_ call: Call) async throws -> MeetingPlace {
        let record = try await meeting(call)
        let patient = try call.caseOwner.id
        guard
            let item = try await folder.records.agenda(of: record.id).first(where: {
                $0.patient == patient
            })
        else { throw Refusal.notFound }
        let session = await live.meeting(record.id)
        return MeetingPlace(
            meeting: record, item: item, live: session,
            hidesNames: await session.state.hidesNames)
    }

    /// Whether somebody marks, measures and decides about a case in a meeting: the people of the
    /// organisation that holds it, about cases of their own and those that they may comment.
    func mayWrite(_ call: Call, in meeting: MeetingRecord) throws -> Bool {
        guard try meeting.organisation.id == call.account.organisation.id else { return false }
        return try call.sight.isOwners || call.opened?.rights.contains(.comment) == true
    }

    /// The same as ``place(_:)`` for who writes there.
    func writtenPlace(_ call: Call) async throws -> MeetingPlace {
        let place = try await place(call)
        guard try mayWrite(call, in: place.meeting) else { throw Refusal.notFound }
        return place
    }

    private static func row(_ call: Call) throws -> Int64 {
        guard let id = Int64(try call.parameter("row")) else { throw Refusal.notFound }
        return id
    }

    /// Tells everybody to look again, and answers with what there is now.
    func changed(_ call: Call, _ place: MeetingPlace) async throws -> Response {
        try await place.live.contentsChanged(of: place.item.id)
        return try Answer.json(try await itemLine(call))
    }

    private func keepKeyImage(_ call: Call) async throws -> Response {
        let place = try await writtenPlace(call)
        guard let shown = try Self.place(call.form) else {
            throw Refusal.badRequest(
                "A key image is a place on a series of slices, or a frame of a picture.")
        }
        let comments = CommentWorkflow(try reader(call), source: source)
        _ = try await folder.records.keepKeyImage(
            at: try await heavy(call) { try await comments.anchor(shown) },
            note: try MeetingWorkflow.text(call.form["note"] ?? ""), for: place.item.id,
            of: place.item.patient, by: call.account.id)
        return try await changed(call, place)
    }

    private func keepMeasurement(_ call: Call) async throws -> Response {
        let place = try await writtenPlace(call)
        let id = try call.field("series")
        let series = try await frames(call).record(id)
        let label = try MeetingWorkflow.text(try call.field("label"), longest: 60)
        guard !label.isEmpty else { throw Refusal.badRequest("Say what was measured.") }
        let target = try target(call.form)
        // Targets add up over images that a share may leave out.
        if target != nil, try !call.sight.isOwners { throw Refusal.notFound }
        let measured = try await measured(call, on: series)
        if case .picture = measured.place, target != nil {
            throw Refusal.badRequest("Target lesions are read on slices, not on pictures.")
        }
        let draft = MeasurementDraft(
            agendaItem: place.item.id, patient: place.item.patient, series: series.id,
            label: label, trackingUID: MeetingObjects.uid("measurement", UUID().uuidString),
            shape: measured.shape, place: measured.place, values: measured.values)
        if let target {
            _ = try await folder.records.keep(
                draft, as: target, day: day(of: id, call), by: call.account.id)
        } else {
            _ = try await folder.records.keep(draft, by: call.account.id)
        }
        return try await changed(call, place)
    }

    private struct Measured: Sendable {
        let shape: MeasurementDraft.Shape
        let place: MeasurementDraft.Place
        let values: [MeasurementDraft.Value]
    }

    /// Measures what a form says was drawn on slices, or on a frame of a picture.
    private func measured(_ call: Call, on series: SeriesRecord) async throws -> Measured {
        if let frame = call.form["frame"] {
            guard let number = Int(frame) else {
                throw Refusal.badRequest("The field 'frame' is no whole number.")
            }
            guard try call.field("shape") == "diameters" else {
                throw Refusal.badRequest("On pictures lengths are measured and nothing else.")
            }
            let ends = try DrawnMeasurement.pixels(call.form)
            let frames = try frames(call)
            let (place, values) = try await heavy(call) {
                try await frames.measured(ends, on: series, frame: number)
            }
            return Measured(shape: .diameters, place: place, values: values)
        }
        let drawn = try DrawnMeasurement(call.form)
        let id = try call.field("series")
        let volumes = try volumes(call)
        let measured: (MeasurementDraft.Shape, [Vector3<Double>], [MeasurementDraft.Value])
        if case .circle = drawn {
            let tag = try await volumes.tag(of: id)
            measured = try await heavy(call) {
                try MeetingMeasuring.measured(
                    drawn, on: await images.value(tag) { try await volumes.image(id) })
            }
        } else {
            measured = try MeetingMeasuring.measured(drawn, on: nil)
        }
        return Measured(shape: measured.0, place: .patient(measured.1), values: measured.2)
    }

    private func object(
        _ call: Call, _ name: String,
        _ write: @escaping @Sendable (MeetingObjects, String) async throws -> [UInt8]
    ) async throws -> Response {
        let objects = MeetingObjects(
            try reader(call), source: source, patient: try call.caseOwner)
        let account = try call.account
        let bytes = try await heavy(call) { try await write(objects, account.fullName) }
        _ = try await folder.audit.append(
            AuditEvent(
                actor: account.actor, action: "export.meeting",
                subject: "patient-\(try call.caseOwner.id)",
                detail: ["file": name, "sha256": ObjectDigest(of: bytes).hex]))
        return Answer.download(bytes, mediaType: "application/dicom", name: name)
    }

    /// Images as the reader sees them: slices in the patient's space, or pictures.
    private struct SceneLine: Encodable {
        let scene: WorkspaceScene?
        let frames: FramesData?
        /// How many of the images that were asked for are not shared with the reader.
        let notShared: Int
    }

    /// The scene of images of the case, or what is known of one series of pictures; without names
    /// and descriptions while names are hidden.
    ///
    /// By a share images that it leaves out are left out and counted. The lowest is never one of
    /// them: places are its places, and on another image they could be others.
    private func meetingScene(_ call: Call) async throws -> Response {
        let place = try await place(call)
        let ids = (try call.query["images"] ?? "").split(separator: ",").map(String.init)
        guard (1 ... 4).contains(ids.count), Set(ids).count == ids.count else {
            throw Refusal.badRequest("Choose one to four images.")
        }
        let (reader, patient) = (try reader(call), try call.caseOwner)
        let shown = try await seenImages(ids, reader)
        guard shown.first == ids.first else { throw Refusal.notFound }
        let scenes = ImagesScene(reader, source: source, patient: patient)
        let burnedIn = BurnedInText(reader, source: source)
        return try await heavy(call) {
            if place.hidesNames {
                let withheld = try await burnedIn.withheld(among: shown)
                guard withheld.isEmpty else {
                    throw Refusal.conflict(
                        "This image may show the name in its pixels; it is withheld while names "
                            + "are hidden.")
                }
            }
            let notShared = ids.count - shown.count
            if shown.count == 1, let pictures = try await pictures(shown[0], reader) {
                let line = place.hidesNames ? pictures.withoutNames() : pictures
                return try Answer.json(SceneLine(scene: nil, frames: line, notShared: notShared))
            }
            let scene = try await scenes.scene(shown)
            return try Answer.json(
                SceneLine(
                    scene: place.hidesNames ? scene.withoutNames() : scene, frames: nil,
                    notShared: notShared))
        }
    }

    /// Those of the ids that a reader sees; all of them for the owner's people, to whom nothing is
    /// hidden and who are told what does not exist.
    private func seenImages(_ ids: [String], _ reader: CaseReader) async throws -> [String] {
        guard !reader.sight.isOwners else { return ids }
        let seen = Set(
            try await reader.series().map(\.shortID) + reader.derived().map(\.id))
        return ids.filter(seen.contains)
    }

    private func meetingComments(
        _ call: Call, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let place = try await place(call)
        guard let series = try call.query["series"] ?? call.form["series"] else {
            throw Refusal.badRequest("Name a series: '?series=se-…'.")
        }
        let pins = try await pins(call, on: series)
        let hidden = HiddenNames(try call.caseOwner.identity)
        return try Answer.json(
            place.hidesNames ? pins.map { $0.struck(by: hidden) } : pins, status: status)
    }
}

extension DrawnMeasurement {
    /// Reads what a form says was drawn: `ends` or `centre`, `normal` and `radius`, in mm.
    init(_ form: [String: String]) throws {
        func numbers(_ name: String) throws -> [Double] { try Self.numbers(name, form) }
        func points(_ name: String) throws -> [Vector3<Double>] {
            let values = try numbers(name)
            guard values.count % 3 == 0 else {
                throw Refusal.badRequest("The field '\(name)' is no list of points.")
            }
            return stride(from: 0, to: values.count, by: 3).map {
                Vector3(values[$0], values[$0 + 1], values[$0 + 2])
            }
        }
        switch form["shape"] {
        case "diameters": self = .diameters(try points("ends"))
        case "circle":
            guard let centre = try points("centre").first,
                let normal = try points("normal").first, let radius = try numbers("radius").first
            else { throw Refusal.badRequest("A circle has a centre, a plane and a radius.") }
            self = .circle(centre: centre, normal: normal, radiusMM: radius)
        default: throw Refusal.badRequest("Measure diameters or a circle.")
        }
    }

    private static func numbers(_ name: String, _ form: [String: String]) throws -> [Double] {
        let parts = (form[name] ?? "").split(separator: ",").map { Double($0) }
        let numbers = parts.compactMap(\.self).filter(\.isFinite)
        guard numbers.count == parts.count, numbers.count <= 12 else {
            throw Refusal.badRequest("The field '\(name)' is no list of numbers.")
        }
        return numbers
    }

    /// Reads `ends` on a frame: column and row of each.
    static func pixels(_ form: [String: String]) throws -> [PlanePoint] {
        let values = try numbers("ends", form)
        guard values.count % 2 == 0 else {
            throw Refusal.badRequest("The field 'ends' is no list of places on a picture.")
        }
        return stride(from: 0, to: values.count, by: 2).map {
            PlanePoint(u: values[$0], v: values[$0 + 1])
        }
    }
}
