import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Imaging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Images as everybody can look at them (WADO-RS).
    var renderRoutes: [Route] {
        let instance = Place.instance.path
        let types = ["image/jpeg", "image/png"]
        var rendered = Self.bytesOperation(
            "renderInstance", "An instance's first frame as a picture.", types)
        rendered.query = [Self.acceptField] + Self.renderFields
        var frame = Self.bytesOperation("renderFrame", "A frame as a picture.", types)
        frame.query = rendered.query
        return [
            reading("\(instance)/rendered", rendered, drawFrame),
            reading("\(instance)/frames/{frame}/rendered", frame, drawFrame),
        ]
            + [Place.study, .series, .instance].map { place in
                thumbnail(place.path, "thumbnail\(place.name)")
            } + [thumbnail("\(instance)/frames/{frame}", "thumbnailFrame")]
    }

    private static let renderFields = [
        APIOperation.QueryField(
            name: "window", about: "Centre, width and function, with commas between.",
            schema: ["type": "string"]),
        APIOperation.QueryField(
            name: "viewport", about: "Width and height at most, and the part that is shown.",
            schema: ["type": "string"]),
        APIOperation.QueryField(
            name: "quality", about: "Of a JPEG.",
            schema: ["type": "integer", "minimum": 1, "maximum": 100]),
    ]

    /// The longest side of a thumbnail, in pixels.
    private static let thumbnailSide = 128
    private static let usualQuality = 90

    private func thumbnail(_ path: String, _ id: String) -> Route {
        var operation = Self.bytesOperation(id, "A small picture.", ["image/jpeg", "image/png"])
        operation.query = [Self.acceptField, Self.renderFields[1]]
        return reading("\(path)/thumbnail", operation) { call, instances in
            let viewport =
                try call.query["viewport"].map(Viewport.init)
                ?? Viewport(within: Self.thumbnailSide)
            return try await draw(call, Self.shown(instances), viewport: viewport)
        }
    }

    private func drawFrame(_ call: Call, _ instances: [VisibleInstance]) async throws -> Response {
        let query = try call.query
        return try await draw(
            call, instances, window: query["window"].map(ImageFrames.window),
            viewport: query["viewport"].map(Viewport.init) ?? .whole,
            quality: query["quality"].map(Self.quality) ?? Self.usualQuality)
    }

    /// What stands for a study or series: the middle of each series, those with most images first.
    private static func shown(_ instances: [VisibleInstance]) -> [VisibleInstance] {
        Dictionary(grouping: instances, by: \.seriesUID).values.sorted {
            ($1.count, $0[0].instance.id) < ($0.count, $1[0].instance.id)
        }.prefix(mostTried).map { $0[$0.count / 2] }
    }

    /// How many series are looked through for one with a picture.
    private static let mostTried = 8

    private static func quality(_ text: String) throws -> Int {
        guard let quality = Int(text), (1 ... 100).contains(quality) else {
            throw Refusal.badRequest("'quality' is a whole number from 1 to 100.")
        }
        return quality
    }

    /// Draws a frame of the first instance that is an image.
    private func draw(
        _ call: Call, _ instances: [VisibleInstance], window: ClosedRange<Double>? = nil,
        viewport: Viewport, quality: Int = usualQuality
    ) async throws -> Response {
        let type = try Self.pictureType(call.accepted)
        let number = try call.context.parameters.get("frame").map { text in
            guard let number = Int(text), number > 0 else { throw Refusal.notFound }
            return number
        }
        let shown = window.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "own window"
        let objects = instances.map { "\($0.instance.object)" }.joined(separator: " ")
        let tag = "\(type) of frame \(number ?? 1) of \(objects), \(shown), \(viewport), \(quality)"
        return try await keptImage(call, tag: tag, mediaType: type, isLasting: false) {
            for instance in instances {
                let image = try await ImageFrames(instance, folder: folder, source: source)
                guard image.hasPixels else { continue }
                let picture = try image.picture(
                    of: number ?? 1, in: try await decodedPixels(of: image, instance),
                    window: window,
                    viewport: viewport)
                return type == "image/png" ? try picture.png() : try picture.jpeg(quality: quality)
            }
            throw Refusal.notAcceptable("There is no picture in it.")
        }
    }

    private static func pictureType(_ accepted: [MediaRange]) throws -> String {
        for range in accepted {
            if let type = ["image/jpeg", "image/png"].first(where: range.takes) { return type }
        }
        throw notGiven("image/jpeg or image/png")
    }
}
