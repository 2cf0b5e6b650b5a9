/// Samples of a dose gathered in classes of equal width, each with its own mean dose.
///
/// It takes the place of millions of samples, whose sorting took most of the time of a histogram.
/// A dose read off it is off by at most the width of a class, 1/65,536 of the range.
struct DoseClasses: Sendable {
    /// How many classes there are between the lowest and the highest dose.
    static let count = 65_536

    private struct Class {
        var shares = 0.0
        var dosesGy = 0.0
    }

    private let lowestGy: Double
    private let perGy: Double
    private var classes = [Class](repeating: Class(), count: count)
    /// How many samples there are with a share above 0.
    private(set) var sampleCount = 0
    /// The lowest dose of a sample, in grays; infinite when there is none.
    private(set) var minGy = Double.infinity
    /// The highest dose of a sample, in grays.
    private(set) var maxGy = -Double.infinity

    /// - Parameter rangeGy: All doses lie in it; finite.
    init(rangeGy: ClosedRange<Double>) {
        lowestGy = rangeGy.lowerBound
        let width = rangeGy.upperBound - rangeGy.lowerBound
        perGy = width > 0 ? Double(Self.count) / width : 0
    }

    /// Adds a row of samples, those without a share left out.
    ///
    /// - Returns: The place of the first sample inside whose dose is not finite; `nil` for none.
    mutating func add(shares: Span<Float>, dosesGy: Span<Double>) -> Int? {
        let (lowestGy, perGy) = (lowestGy, perGy)
        var (count, low, high) = (0, minGy, maxGy)
        var table = classes.mutableSpan
        for n in shares.indices {
            let share = Double(shares[n])
            guard share > 0 else { continue }
            let dose = dosesGy[n]
            guard dose.isFinite else { return n }
            let place = Int(min(max((dose - lowestGy) * perGy, 0), Double(Self.count - 1)))
            table[place].shares += share
            table[place].dosesGy += share * dose
            low = min(low, dose)
            high = max(high, dose)
            count += 1
        }
        (minGy, maxGy) = (low, high)
        sampleCount += count
        return nil
    }

    /// Adds other samples of the same range.
    mutating func add(_ other: DoseClasses) {
        precondition(
            lowestGy == other.lowestGy && perGy == other.perGy, "classes of other doses")
        for n in classes.indices {
            classes[n].shares += other.classes[n].shares
            classes[n].dosesGy += other.classes[n].dosesGy
        }
        sampleCount += other.sampleCount
        minGy = min(minGy, other.minGy)
        maxGy = max(maxGy, other.maxGy)
    }

    /// Calls `body` for every class that holds something, highest dose first.
    func forEachClass(_ body: (_ shares: Double, _ meanGy: Double) -> Void) {
        for one in classes.reversed() where one.shares > 0 {
            body(one.shares, one.dosesGy / one.shares)
        }
    }
}
