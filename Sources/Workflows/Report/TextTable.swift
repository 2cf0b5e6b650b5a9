/// A table of plain text for a terminal: columns padded, numbers set right.
///
/// Width is counted in characters, so letters of double width shift their row.
package struct TextTable: Hashable, Sendable {
    package var columns: [ReportTable.Column]
    package var rows: [[String]]

    /// Creates a table; a row shorter than the header is filled with empty cells, further cells
    /// of a longer row are not shown.
    package init(columns: [ReportTable.Column], rows: [[String]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// The table of a report.
    package init(_ table: ReportTable) { self.init(columns: table.columns, rows: table.rows) }

    /// Header, rule and rows, one line each with a line feed; no spaces at the ends of lines.
    ///
    /// Control characters in a cell become U+FFFD: they could move the cursor of a terminal.
    package var text: String {
        let header = columns.map { Self.plain($0.title) }
        let body = rows.map { row in
            columns.indices.map { $0 < row.count ? Self.plain(row[$0]) : "" }
        }
        let widths = columns.indices.map { column in
            ([header] + body).reduce(0) { max($0, $1[column].count) }
        }
        let rule = widths.map { String(repeating: "-", count: $0) }
        return ([header, rule] + body).map { line($0, widths: widths) }.joined()
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            text += index == 0 ? "" : "  "
            text += columns[index].isNumber ? padding + cell : cell + padding
        }
        while text.hasSuffix(" ") { text.removeLast() }
        return text + "\n"
    }

    private static func plain(_ cell: String) -> String {
        String(
            String.UnicodeScalarView(
                cell.unicodeScalars.map { scalar in
                    scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar
                }))
    }
}
