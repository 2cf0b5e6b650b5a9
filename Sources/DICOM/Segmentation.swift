package import Imaging

/// The content of a SEG: masks on one grid.
package struct Segmentation: Hashable, Sendable {
    /// One segment.
    package struct Segment: Hashable, Sendable {
        /// Segment Number, from 1.
        package var number: Int
        package var label: String
        /// The share of each voxel inside; fractions only from FRACTIONAL objects.
        package var mask: RegionMask
        package var colorRGB: [Int]?

        package init(number: Int, label: String, mask: RegionMask, colorRGB: [Int]? = nil) {
            self.number = number
            self.label = label
            self.mask = mask
            self.colorRGB = colorRGB
        }
    }

    /// How the frames hold the masks (Segmentation Type).
    package enum Kind: String, Hashable, Sendable {
        case binary = "BINARY"
        case fractional = "FRACTIONAL"
        case labelMap = "LABELMAP"
    }

    package var kind: Kind
    package var frameOfReferenceUID: String
    package var referencedSeriesUID: String?
    package var segments: [Segment]

    package init(
        kind: Kind, frameOfReferenceUID: String, referencedSeriesUID: String?, segments: [Segment]
    ) {
        self.kind = kind
        self.frameOfReferenceUID = frameOfReferenceUID
        self.referencedSeriesUID = referencedSeriesUID
        self.segments = segments
    }
}
