import Imaging
import Physics

/// What is counted in a CT before its densities are used, in one pass by all cores.
struct CTSurvey {
    /// Voxels below and above the curve.
    struct Outside {
        var below = 0
        var above = 0
    }

    private(set) var outside = Outside()
    /// Voxels of metal.
    private(set) var metal = 0
    private(set) var hasNonFinite = false

    init(_ numbers: Volume<Float>, curve: HounsfieldDensityCurve, media: HounsfieldMedia) {
        let metalHU = media.metalHU
        let size = numbers.geometry.shape.x * numbers.geometry.shape.y
        let bounds = curve.boundsHU
        let slices = concurrentMap(count: numbers.geometry.shape.z) { k in
            numbers.withVoxels { voxels in
                Self(voxels.extracting(k * size ..< (k + 1) * size), bounds, metalHU: metalHU)
            }
        }
        for slice in slices {
            outside.below += slice.outside.below
            outside.above += slice.outside.above
            metal += slice.metal
            hasNonFinite = hasNonFinite || slice.hasNonFinite
        }
    }

    private init(_ slice: Span<Float>, _ bounds: ClosedRange<Float>, metalHU: Double) {
        let (low, high) = (bounds.lowerBound, bounds.upperBound)
        var (below, above, metal, strange) = (Int32(0), Int32(0), Int32(0), Int32(0))
        for n in slice.indices {
            let hu = slice[n]
            below &+= hu < low ? 1 : 0
            above &+= hu > high ? 1 : 0
            metal &+= Double(hu) >= metalHU ? 1 : 0
            strange &+= hu.isFinite ? 0 : 1
        }
        outside = Outside(below: Int(below), above: Int(above))
        self.metal = Int(metal)
        hasNonFinite = strange > 0
    }
}

/// A density curve with its values at whole CT numbers, which nearly all voxels have.
struct DensityTable: Sendable {
    private let curve: HounsfieldDensityCurve
    private let first: Int
    private let densities: [Float]

    /// What scanners store.
    private static let wholeHU = -1100 ... 4100

    init(_ curve: HounsfieldDensityCurve) {
        self.curve = curve
        first = Self.wholeHU.lowerBound
        densities = Self.wholeHU.map { Float(curve.gramsPerML(hounsfieldUnits: Double($0))) }
    }

    /// Returns the density of a CT number, in g/mL; NaN of NaN.
    @inline(__always)
    func callAsFunction(_ hu: Float) -> Float {
        // Compared first: a conversion of what is not finite traps.
        if hu > -1100, hu < 4100 {
            let whole = Int32(hu)
            if Float(whole) == hu { return densities[Int(whole) - first] }
        }
        return Float(curve.gramsPerML(hounsfieldUnits: Double(hu)))
    }
}
