import Imaging
public import Physics
import Quantities

/// Computes the point kernel of a nuclide in a medium without borders, by Monte Carlo.
public struct PointKernelRun: Sendable {
    /// Which particles of a decay start.
    public enum Part: String, Hashable, Sendable, CaseIterable {
        case all
        /// Betas, conversion and Auger electrons, with the photons that they make.
        case electrons
        /// The same without annihilation: what positrons emit is their kinetic energy.
        case electronEnergy
        /// Gamma and X rays.
        case photons
    }

    public let nuclide: String
    public let medium: Medium
    public let densityGPerML: Double
    public let settings: TransportSettings
    private let spectrum: EmissionSpectrum
    private let engine: MonteCarloEngine

    /// Half the side of the block of matter around the point, in mm at 1 g/mL.
    private static let reachMM = 2000.0

    /// Prepares the tables.
    ///
    /// - Throws: ``TransportError/nothingToEmit`` when the nuclide has no particle of that part,
    ///   and what ``MonteCarloEngine`` throws.
    public init(
        _ decay: DecayData, part: Part = .all, medium: Medium, densityGPerML: Double,
        settings: TransportSettings = TransportSettings()
    ) throws {
        var spectrum = EmissionSpectrum(decay)
        switch part {
        case .all: break
        case .electrons, .electronEnergy: spectrum.photons = []
        case .photons:
            spectrum.electrons = []
            spectrum.betaQuantilesKeV = []
            spectrum.betasPerDecay = 0
        }
        var settings = settings
        if part == .electronEnergy { settings.annihilates = false }
        // The only voxel has no walls near: every electron would count as caught.
        settings.stopsInsideVoxel = false
        settings.electronCutKeV = min(settings.electronCutKeV, 10)
        let side = 2 * Self.reachMM / max(1e-3, densityGPerML)
        let geometry = try VolumeGeometry(
            shape: Vector3(1, 1, 1), spacingMM: Vector3(side, side, side))
        engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                uniform: medium, gramsPerML: densityGPerML, geometry: geometry),
            spectrum: spectrum, settings: settings)
        nuclide = decay.nuclide.rawValue
        self.medium = medium
        self.densityGPerML = densityGPerML
        self.settings = settings
        self.spectrum = spectrum
    }

    /// Shells of 0.01 mm to 2 mm, 0.1 mm to 14 mm, 1 mm to 60 mm, then 10 mm to 600 mm; in water.
    public static let standardRadiiMM: [Double] = {
        let parts: [(cells: ClosedRange<Int>, stepMM: Double)] = [
            (1 ... 200, 0.01), (21 ... 140, 0.1), (15 ... 60, 1), (7 ... 60, 10),
        ]
        return parts.flatMap { part in part.cells.map { Double($0) * part.stepMM } }
    }()

    /// Shells of 0.1 mm to 3 mm, 0.5 mm to 15 mm, 1 mm to 60 mm, then 10 mm to 600 mm, in water:
    /// for photons, whose kernel has no end to resolve.
    public static let photonRadiiMM: [Double] = {
        let parts: [(cells: ClosedRange<Int>, stepMM: Double)] = [
            (1 ... 30, 0.1), (7 ... 30, 0.5), (16 ... 60, 1), (7 ... 60, 10),
        ]
        return parts.flatMap { part in part.cells.map { Double($0) * part.stepMM } }
    }()

    /// Simulates `histories` decays.
    ///
    /// - Parameters:
    ///   - histories: Rounded up to a multiple of the batches.
    ///   - seed: Any number.
    ///   - threads: Workers; the result does not depend on it.
    ///   - outerRadiiMM: Rising outer radii of the shells; `nil` scales ``standardRadiiMM`` with
    ///     the inverse density.
    ///   - isCancelled: Asked often, from any thread.
    /// - Returns: The energy per decay in each shell, by batch.
    /// - Throws: ``TransportError/cancelled``, and what ``PointKernel`` throws.
    public func kernel(
        histories: Int, seed: UInt64, threads: Int = 2, outerRadiiMM: [Double]? = nil,
        isCancelled: @Sendable @escaping () -> Bool = { false }
    ) throws -> PointKernel {
        let radii = outerRadiiMM ?? Self.standardRadiiMM.map { $0 / densityGPerML }
        let batches = settings.batches
        let perBatch = max(1, (max(1, histories) + batches - 1) / batches)
        let source = HistorySource(
            spectrum, sites: [HistorySource.Site(i: 0, j: 0, k: 0, cumulative: 1)],
            settings: settings, startsAtCentre: true)
        var kept = KeptBatches()
        let scene = engine.scene
        let squares = RawTable(radii.map { $0 * $0 })
        let centre = (scene.sx / 2, scene.sy / 2, scene.sz / 2)
        let compute = { @Sendable (batch: Int) -> BatchResult? in
            let tally = RawTable(repeating: 0.0, count: radii.count + 1)
            var tracker = Tracker(
                scene: scene,
                scoring: ShellScoring(energies: tally, squares: squares, centreMM: centre),
                seed: seed, batch: UInt32(batch))
            guard
                let emitted = tracker.runBatch(
                    source, histories: perBatch, isCancelled: isCancelled)
            else { return nil }
            return BatchResult(
                tally: tally, emittedKeV: emitted, escapedKeV: tracker.escapedKeV)
        }
        try BatchOrder.add(0 ..< batches, to: &kept, threads: threads, compute: compute)
        return try PointKernel(
            nuclide: nuclide, medium: medium.name, densityGPerML: densityGPerML,
            outerRadiiMM: radii,
            batchesKeV: kept.tallies.map { tally in
                tally.prefix(radii.count).map { $0 / Double(perBatch) }
            }, emittedKeV: kept.emittedKeV / Double(perBatch * batches),
            source: "Grevy transport, \(perBatch * batches) histories, seed \(seed)")
    }
}

/// The dose of a sphere to itself from a uniform source in it, in a medium without borders.
///
/// Exact given the point kernel: the mean overlap of a sphere of radius R with itself, moved by r,
/// is 1 - ¾ r/R + (r/R)³/16 up to r = 2R.
public struct SphereDose: Hashable, Sendable {
    public let radiusMM: Double
    /// Absorbed dose per decay, in Gy.
    public let sGyPerDecay: Double
    /// 1 sigma over the value, from the kernel's batches.
    public let relativeUncertainty: Double
    /// Absorbed over emitted energy.
    public let absorbedFraction: Double

    /// Computes the dose from a point kernel at the kernel's density.
    ///
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` for a mass of 0 or less.
    public init(_ point: PointKernel, massG: Double) throws {
        guard massG > 0, massG.isFinite else {
            throw PhysicsError.notPositive(quantity: "massG", value: massG)
        }
        let volumeMM3 = massG / point.densityGPerML * 1000
        let radius = Elementary.exp(Elementary.log(3 * volumeMM3 / (4 * Double.pi)) / 3)
        radiusMM = radius
        // Primitive of the overlap, to average it over a shell.
        func primitive(_ r: Double) -> Double {
            let x = min(2, r / radius)
            return radius * (x - 0.375 * x * x + x * x * x * x / 64)
        }
        var inner = 0.0
        let weights = point.outerRadiiMM.map { outer -> Double in
            defer { inner = outer }
            return (primitive(outer) - primitive(inner)) / (outer - inner)
        }
        let absorbed = point.batchesKeV.map { batch in
            zip(batch, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let n = Double(absorbed.count)
        let mean = absorbed.reduce(0, +) / n
        let squares = absorbed.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        absorbedFraction = point.emittedKeV > 0 ? mean / point.emittedKeV : 0
        sGyPerDecay = mean * PhysicalConstant.joulesPerKeV / (massG * 1e-3)
        relativeUncertainty = mean > 0 ? (squares / (n * (n - 1))).squareRoot() / mean : 0
    }
}
