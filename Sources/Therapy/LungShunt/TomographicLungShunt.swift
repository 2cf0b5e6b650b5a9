public import Quantities

/// The lung shunt from corrected counts of a SPECT/CT.
///
/// L = N_lung / (N_lung + N_liver). Where the field of view cuts the lungs, the counts per gram
/// of the visible part stand for the rest: N_lung = n_visible / m_visible · M_lung.
/// Voxels in both lungs and liver count as liver; the caller sees to that.
///
/// Source: mass extrapolation as commonly done; the share in view is a finding below 85 %.
public struct TomographicLungShunt: Hashable, Sendable {
    /// With the lungs outside the field of view added.
    public let lungShuntFraction: Double
    /// Of what the field of view shows, without extrapolation.
    public let visibleFraction: Double
    /// Share of the lung mass that the field of view shows, in (0, 1].
    public let lungShareInView: Double

    /// Computes the shunt.
    ///
    /// - Parameters:
    ///   - lungCounts: Corrected counts, or activity, in the visible lung outside the liver.
    ///   - liverCounts: The same unit, in the whole liver.
    ///   - visibleLungMass: Lung mass inside the field of view.
    ///   - lungMass: The whole lungs on the same mass basis.
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(
        lungCounts: Double, liverCounts: Double, visibleLungMass: Mass, lungMass: Mass
    )
        throws
    {
        let lung = try Checked.notNegative(lungCounts, "lungCounts")
        let liver = try Checked.positive(liverCounts, "liverCounts")
        let visibleKg = try Checked.positive(visibleLungMass.kilograms, "visibleLungMassKg")
        let wholeKg = try Checked.positive(lungMass.kilograms, "lungMassKg")
        guard Checked.fits(visibleKg, into: wholeKg) else {
            throw TherapyError.outOfRange(
                key: "visibleLungMassKg", value: visibleKg, allowed: "at most the lung mass")
        }
        lungShareInView = min(visibleKg / wholeKg, 1)
        visibleFraction = lung / (lung + liver)
        let whole = lung / lungShareInView
        lungShuntFraction = whole / (whole + liver)
    }
}

/// The lung shunts that a work-up has, and the one that the plan uses.
public struct LungShuntRecord: Hashable, Sendable {
    /// How a lung shunt was got.
    public enum Method: String, Hashable, Sendable, CaseIterable {
        case typed, planar, spect
    }

    public struct Value: Hashable, Sendable {
        public let method: Method
        public let fraction: Double
    }

    /// All that are known, in the order typed, planar, SPECT.
    public let values: [Value]
    public let used: Value

    /// Keeps every value and names the one used.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``,
    ///   ``TherapyError/unknown(kind:name:)`` when there is no value of the method to use.
    public init(
        typed: Double? = nil, planar: Double? = nil, spect: Double? = nil, use: Method
    )
        throws
    {
        values = try [(Method.typed, typed), (.planar, planar), (.spect, spect)].compactMap {
            method, fraction in
            try fraction.map {
                Value(method: method, fraction: try Checked.fraction($0, "lungShuntFraction"))
            }
        }
        guard let used = values.first(where: { $0.method == use }) else {
            throw TherapyError.unknown(kind: "lung shunt by method", name: use.rawValue)
        }
        self.used = used
    }
}
