import Foundation

/// A plain picture of curves and points, as SVG.
package struct Plot {
    struct Series {
        enum Style { case line, points }

        let name: String
        let style: Style
        let colour: String
        var values: [(x: Double, y: Double)]
        /// 1 sigma of y; empty for none.
        var sigmas: [Double] = []
    }

    let name: String
    let title: String
    let xTitle: String
    let yTitle: String
    var isLogarithmic = false
    let series: [Series]

    private static let (width, height) = (720.0, 400.0)
    private static let (left, right, top, bottom) = (76.0, 16.0, 36.0, 48.0)

    private var xRange: (Double, Double) {
        let all = series.flatMap { $0.values.map(\.x) }
        return (all.min() ?? 0, all.max() ?? 1)
    }

    private var yRange: (Double, Double) {
        let all = series.flatMap { $0.values.map(\.y) }.filter { !isLogarithmic || $0 > 0 }
        let (low, high) = (all.min() ?? 0.1, all.max() ?? 1)
        if isLogarithmic {
            return (pow(10, log10(low).rounded(.down)), pow(10, log10(high).rounded(.up)))
        }
        return (min(0, low), high * 1.08)
    }

    private func place(_ x: Double, _ y: Double) -> (Double, Double) {
        let ((x0, x1), (y0, y1)) = (xRange, yRange)
        let scale = { (v: Double) in isLogarithmic ? log10(max(v, y0 * 1e-3)) : v }
        let across = (x - x0) / max(1e-300, x1 - x0)
        let up = (scale(y) - scale(y0)) / max(1e-300, scale(y1) - scale(y0))
        return (
            Self.left + across * (Self.width - Self.left - Self.right),
            Self.height - Self.bottom - up * (Self.height - Self.top - Self.bottom)
        )
    }

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
        font-family="sans-serif" font-size="12">
        <title>\(Self.escaped(title))</title>
        <rect width="100%" height="100%" fill="white"/>
        <text x="\(Self.left)" y="20" font-size="14">\(Self.escaped(title))</text>
        \(axes)
        \(series.map(drawn).joined(separator: "\n"))
        \(legend)
        </svg>

        """
    }

    private var axes: String {
        let ((x0, x1), (y0, y1)) = (xRange, yRange)
        var parts: [String] = []
        for x in Self.ticks(x0, x1) {
            let (px, bottom) = place(x, y0)
            parts.append(line(px, bottom, px, Self.top, "#e4e4e4"))
            parts.append(
                "<text x=\"\(number(px))\" y=\"\(number(bottom + 18))\" text-anchor=\"middle\">"
                    + "\(String(format: "%g", x))</text>")
        }
        for y in isLogarithmic ? Self.decades(y0, y1) : Self.ticks(y0, y1) {
            let (left, py) = place(x0, y)
            parts.append(line(left, py, Self.width - Self.right, py, "#e4e4e4"))
            parts.append(
                "<text x=\"\(number(left - 6))\" y=\"\(number(py + 4))\" text-anchor=\"end\">"
                    + "\(String(format: "%g", y))</text>")
        }
        let (middle, below) = ((Self.width + Self.left) / 2, Self.height - 10)
        parts.append(
            "<text x=\"\(number(middle))\" y=\"\(number(below))\" text-anchor=\"middle\">\(Self.escaped(xTitle))</text>"
        )
        parts.append(
            "<text transform=\"translate(16 \(number(Self.height / 2))) rotate(-90)\" "
                + "text-anchor=\"middle\">\(Self.escaped(yTitle))</text>")
        return parts.joined(separator: "\n")
    }

    private func drawn(_ series: Series) -> String {
        let shown = series.values.enumerated().filter { !isLogarithmic || $0.element.y > 0 }
        if series.style == .line {
            let points = shown.map { entry in
                let (x, y) = place(entry.element.x, entry.element.y)
                return "\(number(x)),\(number(y))"
            }
            return "<polyline fill=\"none\" stroke=\"\(series.colour)\" stroke-width=\"1.6\" "
                + "points=\"\(points.joined(separator: " "))\"/>"
        }
        return shown.map { index, value in
            let (x, y) = place(value.x, value.y)
            var mark =
                "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"2.6\" fill=\"\(series.colour)\"/>"
            if series.sigmas.indices.contains(index) {
                let (_, high) = place(value.x, value.y + series.sigmas[index])
                let (_, low) = place(value.x, value.y - series.sigmas[index])
                mark += line(x, low, x, high, series.colour)
            }
            return mark
        }.joined(separator: "\n")
    }

    private var legend: String {
        series.enumerated().map { index, series in
            let y = Self.top + 14 + Double(index) * 16
            return "<rect x=\"\(number(Self.width - 210))\" y=\"\(number(y - 9))\" width=\"10\" "
                + "height=\"10\" fill=\"\(series.colour)\"/>"
                + "<text x=\"\(number(Self.width - 194))\" y=\"\(number(y))\">\(Self.escaped(series.name))</text>"
        }.joined(separator: "\n")
    }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String
    ) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" "
            + "y2=\"\(number(y2))\" stroke=\"\(colour)\"/>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    /// Round numbers that divide a range into 4 to 10 parts.
    private static func ticks(_ low: Double, _ high: Double) -> [Double] {
        let raw = max(1e-300, (high - low) / 6)
        let power = pow(10, log10(raw).rounded(.down))
        let step = ([1, 2, 5, 10].first { $0 * power >= raw } ?? 10) * power
        return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map {
            // Away with -0 and with sums like 0.30000000000000004.
            ($0 / step).rounded() * step + 0
        }
    }

    private static func decades(_ low: Double, _ high: Double) -> [Double] {
        stride(from: log10(low).rounded(), through: log10(high).rounded(), by: 1).map {
            pow(10, $0)
        }
    }
}
