public import Physics
public import Quantities

/// A kind of microsphere.
public enum SIRTDevice: String, Hashable, Sendable, CaseIterable {
    /// Y-90 in glass (TheraSphere).
    case glass
    /// Y-90 on resin (SIR-Spheres).
    case resin
    /// Ho-166 in polylactic acid (QuiremSpheres).
    case holmium

    public var nuclide: Nuclide {
        switch self {
        case .glass, .resin: .y90
        case .holmium: .ho166
        }
    }

    /// Hours after calibration at which a vial may be given.
    ///
    /// Source: glass 12 days and resin 24 h after calibration, with deliveries 1 to 3 days
    /// before calibration, from memory of the instructions for use; Ho-166 about 72 h, with
    /// less certainty. Check against the current instructions for use.
    public var usableHours: ClosedRange<Double> {
        switch self {
        case .glass: 0 ... 288
        case .resin: -72 ... 24
        case .holmium: 0 ... 72
        }
    }

    /// Activity per sphere at calibration, in Bq.
    ///
    /// Source: glass 2500 Bq (1.2 million spheres in 3 GBq); resin 44 million spheres in
    /// 3.0 GBq; Ho-166 200 to 400 Bq, the middle taken (NICE TA985).
    public var becquerelsPerSphere: Double {
        switch self {
        case .glass: 2500
        case .resin: 3.0e9 / 44e6
        case .holmium: 300
        }
    }

    /// Returns how many spheres carry an activity at some time after calibration.
    ///
    /// N = A(t) / (a_sphere · 2^(−t/T)): the older the vial, the more spheres per activity.
    public func sphereCount(
        activity: Activity, hoursAfterCalibration: Double, profile: ConventionProfile
    ) -> Double {
        let atCalibration = activity.decayed(
            over: TimeSpan(hours: -hoursAfterCalibration), halfLife: profile.halfLife)
        return atCalibration.becquerels / becquerelsPerSphere
    }
}

extension Activity {
    /// 37 MBq, exactly.
    public static let becquerelsPerMillicurie = 37e6

    /// The activity in millicuries (mCi).
    public var millicuries: Double { becquerels / Self.becquerelsPerMillicurie }

    /// Creates an activity from millicuries.
    public init(millicuries: Double) {
        self.init(becquerels: millicuries * Self.becquerelsPerMillicurie)
    }
}
