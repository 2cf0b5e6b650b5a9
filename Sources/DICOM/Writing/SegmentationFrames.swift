import Foundation
import Imaging
import Quantities

/// The frames of a segmentation: one per segment and slice that the segment touches.
struct SegmentationFrames {
    struct Frame {
        let segmentNumber: Int
        let slice: Int
        /// Position in the list of segments.
        let segment: Int
    }

    let list: [Frame]
    private let masks: [RegionMask]
    private let isBinary: Bool
    private let slices: [Int]

    init(_ segmentation: Segmentation) {
        masks = segmentation.segments.map(\.mask)
        isBinary = segmentation.kind == .binary
        var found: [Frame] = []
        for (n, segment) in segmentation.segments.enumerated() {
            for slice in segment.mask.box.lower.z ..< segment.mask.box.upper.z
            where Self.touches(segment.mask, slice, atLeast: isBinary ? 0.5 : 1 / 510) {
                found.append(Frame(segmentNumber: segment.number, slice: slice, segment: n))
            }
        }
        list = found
        slices = Set(found.map(\.slice)).sorted()
    }

    /// The number of the frame's slice among the slices present, from 1.
    func position(of frame: Frame) -> Int {
        (slices.firstIndex(of: frame.slice) ?? 0) + 1
    }

    /// Where a BINARY volume differs by more than 1 % from the shares it came from.
    var volumeFindings: [Finding] {
        guard isBinary else { return [] }
        var findings: [Finding] = []
        for (n, mask) in masks.enumerated() {
            let whole = mask.coverage.count { $0 >= 0.5 }
            let written = Double(whole) * mask.geometry.voxelVolumeML
            let share = (written - mask.volumeML) / max(mask.volumeML, mask.geometry.voxelVolumeML)
            guard abs(share) > 0.01 else { continue }
            let percent = String(format: "%+.1f", 100 * share)
            findings.append(
                Finding(
                    "seg.binary-volume", .note,
                    "Segment \(n + 1) changed its volume by \(percent) % when its edge voxels"
                        + " became all or nothing."))
        }
        return findings
    }

    /// One bit per voxel, least significant first, frames without a gap (PS3.5 §8.1.1).
    func packedBits() -> [UInt8] {
        guard let shape = masks.first?.geometry.shape else { return [] }
        let frameSize = shape.x * shape.y
        var bytes = [UInt8](repeating: 0, count: (list.count * frameSize + 7) / 8)
        forEachVoxel { at, share in
            if share >= 0.5 { bytes[at >> 3] |= 1 << UInt8(at & 7) }
        }
        return bytes
    }

    /// The share of each voxel in steps of 1/255.
    func octets() -> [UInt8] {
        guard let shape = masks.first?.geometry.shape else { return [] }
        var bytes = [UInt8](repeating: 0, count: list.count * shape.x * shape.y)
        forEachVoxel { at, share in
            bytes[at] = UInt8((min(max(share, 0), 1) * 255).rounded())
        }
        return bytes
    }

    private func forEachVoxel(_ body: (_ at: Int, _ share: Float) -> Void) {
        for (n, frame) in list.enumerated() {
            let mask = masks[frame.segment]
            let box = mask.box
            let shape = mask.geometry.shape
            let width = box.upper.x - box.lower.x
            let height = box.upper.y - box.lower.y
            var from = (frame.slice - box.lower.z) * width * height
            for j in box.lower.y ..< box.upper.y {
                let row = n * shape.x * shape.y + j * shape.x
                for i in box.lower.x ..< box.upper.x {
                    body(row + i, mask.coverage[from])
                    from += 1
                }
            }
        }
    }

    private static func touches(_ mask: RegionMask, _ slice: Int, atLeast limit: Float) -> Bool {
        let box = mask.box
        let size = (box.upper.x - box.lower.x) * (box.upper.y - box.lower.y)
        let start = (slice - box.lower.z) * size
        return mask.coverage[start ..< start + size].contains { $0 >= limit }
    }
}

/// Display colours as segmentations code them.
enum DisplayColor {
    /// Returns CIELab (D50) scaled to 16 bits as PS3.3 §C.10.7.1.1 says, from sRGB 0 to 255.
    ///
    /// Source: IEC 61966-2-1 transfer curve; sRGB primaries adapted to D50 by Bradford.
    static func encodedLab(rgb: [Int]) -> [Int] {
        let linear = rgb.map { level -> Double in
            let c = Double(min(max(level, 0), 255)) / 255
            return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
        }
        func row(_ a: Double, _ b: Double, _ c: Double, white: Double) -> Double {
            let t = (a * linear[0] + b * linear[1] + c * linear[2]) / white
            let delta = 6.0 / 29
            return t > delta * delta * delta
                ? pow(t, 1 / 3.0) : t / (3 * delta * delta) + 4.0 / 29
        }
        let fx = row(0.4360747, 0.3850649, 0.1430804, white: 0.9642)
        let fy = row(0.2225045, 0.7168786, 0.0606169, white: 1)
        let fz = row(0.0139322, 0.0971045, 0.7141733, white: 0.8249)
        let lab = [
            (116 * fy - 16) / 100, (500 * (fx - fy) + 128) / 255, (200 * (fy - fz) + 128) / 255,
        ]
        return lab.map { Int((min(max($0, 0), 1) * 65535).rounded()) }
    }
}
