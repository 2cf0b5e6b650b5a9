/// Step lengths, thresholds and batches of a transport run.
///
/// The defaults meet the gates against EGSnrc for voxels of 3 to 4.4 mm.
public struct TransportSettings: Hashable, Sendable {
    /// What happens with bremsstrahlung photons.
    public enum Bremsstrahlung: String, Hashable, Sendable {
        /// Photons above the cut-off fly on their own.
        case transported
        /// Their energy stays where the electron is.
        case local
    }

    /// The share of its energy that an electron loses between two deflections, 0 to 1.
    public var fractionalLoss = 0.3
    /// The most that an electron loses between two deflections, in keV: it bounds straight ways.
    public var largestLossKeV = 250.0
    /// Knock-on electrons above it are particles of their own, in keV.
    public var mollerThresholdKeV = 100.0
    /// Electrons below it deposit where they are, in keV.
    public var electronCutKeV = 20.0
    /// Photons below it deposit where they are, in keV.
    public var photonCutKeV = 10.0
    public var bremsstrahlung = Bremsstrahlung.transported
    /// Whether positrons end in photons; without, they have kinetic energy alone, and the rest energy
    /// of pairs is in no sum.
    public var annihilates = true
    /// Whether an electron that cannot leave its voxel deposits at once; the dose is the same.
    public var stopsInsideVoxel = true
    /// Whether decays start and photons fly side by side, which is faster; one by one gives each
    /// voxel the same energy but for rounding.
    public var followsTogether = true
    /// Independent parts of a run, from whose scatter the uncertainty comes.
    public var batches = 40

    public init() {}

    /// Checks the ranges.
    ///
    /// - Throws: ``TransportError/setting(name:value:allowed:)``.
    func check() throws {
        let checks: [(String, Double, ClosedRange<Double>)] = [
            ("fractionalLoss", fractionalLoss, 0.01 ... 0.6),
            ("largestLossKeV", largestLossKeV, 10 ... 1e9),
            ("mollerThresholdKeV", mollerThresholdKeV, 10 ... 1e6),
            ("electronCutKeV", electronCutKeV, 1 ... 500),
            ("photonCutKeV", photonCutKeV, 1 ... 500),
            ("batches", Double(batches), 2 ... 10_000),
        ]
        for (name, value, allowed) in checks where !allowed.contains(value) {
            throw TransportError.setting(name: name, value: value, allowed: allowed)
        }
    }
}

/// What can be wrong with a transport run.
public enum TransportError: Error, Hashable {
    case setting(name: String, value: Double, allowed: ClosedRange<Double>)
    case gridMismatch(what: String)
    case unknownMedium(index: Int)
    case badVoxel(what: String, index: Int, value: Double)
    case nothingToEmit
    case cancelled
    /// The state of an interrupted run cannot be read.
    case damagedState
    /// The state of an interrupted run belongs to another grid or other labels.
    case foreignState
}

extension TransportError: CustomStringConvertible {
    /// One sentence for a person.
    public var description: String {
        switch self {
        case .setting(let name, let value, let allowed):
            "'\(name)' is \(value); it must be from \(allowed.lowerBound) to \(allowed.upperBound)."
        case .gridMismatch(let what): "\(what) and the density lie on different grids."
        case .unknownMedium(let index): "There is no medium with index \(index)."
        case .badVoxel(let what, let index, let value):
            "\(what) of voxel \(index) is \(value); it must be finite and not negative."
        case .nothingToEmit: "There is no decay or no energy to emit."
        case .cancelled: "The run was cancelled."
        case .damagedState: "The state of the interrupted run is damaged."
        case .foreignState: "The state of the interrupted run is of another grid or other labels."
        }
    }
}
