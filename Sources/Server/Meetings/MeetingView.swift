import Foundation

/// What a meeting looks at: ids and geometry, never words.
package struct MeetingView: Codable, Hashable, Sendable {
    /// How a layer is shown.
    package struct Window: Codable, Hashable, Sendable {
        package let id: String
        package let low: Double
        package let high: Double
        /// 0 to 1.
        package let opacity: Double
        package let isVisible: Bool
    }

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

    private static let mostImages = 4
    private static let farthestMM = 1e5
    private static let zooms = 0.01 ... 1000.0
    private static let longestName = 40
    private static let greatestValue = 1e12

    /// Reads a view as a page sends it; what else a text holds is not kept.
    ///
    /// - Throws: ``Refusal/badRequest(_:)`` for what is not ids and finite numbers.
    package init(json: String) throws {
        guard let view = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)),
            view.isSound
        else { throw Refusal.badRequest("The view is not ids and places.") }
        self = view
    }

    private var isSound: Bool {
        let names = images + windows.map(\.id) + [layout, plane]
        let places = [cursorMM, centreMM] + [pointerMM].compactMap(\.self)
        return (1 ... Self.mostImages).contains(images.count)
            && windows.count <= 2 * Self.mostImages && names.allSatisfy(Self.isID)
            && places.allSatisfy { place in
                place.count == 3 && place.allSatisfy { abs($0) <= Self.farthestMM }
            } && Self.zooms.contains(zoom)
            && windows.allSatisfy { window in
                (0 ... 1).contains(window.opacity)
                    && [window.low, window.high].allSatisfy { abs($0) <= Self.greatestValue }
            }
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
