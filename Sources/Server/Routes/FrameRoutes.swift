import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Series looked at frame by frame, and regions drawn on planar views.
    var frameRoutes: [Route] {
        let series = "/cases/{case}/series/{series}"
        return [
            Route(.get, series, .ofCase(.readCase, shared: .view), framesPage),
            Route(
                .get, "\(series)/frames/{frame}", .ofCase(.readCase, shared: .view), framePicture),
            Route(.post, "\(series)/regions", .ofCase(.prepareCase)) { call in
                let uid = try await frames(call).record(call.parameter("series"))
                    .description.seriesUID
                let kept = try await heavy(call) {
                    try await regions(call).keep(
                        json: call.field("regions"), seriesUID: uid, by: call.account)
                }
                return try Answer.json(
                    RegionsLine(kept, names: await folder.accounts.fullNames(), isLatest: true),
                    status: .created)
            },
        ]
    }

    /// A version of drawn regions, for the page and for its table.
    struct RegionsLine: Encodable, Sendable {
        let id: String
        let version: Int
        let person: String
        let time: String
        let lungShuntPercent: String
        let arithmeticPercent: String
        let lungCounts: String
        let liverCounts: String
        /// Why; `nil` while it is current.
        let outdated: String?
        /// The regions themselves, of the latest version only.
        let drawn: DrawnRegions?

        init(_ kept: PlanarRegionsWorkflow.Kept, names: [String: String], isLatest: Bool) {
            id = kept.record.id
            version = kept.record.version
            person = names[kept.record.createdBy] ?? kept.record.createdBy
            time = Moment.text(kept.record.createdAt)
            lungShuntPercent = Self.percent(kept.result.lungShuntFraction)
            arithmeticPercent = Self.percent(kept.result.arithmeticMeanFraction)
            lungCounts = String(format: "%.0f", kept.result.lungGeometricMeanCounts)
            liverCounts = String(format: "%.0f", kept.result.liverGeometricMeanCounts)
            if case .outdated(let reason) = kept.record.state {
                outdated = reason
            } else {
                outdated = nil
            }
            drawn = isLatest ? kept.result.drawn : nil
        }

        private static func percent(_ fraction: Double) -> String {
            String(format: "%.2f", 100 * fraction)
        }
    }

    struct FramesPage: Sendable {
        let banner: Banner
        let path: String
        let description: String
        let modality: String
        let date: String
        /// What the page's script needs, as JSON.
        let data: String
        let isPlanarView: Bool
        let versions: [RegionsLine]
        let mayDraw: Bool
    }

    /// What scripts need to know of a series that they show frame by frame.
    struct FramesData: Encodable, Sendable {
        struct Frame: Encodable {
            let label: String
            let view: String
        }

        let path: String
        var description: String
        let modality: String
        let date: String
        let unit: String
        let rows: Int
        let columns: Int
        let isColour: Bool
        let isPlanarView: Bool
        let mayDraw: Bool
        let windowLow: Double?
        let windowHigh: Double?
        let framesPerSecond: Double
        let frames: [Frame]
        let drawn: DrawnRegions?

        /// The same called by its kind alone: descriptions are typed by people.
        func withoutNames() -> Self {
            var hidden = self
            hidden.description = modality
            return hidden
        }
    }

    func frames(_ call: Call) throws -> CaseFrames {
        CaseFrames(try reader(call), source: source)
    }

    private func regions(_ call: Call) throws -> PlanarRegionsWorkflow {
        PlanarRegionsWorkflow(try reader(call), source: source)
    }

    private func framesPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let frames = try frames(call)
        let record = try await frames.record(call.parameter("series"))
        let (series, range) = try await heavy(call) {
            let series = try await frames.series(record)
            return (series, try await window(of: series, record, frames))
        }
        let id = record.shortID
        if series.isVolume { return Answer.seeOther("/cases/\(patient.id)/images?left=\(id)") }
        let versions = series.isPlanarView ? try await regions(call).versions(series: id) : []
        let names = try await folder.accounts.fullNames()
        let mayDraw =
            try call.sight.isOwners && call.account.role.rights.contains(.prepareCase)
        let data = try await framesData(
            of: series, record, frames, window: range, path: "/cases/\(patient.id)/series/\(id)",
            mayDraw: mayDraw, drawn: versions.first?.result.drawn)
        let page = FramesPage(
            banner: Banner(patient), path: data.path, description: data.description,
            modality: data.modality, date: data.date,
            data: String(decoding: try JSONEncoder().encode(data), as: UTF8.self),
            isPlanarView: series.isPlanarView,
            versions: versions.map { RegionsLine($0, names: names, isLatest: false) },
            mayDraw: mayDraw)
        return Answer.page(
            try pages.render("frames", title: "Images", session: call.session, page))
    }

    private func framesData(
        of series: FlatSeries, _ record: SeriesRecord, _ frames: CaseFrames,
        window: ClosedRange<Double>?, path: String, mayDraw: Bool, drawn: DrawnRegions?
    ) async throws -> FramesData {
        FramesData(
            path: path, description: record.description.description,
            modality: record.description.modality, date: try await frames.date(of: record),
            unit: series.unit, rows: series.rows, columns: series.columns,
            isColour: series.isColour, isPlanarView: series.isPlanarView, mayDraw: mayDraw,
            windowLow: window?.lowerBound, windowHigh: window?.upperBound,
            framesPerSecond: series.framesPerSecond,
            frames: series.frames.map {
                FramesData.Frame(label: $0.label, view: $0.view.rawValue)
            }, drawn: drawn)
    }

    /// A series that is looked at frame by frame, without regions; `nil` for slices.
    func pictures(_ id: String, _ reader: CaseReader) async throws -> FramesData? {
        guard id.hasPrefix("se-") else { return nil }
        let frames = CaseFrames(reader, source: source)
        let record = try await frames.record(id)
        switch record.description.modality {
        case "CT", "MR", "PT":
            let files = try await folder.records.instances(
                seriesUID: record.description.seriesUID)
            guard files.count == 1 else { return nil }
        default: break
        }
        let series = try await frames.series(record)
        guard !series.isVolume else { return nil }
        return try await framesData(
            of: series, record, frames, window: window(of: series, record, frames),
            path: "/cases/\(reader.patient)/series/\(id)", mayDraw: false, drawn: nil)
    }

    /// The file's own window, else the range of the first frame from zero.
    private func window(
        of series: FlatSeries, _ record: SeriesRecord, _ frames: CaseFrames
    ) async throws -> ClosedRange<Double>? {
        if series.isColour || series.isVolume { return nil }
        if let window = series.window, !series.isPlanarView { return window }
        let pixels = try await pixels(series.firstGreyFrame ?? 1, of: series, record, frames)
        return try FramePicture.range(of: pixels, in: series)
    }

    private func framePicture(_ call: Call) async throws -> Response {
        let frames = try frames(call)
        let record = try await frames.record(call.parameter("series"))
        guard let frame = Int(try call.parameter("frame")) else { throw Refusal.notFound }
        let query = try call.query
        let window = try Self.window(query["low"], query["high"])
        let digest = try await frames.digest(of: record)
        let shown = window.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "own window"
        return try await kept(
            call, tag: "frame \(frame) of \(digest), \(shown)", mediaType: "image/png",
            isLasting: window == nil
        ) {
            let series = try await frames.series(record)
            let pixels = try await pixels(frame, of: series, record, frames)
            return try FramePicture.png(frame, of: series, pixels: pixels, window: window)
        }
    }

    /// A window's bounds from a request.
    static func window(_ low: String?, _ high: String?) throws -> ClosedRange<Double>? {
        guard let low, let high else { return nil }
        guard let low = Double(low), let high = Double(high), low.isFinite, high.isFinite,
            low < high
        else { throw Refusal.badRequest("A window goes from a lower to a higher value.") }
        return low ... high
    }

    /// The decoded file that a frame is in, read once for all of its frames.
    private func pixels(
        _ frame: Int, of series: FlatSeries, _ record: SeriesRecord, _ frames: CaseFrames
    ) async throws -> PixelFrames {
        let digest = try await frames.digest(of: record)
        let file = try series.fileNumber(of: frame)
        return try await decoded.value("\(digest) \(file)") {
            try await FramePicture.pixels(of: frame, in: series, source: frames.source)
        }
    }
}
