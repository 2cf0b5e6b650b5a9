import Imaging

/// Which voxels of a block hang together by their faces.
struct VoxelParts {
    let sides: Vector3<Int>
    /// Whether a slice's voxels hang together within the slice only.
    var inSlices = false

    /// The voxels of a kind that hang together with the block's outer voxels of that kind.
    func reached(fromEdge isOpen: (Int) -> Bool) -> [Bool] {
        var reached = [Bool](repeating: false, count: sides.x * sides.y * sides.z)
        var queue: [Int] = []
        for k in 0 ..< sides.z {
            let isEnd = !inSlices && (k == 0 || k == sides.z - 1)
            for j in 0 ..< sides.y {
                let isRim = isEnd || j == 0 || j == sides.y - 1
                for i in 0 ..< sides.x where isRim || i == 0 || i == sides.x - 1 {
                    let n = i + sides.x * (j + sides.y * k)
                    if !reached[n], isOpen(n) {
                        reached[n] = true
                        queue.append(n)
                    }
                }
            }
        }
        while let n = queue.popLast() {
            forEachNeighbour(of: n) { m in
                if !reached[m], isOpen(m) {
                    reached[m] = true
                    queue.append(m)
                }
            }
        }
        return reached
    }

    /// The parts of the voxels that are in, the one of most voxels first.
    func parts(of isIn: [Bool]) -> [[Int]] {
        var left = isIn
        var parts: [[Int]] = []
        for first in left.indices where left[first] {
            left[first] = false
            var part = [first]
            var next = 0
            while next < part.count {
                forEachNeighbour(of: part[next]) { m in
                    if left[m] {
                        left[m] = false
                        part.append(m)
                    }
                }
                next += 1
            }
            parts.append(part)
        }
        return parts.sorted { $0.count > $1.count }
    }

    @inline(__always)
    func forEachNeighbour(of n: Int, _ body: (Int) -> Void) {
        let i = n % sides.x
        let j = n / sides.x % sides.y
        let k = n / (sides.x * sides.y)
        if i > 0 { body(n - 1) }
        if i + 1 < sides.x { body(n + 1) }
        if j > 0 { body(n - sides.x) }
        if j + 1 < sides.y { body(n + sides.x) }
        guard !inSlices else { return }
        let slice = sides.x * sides.y
        if k > 0 { body(n - slice) }
        if k + 1 < sides.z { body(n + slice) }
    }
}
