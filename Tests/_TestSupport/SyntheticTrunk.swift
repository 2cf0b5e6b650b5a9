package import Imaging

/// A trunk-like CT of ellipsoids with noise, for registration tests; no patient has this shape.
package enum SyntheticTrunk {
    private struct Part {
        let centreMM: Vector3<Double>
        let radiiMM: Vector3<Double>
        let value: Double
    }

    /// Later parts lie over earlier ones: trunk, lungs, liver, kidneys, spine, spleen.
    private static let parts = [
        Part(centreMM: [0, 0, 0], radiiMM: [160, 110, 400], value: 20),
        Part(centreMM: [-75, -5, 110], radiiMM: [55, 75, 90], value: -800),
        Part(centreMM: [75, -5, 110], radiiMM: [50, 75, 90], value: -800),
        Part(centreMM: [-60, -10, -10], radiiMM: [80, 75, 65], value: 60),
        Part(centreMM: [-70, 55, -80], radiiMM: [25, 22, 50], value: 35),
        Part(centreMM: [70, 55, -70], radiiMM: [25, 22, 50], value: 35),
        Part(centreMM: [90, 35, 0], radiiMM: [35, 30, 50], value: 50),
        Part(centreMM: [40, -50, 0], radiiMM: [40, 30, 30], value: -90),
        Part(centreMM: [0, 75, 0], radiiMM: [20, 18, 400], value: 350),
        Part(centreMM: [-40, -20, 5], radiiMM: [18, 15, 16], value: 100),
    ]

    /// CT numbers at a point of the trunk's own frame.
    package static func hounsfieldUnits(_ point: Vector3<Double>) -> Double {
        value(at: point, air: -1000, parts.map(\.value))
    }

    /// Activity at a point of the trunk's own frame: liver uptake and a hot metastasis.
    package static func uptake(_ point: Vector3<Double>) -> Double {
        value(at: point, air: 0, [0.5, 1, 1, 20, 1, 1, 1, 1, 0.5, 100])
    }

    private static func value(
        at point: Vector3<Double>, air: Double, _ values: [Double]
    ) -> Double {
        var result = air
        for (part, value) in zip(parts, values) {
            let d = point - part.centreMM
            let (x, y, z) = (
                d.x / part.radiiMM.x, d.y / part.radiiMM.y, d.z / part.radiiMM.z
            )
            if x * x + y * y + z * z <= 1 { result = value }
        }
        return result
    }

    /// The trunk seen on a grid whose frame is related to the trunk's by a transform, with noise.
    ///
    /// `toTrunk` takes points of the grid's frame to the trunk's; the noise is Gaussian (sum of 12
    /// uniform numbers) with the given standard deviation.
    package static func image(
        on geometry: VolumeGeometry, toTrunk: RigidTransform, noise: Double, seed: UInt64,
        _ value: (Vector3<Double>) -> Double
    ) throws -> Volume<Float> {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func uniform() -> Double {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Double(state >> 11) / Double(1 << 53)
        }
        return try ImagingShapes.volume(on: geometry) { point in
            var gauss = -6.0
            for _ in 0 ..< 12 { gauss += uniform() }
            return value(toTrunk(point)) + noise * gauss
        }
    }
}
