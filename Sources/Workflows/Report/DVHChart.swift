import Foundation

/// Draws cumulative DVHs as SVG: axes in Gy and percent, grid, lines told apart by dash and colour.
package enum DVHChart {
    /// Size of the drawing in its own units, about a printed point each.
    private static let width = 680.0
    private static let height = 270.0
    private static let left = 52.0
    private static let right = 14.0
    private static let top = 10.0
    private static let bottom = 42.0

    /// Draws the curves that have points; an empty list gives axes alone.
    ///
    /// The dose axis ends where the last curve falls below 0.1 % of its volume, so that a single
    /// hot voxel does not squeeze the rest; the ends of the curves are cut there and nowhere else.
    /// Points nearer than 0.3 units to the one before are left out, which no eye sees.
    package static func svg(_ curves: [ReportCurve]) -> Markup {
        let tick = axisStep(for: shownDose(curves), about: 8)
        let maximumGy = tick * max(1, (shownDose(curves) / tick).rounded(.up))
        let lines = curves.map { line($0, maximumGy: maximumGy) }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \
            \(number(height))" role="img" aria-label="Cumulative dose-volume histograms" \
            font-family="DejaVu Sans, sans-serif" font-size="10.5">
            \(grid(maximumGy: maximumGy, tick: tick))
            \(lines)
            \(titles())
            </svg>
            """
    }

    /// A short sample of a line for a legend.
    package static func sample(_ style: ReportLineStyle) -> Markup {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 44 12" width="44" height="12" \
        aria-hidden="true"><line x1="1" y1="6" x2="43" y2="6" \(stroke(style, width: 2.2))/></svg>
        """
    }

    /// Stroke attributes of a style; a colour that is not `#rrggbb` is drawn black.
    static func stroke(_ style: ReportLineStyle, width: Double) -> Markup {
        let isColour =
            style.colour.utf8.count == 7 && style.colour.hasPrefix("#")
            && style.colour.dropFirst().allSatisfy(\.isHexDigit)
        let colour = isColour ? style.colour : "#000000"
        let dash = style.dash.filter { $0 > 0 && $0.isFinite }.map(number)
        let array: Markup =
            dash.isEmpty ? "" : " stroke-dasharray=\"\(dash.joined(separator: " "))\""
        return "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(number(width))\"\(array)"
    }

    /// A coordinate with at most two decimals.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let hundredths = (value * 100).rounded() / 100
        return hundredths == hundredths.rounded() && abs(hundredths) < 1e9
            ? String(Int(hundredths)) : String(hundredths)
    }

    /// A step of 1, 2 or 5 times a power of ten that divides `span` into about `count` parts.
    static func axisStep(for span: Double, about count: Double) -> Double {
        guard span > 0, span.isFinite else { return 1 }
        let raw = span / count
        let power = pow(10, floor(log10(raw)))
        let step = [1, 2, 5, 10].first { $0 * power >= raw * 0.999_999 } ?? 10
        return step * power
    }

    /// The dose at which the last curve falls below 0.1 % of its volume, in Gy.
    private static func shownDose(_ curves: [ReportCurve]) -> Double {
        var doseGy = 0.0
        for curve in curves {
            for (dose, fraction) in zip(curve.dosesGy, curve.volumeFractions)
            where fraction >= 0.001 && dose.isFinite {
                doseGy = max(doseGy, dose)
            }
        }
        return doseGy > 0 ? doseGy : 1
    }

    private static func x(_ doseGy: Double, _ maximumGy: Double) -> Double {
        left + (width - left - right) * doseGy / maximumGy
    }

    private static func y(_ fraction: Double) -> Double {
        top + (height - top - bottom) * (1 - fraction)
    }

    private static func line(_ curve: ReportCurve, maximumGy: Double) -> Markup {
        var points: [String] = []
        var last = (x: -1e9, y: -1e9)
        for (dose, fraction) in zip(curve.dosesGy, curve.volumeFractions) {
            guard dose >= 0, dose <= maximumGy, fraction.isFinite else { continue }
            let point = (x: x(dose, maximumGy), y: y(min(max(fraction, 0), 1)))
            if abs(point.x - last.x) < 0.3, abs(point.y - last.y) < 0.3 { continue }
            points.append("\(number(point.x)),\(number(point.y))")
            last = point
        }
        guard points.count > 1 else { return "" }
        return """
            <polyline points="\(points.joined(separator: " "))" \
            \(stroke(curve.style, width: 1.8)) stroke-linejoin="round">\
            <title>\(curve.name)</title></polyline>

            """
    }

    private static func grid(maximumGy: Double, tick: Double) -> [Markup] {
        let steps = Int((maximumGy / tick).rounded())
        let vertical = (0 ... steps).map { index -> Markup in
            let dose = Double(index) * tick
            let position = number(x(dose, maximumGy))
            let base = number(y(0))
            return """
                <line x1="\(position)" y1="\(number(y(1)))" x2="\(position)" y2="\(base)" \
                stroke="#d5d9dd" stroke-width="0.6"/>\
                <text x="\(position)" y="\(number(y(0) + 15))" text-anchor="middle" \
                fill="#333333">\(Figures.constant(dose))</text>

                """
        }
        let horizontal = (0 ... 5).map { index -> Markup in
            let fraction = Double(index) / 5
            let position = number(y(fraction))
            return """
                <line x1="\(number(left))" y1="\(position)" x2="\(number(width - right))" \
                y2="\(position)" stroke="#d5d9dd" stroke-width="0.6"/>\
                <text x="\(number(left - 6))" y="\(number(y(fraction) + 4))" text-anchor="end" \
                fill="#333333">\(index * 20)</text>

                """
        }
        let frame: Markup = """
            <path d="M\(number(left)) \(number(top))V\(number(y(0)))H\(number(width - right))" \
            fill="none" stroke="#333333" stroke-width="1"/>

            """
        return vertical + horizontal + [frame]
    }

    private static func titles() -> Markup {
        let middle = number((top + height - bottom) / 2)
        return """
            <text x="\(number((left + width - right) / 2))" y="\(number(height - 8))" \
            text-anchor="middle" fill="#1a1c1e">Dose (Gy)</text>
            <text x="14" y="\(middle)" text-anchor="middle" fill="#1a1c1e" \
            transform="rotate(-90 14 \(middle))">Volume (%) with at least this dose</text>
            """
    }
}
