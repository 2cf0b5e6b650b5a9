/// For each row of a volume the span of columns outside which it is 0.
struct FilledRows: Sendable {
    private let first: [Int32]
    private let end: [Int32]

    init(_ volume: Volume<Float>) {
        let shape = volume.geometry.shape
        var first = [Int32](repeating: 0, count: shape.y * shape.z)
        var end = first
        volume.withVoxels { voxels in
            for row in 0 ..< shape.y * shape.z {
                let start = row * shape.x
                var low = start
                while low < start + shape.x, voxels[low] == 0 { low += 1 }
                guard low < start + shape.x else { continue }
                var high = start + shape.x
                while voxels[high - 1] == 0 { high -= 1 }
                first[row] = Int32(clamping: low - start)
                end[row] = Int32(clamping: high - start)
            }
        }
        self.first = first
        self.end = end
    }

    /// The columns of row `j + ny · k` that may hold something.
    func columns(_ row: Int) -> Range<Int> { Int(first[row]) ..< Int(end[row]) }
}
