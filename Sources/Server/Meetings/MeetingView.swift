import Foundation

/// What a meeting looks at: ids and geometry, never words.
///
/// As JSON the two kinds are flat; what has a `frame` is a picture.
package enum MeetingView: Codable, Hashable, Sendable {
    /// Images of the patient's space, cut by planes.
    case slices(Slices)
    /// A picture of a series that is looked at frame by frame.
    case picture(Picture)

    /// How a layer is shown.
    package struct Window: Codable, Hashable, Sendable {
        package let id: String
        package let low: Double
        package let high: Double
        /// 0 to 1.
        package let opacity: Double
        package let isVisible: Bool
    }

    package struct Slices: Codable, Hashable, Sendable {
        /// The images that lie on each other, the lowest first: `se-…`, `dose-…`.
        package let images: [String]
        package let layout: String
        package let plane: String
        /// DICOM LPS, mm.
        package let cursorMM: [Double]
        /// The middle of what is seen: DICOM LPS, mm.
        package let centreMM: [Double]
        package let zoom: Double
        package let windows: [Window]
        /// Where the presenter points: DICOM LPS, mm; `nil` while they do not.
        package let pointerMM: [Double]?
    }

    package struct Picture: Codable, Hashable, Sendable {
        /// The one series.
        package let images: [String]
        /// Of the series, from 1; where several are side by side, the first.
        package let frame: Int
        /// What is black, in the values of the series; of a picture in colour it means nothing.
        package let low: Double
        package let high: Double
        /// The whole picture is 1.
        package let zoom: Double
        /// The middle of what is seen, as shares of the picture's width and height.
        package let middle: [Double]
        /// Where the presenter points: column and row, the first pixel's centre is (0, 0); `nil`
        /// while they do not.
        package let pointer: [Double]?
    }

    private static let mostImages = 4
    private static let farthestMM = 1e5
    private static let zooms = 0.01 ... 1000.0
    private static let longestName = 40
    private static let greatestValue = 1e12
    private static let frames = 1 ... 100_000
    /// Further away nothing of a picture is seen, at the least zoom either.
    private static let farthestShare = 1000.0

    /// Reads a view as a page sends it; what else a text holds is not kept.
    ///
    /// - Throws: ``Refusal/badRequest(_:)`` for what is not ids and finite numbers.
    package init(json: String) throws {
        guard let view = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)),
            view.isSound
        else { throw Refusal.badRequest("The view is not ids and places.") }
        self = view
    }

    private enum Key: String, CodingKey { case frame }

    package init(from decoder: any Decoder) throws {
        let isPicture = try decoder.container(keyedBy: Key.self).contains(.frame)
        self = try isPicture ? .picture(Picture(from: decoder)) : .slices(Slices(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .slices(let slices): try slices.encode(to: encoder)
        case .picture(let picture): try picture.encode(to: encoder)
        }
    }

    private var isSound: Bool {
        switch self {
        case .slices(let slices): Self.isSound(slices)
        case .picture(let picture): Self.isSound(picture)
        }
    }

    private static func isSound(_ view: Slices) -> Bool {
        let names = view.images + view.windows.map(\.id) + [view.layout, view.plane]
        let places = [view.cursorMM, view.centreMM] + [view.pointerMM].compactMap(\.self)
        return (1 ... mostImages).contains(view.images.count)
            && view.windows.count <= 2 * mostImages && names.allSatisfy(isID)
            && places.allSatisfy { isPlace($0, count: 3, farthest: farthestMM) }
            && zooms.contains(view.zoom)
            && view.windows.allSatisfy { window in
                (0 ... 1).contains(window.opacity)
                    && [window.low, window.high].allSatisfy { abs($0) <= greatestValue }
            }
    }

    private static func isSound(_ view: Picture) -> Bool {
        view.images.count == 1 && view.images.allSatisfy(isID) && frames.contains(view.frame)
            && [view.low, view.high].allSatisfy { abs($0) <= greatestValue }
            && zooms.contains(view.zoom)
            && isPlace(view.middle, count: 2, farthest: farthestShare)
            && (view.pointer.map { isPlace($0, count: 2, farthest: greatestValue) } ?? true)
    }

    private static func isPlace(_ place: [Double], count: Int, farthest: Double) -> Bool {
        place.count == count && place.allSatisfy { abs($0) <= farthest }
    }

    /// Whether a text is one of the program's own ids and so says nothing of anybody.
    static func isID(_ text: String) -> Bool {
        (1 ... longestName).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a") ... UInt8(ascii: "z"),
                    UInt8(ascii: "0") ... UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
