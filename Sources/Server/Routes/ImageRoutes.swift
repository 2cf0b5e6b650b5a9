import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Imaging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Images of a case beside each other, and projections that turn.
    var imageRoutes: [Route] {
        [
            Route(.get, "/cases/{case}/images", .ofCase(.readCase, shared: .view), imagesPage),
            Route(
                .get, "/cases/{case}/images/scenes", .ofCase(.readCase, shared: .view)
            ) { call in
                let (left, right) = try Self.sides(call)
                let scenes = ImagesScene(
                    try reader(call), source: source, patient: try call.caseOwner)
                return try await heavy(call) {
                    if right.isEmpty {
                        return try Answer.json(["left": try await scenes.scene(left)])
                    }
                    return try Answer.json(try await scenes.pair(left, right))
                }
            },
            Route(
                .get, "/cases/{case}/projections/{series}", .ofCase(.readCase, shared: .view),
                projections),
        ]
    }

    struct ImagesPage: Sendable {
        struct Choice: Sendable {
            let id: String
            let name: String
            let isLeft: Bool
            let isRight: Bool
        }

        let banner: Banner
        /// Whether the reader's own organisation has the case.
        let isOwners: Bool
        let left: String
        let right: String
        let isPair: Bool
        let scenesPath: String
        let choices: [Choice]
        /// Where projections of the left or right image come from; `nil` without a PET or SPECT.
        let projectionsPath: String?
        let projectionsOf: String
    }

    /// Ids on the left and on the right, each first the one below the others.
    private static func sides(_ call: Call) throws -> (left: [String], right: [String]) {
        let query = try call.query
        func ids(_ name: String) throws -> [String] {
            let ids = (query[name] ?? "").split(separator: ",").map(String.init)
            guard ids.count <= mostLayers, Set(ids).count == ids.count else {
                throw Refusal.badRequest(
                    "At most \(mostLayers) different images lie on each other.")
            }
            return ids
        }
        let left = try ids("left")
        guard !left.isEmpty else {
            throw Refusal.badRequest("Choose an image on the case's page.")
        }
        return (left, try ids("right"))
    }

    private static let mostLayers = 4

    private func imagesPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let (left, right) = try Self.sides(call)
        let scenes = ImagesScene(try reader(call), source: source, patient: patient)
        let shown = try await heavy(call) {
            try await scenes.scene(left).layers
                + (right.isEmpty ? [] : scenes.scene(right).layers)
        }
        let emission = shown.first { ["PT", "NM"].contains($0.modality) }
        let query = "left=\(left.joined(separator: ","))&right=\(right.joined(separator: ","))"
        let page = ImagesPage(
            banner: Banner(patient), isOwners: try call.sight.isOwners,
            left: left.joined(separator: ","),
            right: right.joined(separator: ","), isPair: !right.isEmpty,
            scenesPath: "/cases/\(patient.id)/images/scenes?\(query)",
            choices: try await choices(reader(call), left.first, right.first),
            projectionsPath: emission.map { "/cases/\(patient.id)/projections/\($0.id)" },
            projectionsOf: emission?.label ?? "")
        return Answer.page(
            try pages.render("images", title: "Images", session: call.session, page))
    }

    private func choices(
        _ reader: CaseReader, _ left: String?, _ right: String?
    ) async throws -> [ImagesPage.Choice] {
        try await imageChoices(of: reader).map {
            ImagesPage.Choice(
                id: $0.id, name: $0.name, isLeft: $0.id == left, isRight: $0.id == right)
        }
    }

    /// Something of a case that can be shown.
    struct ImageChoice: Sendable {
        let id: String
        let modality: String
        let date: String
        /// Date, kind and description.
        let name: String
    }

    /// Everything that a reader sees of a case and that can be shown as slices.
    func imageChoices(of reader: CaseReader) async throws -> [ImageChoice] {
        try await seriesChoices(of: reader) { Self.kindsOfSlices.contains($0) } + doses(of: reader)
    }

    /// The series that a reader sees of a case and that are looked at frame by frame.
    ///
    /// Those of a gamma camera are among the slices: only their files tell which of them are planar.
    func pictureChoices(of reader: CaseReader) async throws -> [ImageChoice] {
        try await seriesChoices(of: reader) {
            !Self.kindsOfSlices.contains($0) && !Self.kindsWithoutPictures.contains($0)
        }
    }

    private static let kindsOfSlices: Set = ["CT", "MR", "PT", "NM"]

    private func seriesChoices(
        of reader: CaseReader, where isChoice: (String) -> Bool
    ) async throws -> [ImageChoice] {
        let studies = Dictionary(
            try await reader.studies().map {
                ($0.id, ReadableIdentity.date($0.description.date))
            }
        ) { first, _ in first }
        return try await reader.series().filter { isChoice($0.description.modality) }
            .map { series in
                let text = series.description
                let date = studies[series.study] ?? ""
                return ImageChoice(
                    id: SeriesName.short(text.seriesUID), modality: text.modality, date: date,
                    name: "\(date) \(text.modality) \(text.description)")
            }
    }

    private func doses(of reader: CaseReader) async throws -> [ImageChoice] {
        try await reader.derived()
            .filter { ["dose", "delivered-dose"].contains($0.draft.kind) && $0.state == .current }
            .map {
                ImageChoice(
                    id: $0.id, modality: "dose", date: String($0.createdAt.prefix(10)),
                    name: "\($0.id) \($0.draft.name)")
            }
    }

    /// A series from all sides as one picture; its window is from 0 to `high`, the image's own
    /// greatest value at first.
    private func projections(_ call: Call) async throws -> Response {
        let volumes = try volumes(call)
        let id = try call.parameter("series")
        let tag = try await volumes.tag(of: id)
        let share = try Self.share(call.query["share"])
        return try await kept(
            call, tag: "projections of \(tag), to \(share)", mediaType: "image/png",
            isLasting: share == 1
        ) {
            let all = try await projected.value(tag) {
                try Projections.of(await images.value(tag) { try await volumes.image(id) }.volume)
            }
            let top = all.withVoxels { voxels in
                var top: Float = 0
                for n in voxels.indices where voxels[n] > top { top = voxels[n] }
                return Double(top)
            }
            return try Projections.strip(all, low: 0, high: share * top)
        }
    }

    /// How many voxels become one along each axis of a volume that is too large for a device.
    static func reduction(_ text: String?) throws -> Int {
        guard let text else { return 1 }
        guard let reduction = Int(text), CaseVolumes.reductions.contains(reduction) else {
            throw Refusal.badRequest(
                "'reduction' is a whole number from 1 to \(CaseVolumes.reductions.upperBound).")
        }
        return reduction
    }

    /// Which share of the greatest value is black.
    private static func share(_ text: String?) throws -> Double {
        guard let text else { return 1 }
        guard let share = Double(text), (0.001 ... 1).contains(share) else {
            throw Refusal.badRequest("'share' is from 0.001 to 1.")
        }
        return share
    }
}
