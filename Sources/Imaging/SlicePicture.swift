/// A picture of one plane of the patient: CT in grey, a map in colour over it, lines on top.
///
/// Pixels are square, and placed in the patient rather than in the grid of any volume, so that
/// feet-first, oblique and coarse volumes all look as they lie.
public struct SlicePicture: Sendable {
    /// Grey values of the image below: everything from black to white.
    public struct Window: Hashable, Sendable {
        public var centre: Float
        public var width: Float

        public init(centre: Float, width: Float) {
            self.centre = centre
            self.width = width
        }

        /// Soft tissue of the abdomen in Hounsfield units.
        public static let abdomen = Window(centre: 40, width: 400)
    }

    /// A map laid over the grey image in colour.
    public struct Overlay: Sendable {
        public var volume: Volume<Float>
        /// The value with the lowest colour, below which nothing is drawn, and the highest.
        public var range: ClosedRange<Float>
        public var colours: ColourMap
        /// How much the colour covers, 0 to 1.
        public var opacity: Double
        /// Takes points of the grey image's frame into the map's frame.
        public var transform: RigidTransform

        public init(
            _ volume: Volume<Float>, range: ClosedRange<Float>, colours: ColourMap = .inferno,
            opacity: Double = 0.5, transform: RigidTransform = .identity
        ) {
            self.volume = volume
            self.range = range
            self.colours = colours
            self.opacity = opacity
            self.transform = transform
        }
    }

    /// The place of the pixels in the patient, one slice thick; `i` to screen right, `j` down.
    public let geometry: VolumeGeometry

    /// Red, green, blue of each pixel, the top row first.
    public let rgb: [UInt8]

    public var width: Int { geometry.shape.x }
    public var height: Int { geometry.shape.y }

    /// Draws a plane of a volume, whole unless told otherwise.
    ///
    /// - Parameters:
    ///   - plane: Which way to look.
    ///   - base: The grey image, such as CT numbers.
    ///   - through: A point of the plane, in millimetres.
    ///   - showing: Points that the picture must hold, such as the corners of a region's box;
    ///     `nil` shows the whole image.
    ///   - pixelMM: The side of a pixel; `nil` takes the image's least spacing.
    ///   - window: The grey scale.
    ///   - overlay: The map in colour.
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)``.
    public init(
        _ plane: SlicePlane, of base: Volume<Float>, through: Vector3<Double>,
        showing: [Vector3<Double>]? = nil, pixelMM: Double? = nil, window: Window = .abdomen,
        overlay: Overlay? = nil
    ) throws {
        geometry = try plane.grid(
            showing: showing ?? base.geometry.cornersMM, through: through,
            pixelMM: pixelMM ?? base.geometry.spacingMM.smallest)
        let black = window.centre - window.width / 2
        let grey = base.interpolated(onto: geometry, outside: black)
        var pixels = grey.storage.map { value -> Vector3<Double> in
            let share = Double((value - black) / window.width)
            let level = 255 * (share > 0 ? min(share, 1) : 0)
            return Vector3(level, level, level)
        }
        if let overlay { Self.lay(overlay, over: &pixels, on: geometry) }
        rgb = pixels.flatMap { [$0.x, $0.y, $0.z].map { UInt8(min(255, max(0, $0 + 0.5))) } }
    }

    private static func lay(
        _ overlay: Overlay, over pixels: inout [Vector3<Double>], on geometry: VolumeGeometry
    ) {
        let map = overlay.volume.interpolated(
            onto: geometry, through: overlay.transform, outside: -.infinity)
        let samples = overlay.colours.samples
        let low = Double(overlay.range.lowerBound)
        let span = Double(overlay.range.upperBound) - low
        let opacity = min(1, max(0, overlay.opacity))
        for (n, value) in map.storage.enumerated() where Double(value) >= low {
            let share = span > 0 ? (Double(value) - low) / span : 1
            let colour = ColourMap.colour(share, in: samples)
            pixels[n] = (1 - opacity) * pixels[n] + opacity * colour
        }
    }

    /// Returns the picture as PNG.
    ///
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public func png() throws -> [UInt8] {
        try PNGImage.encoded(width: width, height: height, rgb: rgb)
    }

    /// Returns where a point of the patient is drawn, in pixels from the top left corner.
    public func pixel(positionMM: Vector3<Double>) -> PlanePoint {
        let index = geometry.index(positionMM: positionMM)
        return PlanePoint(u: index.x + 0.5, v: index.y + 0.5)
    }

    /// Returns the lines of equal value of a map, in pixels from the top left corner, to be drawn
    /// as vector paths over the picture.
    ///
    /// The map is sampled at the picture's pixels, trilinearly.
    ///
    /// - Parameters:
    ///   - volume: The map, such as dose in grays.
    ///   - level: The value of the lines, in the map's unit.
    ///   - transform: Takes points of the picture's frame into the map's frame.
    /// - Returns: Closed and open lines.
    public func isolines(
        of volume: Volume<Float>, level: Float, transform: RigidTransform = .identity
    ) -> [Isoline] {
        let sampled = volume.interpolated(onto: geometry, through: transform, outside: -.infinity)
        return sampled.isolines(level: level, inSlice: 0).map { line in
            Isoline(
                points: line.points.map { PlanePoint(u: $0.u + 0.5, v: $0.v + 0.5) },
                isClosed: line.isClosed)
        }
    }

    /// Returns the outline of a region, in pixels from the top left corner.
    public func outlines(of region: RegionMask) -> [Isoline] {
        guard let volume = region.paddedVolume() else { return [] }
        let sampled = volume.interpolated(onto: geometry, outside: 0)
        return sampled.isolines(level: 0.5, inSlice: 0).map { line in
            Isoline(
                points: line.points.map { PlanePoint(u: $0.u + 0.5, v: $0.v + 0.5) },
                isClosed: line.isClosed)
        }
    }
}
