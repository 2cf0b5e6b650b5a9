import Foundation

extension ReportHTML {
    static func curves(_ curves: [ReportCurve]) -> Markup {
        guard !curves.isEmpty else { return "" }
        let items = curves.map { curve -> Markup in
            "<li>\(DVHChart.sample(curve.style))<span>\(curve.name)</span></li>"
        }
        return section(
            "Dose-volume histograms",
            ["<figure>\(DVHChart.svg(curves))<ul class=\"legend\">\(items)</ul></figure>"])
    }

    static func pictures(_ pictures: [ReportPicture]) -> Markup {
        let figures = pictures.filter { $0.widthPX > 0 && $0.heightPX > 0 }.map(figure)
        guard !figures.isEmpty else { return "" }
        let layout: Markup = figures.count == 1 ? "slices single" : "slices"
        return section(
            "Dose on the images",
            ["<div class=\"\(layout)\">\(figures)</div>", isodoseLegend(pictures)])
    }

    private static func figure(_ picture: ReportPicture) -> Markup {
        let width = picture.widthPX
        let height = picture.heightPX
        // Line widths and letters follow the picture's size, so that 128 and 1024 pixels print
        // alike: about 85 mm wide, a 500th of which is a thin line.
        let unit = Double(max(width, height)) / 500
        let lines = picture.isolines.map { isoline($0, unit: unit) }
        return """
            <figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
            role="img" aria-label="\(picture.caption)" \
            font-family="DejaVu Sans, sans-serif">\
            <image x="0" y="0" width="\(width)" height="\(height)" \
            href="data:image/png;base64,\(Data(picture.png).base64EncodedString())"/>
            \(lines)\(labels(of: picture, unit: unit))</svg>\
            <figcaption>\(picture.caption)</figcaption></figure>

            """
    }

    /// Every line twice: a dark edge below the coloured line keeps it visible on any grey.
    private static func isoline(_ isoline: ReportPicture.Isoline, unit: Double) -> Markup {
        let style = ReportLineStyle(
            colour: isoline.style.colour, dash: isoline.style.dash.map { $0 * unit })
        let solid = ReportLineStyle(colour: "#000000")
        let lines = isoline.lines.filter { $0.count > 1 }.map { line -> Markup in
            let points = line.map { point in
                "\(DVHChart.number(point.x)),\(DVHChart.number(point.y))"
            }.joined(separator: " ")
            return """
                <polyline points="\(points)" \(DVHChart.stroke(solid, width: 3.2 * unit)) \
                stroke-opacity="0.55"/>\
                <polyline points="\(points)" \(DVHChart.stroke(style, width: 1.9 * unit))/>

                """
        }
        return "<g>\(lines)</g>"
    }

    /// One label for each level, on its longest line, turned a step further for each level so
    /// that nested lines have theirs side by side; a label that would cover another is left out,
    /// as the legend names every level.
    private static func labels(of picture: ReportPicture, unit: Double) -> [Markup] {
        let size = 15 * unit
        var placed: [(x: Double, y: Double, halfWidth: Double)] = []
        var result: [Markup] = []
        for (index, isoline) in picture.isolines.enumerated() {
            guard let line = isoline.lines.max(by: { $0.count < $1.count }), line.count > 1
            else { continue }
            let angle = 2 * Double.pi * Double(index) / Double(picture.isolines.count) - 0.6
            let reach = { (point: ReportPicture.Point) in
                point.x * cos(angle) + point.y * sin(angle)
            }
            guard let anchor = line.max(by: { reach($0) < reach($1) }) else { continue }
            let halfWidth = 0.33 * size * Double(isoline.label.count)
            let x = min(max(anchor.x, halfWidth), Double(picture.widthPX) - halfWidth)
            let y = min(max(anchor.y, size), Double(picture.heightPX) - 0.4 * size)
            let isFree = placed.allSatisfy {
                abs($0.x - x) > $0.halfWidth + halfWidth || abs($0.y - y) > 1.1 * size
            }
            guard isFree else { continue }
            placed.append((x, y, halfWidth))
            result.append(label(isoline.label, x: x, y: y, size: size))
        }
        return result
    }

    private static func label(_ text: String, x: Double, y: Double, size: Double) -> Markup {
        let place: Markup = """
            x="\(DVHChart.number(x))" y="\(DVHChart.number(y))" text-anchor="middle" \
            font-size="\(DVHChart.number(size))"
            """
        return """
            <text \(place) fill="none" stroke="#000000" \
            stroke-width="\(DVHChart.number(size / 4))" stroke-linejoin="round">\(text)</text>\
            <text \(place) fill="#ffffff">\(text)</text>
            """
    }

    private static func isodoseLegend(_ pictures: [ReportPicture]) -> Markup {
        var seen: Set<String> = []
        let levels = pictures.flatMap(\.isolines).sorted { $0.levelGy > $1.levelGy }
            .filter { seen.insert("\($0.label) \($0.levelGy)").inserted }
        guard !levels.isEmpty else { return "" }
        let items = levels.map { level -> Markup in
            "<li>\(DVHChart.sample(level.style))<span>\(level.label)</span></li>"
        }
        return "<ul class=\"legend\" aria-label=\"Isodose lines\">\(items)</ul>"
    }
}
