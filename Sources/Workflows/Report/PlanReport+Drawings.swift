/// How a line looks in print: drawings are told apart by dash and colour, never by colour alone.
package struct ReportLineStyle: Hashable, Sendable {
    /// `#rrggbb`.
    package var colour: String
    /// Lengths of strokes and gaps in points; empty for a solid line.
    package var dash: [Double]

    package init(colour: String, dash: [Double] = []) {
        self.colour = colour
        self.dash = dash
    }

    /// The style of the `index`-th line of a drawing; colours and dashes repeat after 35 lines.
    ///
    /// Colours: Okabe and Ito, darkened where they would be faint on white paper.
    package static func numbered(_ index: Int) -> ReportLineStyle {
        let position = index < 0 ? 0 : index
        return ReportLineStyle(
            colour: colours[position % colours.count], dash: dashes[position % dashes.count])
    }

    private static let colours = [
        "#0b5c94", "#b34700", "#006b4f", "#8f3a72", "#3d3d3d", "#946200", "#2a8fc4",
    ]
    private static let dashes: [[Double]] = [
        [], [7, 3], [2, 2.5], [9, 3, 2, 3], [4, 2, 1, 2, 1, 2],
    ]
}

/// A cumulative DVH: the share of the volume that gets at least a dose.
package struct ReportCurve: Hashable, Sendable {
    package var name: String
    /// Dose of each point in Gy, ascending.
    package var dosesGy: [Double]
    /// Share of the volume at each point, 0 to 1.
    package var volumeFractions: [Double]
    package var style: ReportLineStyle

    package init(
        name: String, dosesGy: [Double], volumeFractions: [Double], style: ReportLineStyle
    ) {
        self.name = name
        self.dosesGy = dosesGy
        self.volumeFractions = volumeFractions
        self.style = style
    }
}

/// A fused slice with isodose lines over it.
package struct ReportPicture: Hashable, Sendable {
    /// A point in pixels from the top left corner of the picture, x right, y down.
    package struct Point: Hashable, Sendable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// All closed or open lines of one dose level.
    package struct Isoline: Hashable, Sendable {
        package var label: String
        package var levelGy: Double
        package var style: ReportLineStyle
        package var lines: [[Point]]

        package init(label: String, levelGy: Double, style: ReportLineStyle, lines: [[Point]]) {
            self.label = label
            self.levelGy = levelGy
            self.style = style
            self.lines = lines
        }
    }

    /// The bytes of a PNG file.
    package var png: [UInt8]
    package var widthPX: Int
    package var heightPX: Int
    package var isolines: [Isoline]
    /// What is seen, where, and in which window: the text read instead of the picture.
    package var caption: String

    package init(
        png: [UInt8], widthPX: Int, heightPX: Int, isolines: [Isoline], caption: String
    ) {
        self.png = png
        self.widthPX = widthPX
        self.heightPX = heightPX
        self.isolines = isolines
        self.caption = caption
    }
}
