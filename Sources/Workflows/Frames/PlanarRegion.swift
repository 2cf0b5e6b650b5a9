/// A part of a planar view, in pixels counted from 0; the centre of pixel (0, 0) is at (0, 0).
package enum PlanarRegion: Hashable, Sendable {
    /// `[firstRow, lastRow, firstColumn, lastColumn]`, both ends inside.
    case box([Int])
    /// Corners as (column, row); a pixel belongs to it when its centre lies inside.
    case polygon([[Double]])

    /// The storage indices of its pixels.
    ///
    /// - Parameters:
    ///   - rows: Of the image.
    ///   - columns: Of the image.
    /// - Returns: Each pixel once.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a box reaches beyond the image.
    package func pixels(rows: Int, columns: Int) throws -> [Int] {
        switch self {
        case .box(let box):
            guard box[1] < rows, box[3] < columns else {
                throw WorkflowError.refused(
                    sentence:
                        "A planar box reaches row \(box[1]), column \(box[3]); the image has \(rows) rows and \(columns) columns, counted from 0."
                )
            }
            return (box[0] ... box[1]).flatMap { row in
                (box[2] ... box[3]).map { row * columns + $0 }
            }
        case .polygon(let corners):
            return (0 ..< rows).flatMap { row in
                let crossings = Self.crossings(of: corners, atRow: Double(row)).sorted()
                return stride(from: 0, to: crossings.count - 1, by: 2).flatMap { n -> [Int] in
                    let first = max(0, Int(max(crossings[n], -1).rounded(.up)))
                    let last = min(Double(columns - 1), crossings[n + 1])
                    guard last >= Double(first) else { return [] }
                    // A centre on the right edge belongs to the neighbour.
                    let end = last == crossings[n + 1] && last == last.rounded() ? last - 1 : last
                    guard end >= Double(first) else { return [] }
                    return (first ... Int(end.rounded(.down))).map { row * columns + $0 }
                }
            }
        }
    }

    /// Where a row's line crosses the edges, each edge without its upper end.
    private static func crossings(of corners: [[Double]], atRow y: Double) -> [Double] {
        corners.indices.compactMap { n in
            let (a, b) = (corners[n], corners[(n + 1) % corners.count])
            guard (a[1] <= y) != (b[1] <= y) else { return nil }
            return a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        }
    }
}
