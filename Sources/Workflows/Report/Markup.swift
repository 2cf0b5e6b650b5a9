import Foundation

/// A piece of HTML or SVG that is safe by the way it was made.
///
/// A literal is trusted; whatever is interpolated as a `String` is escaped; another `Markup` goes
/// in as it is. Numbers other than `Int` do not compile: they pass through ``Figures`` first.
package struct Markup: Sendable, ExpressibleByStringInterpolation {
    package let source: String

    package init(stringLiteral value: String) { source = value }

    package init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

    /// Takes a text that the program itself wrote, the embedded style sheet, without escaping.
    init(trusted source: String) { self.source = source }

    package struct Interpolation: StringInterpolationProtocol {
        var source = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            source.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { source += literal }

        package mutating func appendInterpolation(_ text: String) {
            source += Markup.escaped(text)
        }

        package mutating func appendInterpolation(_ number: Int) { source += String(number) }

        package mutating func appendInterpolation(_ markup: Markup) { source += markup.source }

        package mutating func appendInterpolation(_ list: [Markup]) {
            for markup in list { source += markup.source }
        }
    }

    /// Replaces what has a meaning in HTML, and what could make a text read other than it is.
    ///
    /// Control characters are not allowed in HTML; bidirectional overrides could show the digits
    /// of a dose in another order. Both become U+FFFD, so that their presence is seen.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}" ... "\u{1f}", "\u{7f}" ... "\u{9f}", "\u{202a}" ... "\u{202e}",
                "\u{2066}" ... "\u{2069}", "\u{fffe}", "\u{ffff}":
                result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
