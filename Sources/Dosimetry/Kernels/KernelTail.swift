import Foundation
import Physics

/// What photons leave behind at a distance, as a smooth function that also has softened forms.
///
/// The energy per length of radius, `e(r) = 4πr² K(r)`, is nearly an exponential. It is taken from
/// the shells of a point kernel, put together until they are wide enough, and interpolated
/// linearly in its logarithm; before the first it is constant, beyond the last it goes on.
struct KernelTail {
    private let radii: [Double]
    private let logs: [Double]

    /// Shells are put together up to this share of the radius.
    private static let widestShare = 0.2
    /// Shells are never put together beyond this width, in mm at 1 g/mL.
    private static let widestMM = 20.0

    /// Takes the shells beyond a radius.
    ///
    /// - Returns: `nil` when two shells of energy cannot be found there.
    init?(_ kernel: PointKernel, beyondMM start: Double) {
        let widest = Self.widestMM / kernel.densityGPerML
        let minimum = max(start, 2 / kernel.densityGPerML)
        var bins: [(inner: Double, outer: Double, keV: Double)] = []
        var inner = 0.0
        for (outer, keV) in zip(kernel.outerRadiiMM, kernel.shellsKeV) {
            defer { inner = outer }
            guard inner >= minimum else { continue }
            if let last = bins.last, outer - last.inner <= min(widest, Self.widestShare * outer) {
                bins[bins.count - 1] = (last.inner, outer, last.keV + keV)
            } else {
                bins.append((inner, outer, keV))
            }
        }
        bins.removeAll { !($0.keV > 0) }
        guard bins.count > 1 else { return nil }
        let middles = bins.map { 0.5 * ($0.inner + $0.outer) }
        let means = bins.map { log($0.keV / ($0.outer - $0.inner)) }
        radii = middles
        // The mean of an exponential over a bin is sinh(x)/x of its middle, x = slope · width / 2.
        logs = bins.indices.map { n in
            let (a, b) = (max(0, n - 1), min(bins.count - 1, n + 1))
            let slope = (means[b] - means[a]) / (middles[b] - middles[a])
            let x = 0.5 * slope * (bins[n].outer - bins[n].inner)
            return means[n] - log(abs(x) > 1e-6 ? sinh(x) / x : 1)
        }
    }

    /// The energy per millimetre of radius at `r`, in keV.
    func keVPerMM(_ r: Double) -> Double {
        guard r > radii[0] else { return exp(logs[0]) }
        var low = 0
        var high = radii.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if radii[middle] <= r { low = middle } else { high = middle }
        }
        let slope = (logs[high] - logs[low]) / (radii[high] - radii[low])
        return exp(logs[low] + slope * (r - radii[low]))
    }

    /// The energy per volume at `r` with the peak within `a` taken off, in keV/mm³.
    ///
    /// Within `a`, 1/r² gives way to the first three terms of its series in r²/a² − 1 and r in the
    /// exponential to a polynomial without slope at 0. Both meet the tail at `a` with two
    /// derivatives. An `a` of 0 leaves the tail as it is, infinity leaves nothing.
    func softened(_ r: Double, within a: Double) -> Double {
        guard a.isFinite else { return 0 }
        guard r < a else { return keVPerMM(r) / (4 * Double.pi * r * r) }
        let square = (r / a) * (r / a)
        let series = 1 + (1 - square) * (2 - square)
        let radius = a * (3 + 6 * square - square * square) / 8
        return series * keVPerMM(radius) / (4 * Double.pi * a * a)
    }

    /// The energy of the softened tail in a shell, in keV.
    func softenedKeV(from inner: Double, to outer: Double, within a: Double) -> Double {
        guard outer > inner else { return 0 }
        // Gauss's three points.
        let half = 0.5 * (outer - inner)
        let middle = inner + half
        return [(-0.7745966692414834, 5.0), (0, 8), (0.7745966692414834, 5)].reduce(0) {
            sum, node in
            let r = middle + half * node.0
            return sum + node.1 / 9 * half * 4 * Double.pi * r * r * softened(r, within: a)
        }
    }
}
