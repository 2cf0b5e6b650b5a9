import CImagingShim
import Quantities

/// Rigid registration of two volumes by Mattes mutual information (ITK), coarse to fine.
///
/// Each level works on box averages of both images, at points of a quasi-random sequence that
/// never falls into step with the voxel grids. One thread, no random numbers: the same input
/// gives the same bytes.
public struct RigidRegistration: Sendable {
    /// How the search is done.
    public struct Options: Hashable, Sendable {
        /// Voxel size of each level, coarse to fine, in millimetres.
        public var levelsMM: [Double] = [12, 6, 3.5]

        /// Points at which the images are compared on every level.
        public var points = 40_000

        /// Greatest number of steps on every level.
        public var iterations = 120

        /// Histogram bins along each image's intensities.
        public var bins = 40

        /// Intensities beyond are set to the bounds; `nil` takes the 0.5 and 99.9 percentiles.
        public var fixedWindow: ClosedRange<Float>?
        public var movingWindow: ClosedRange<Float>?

        /// Other starts tried, 0 to 4, to see whether they lead to the same result.
        public var restarts = 4

        /// How far the other starts lie from the given one.
        public var restartShiftMM = 10.0
        public var restartTurnDegrees = 4.0

        public init() {}

        /// Both images are CT: air to dense bone, so that soft tissue fills many bins.
        public static var ctToCT: Options {
            var options = Options()
            options.fixedWindow = -400 ... 500
            options.movingWindow = -400 ... 500
            return options
        }
    }

    public let options: Options

    public init(options: Options = Options()) { self.options = options }

    /// Returns the transform that takes points of the fixed image's frame to the moving image's.
    ///
    /// Cancelling the task ends it after the level at work.
    ///
    /// - Parameters:
    ///   - fixed: The image that stays, such as the planning CT.
    ///   - moving: The image that is brought onto it.
    ///   - region: Only points inside are compared, on the fixed image's grid or any other in its
    ///     frame; `nil` compares everywhere.
    ///   - start: Where to begin, such as a manual alignment.
    ///   - progress: Told after each level.
    /// - Returns: The transform with its residual report.
    /// - Throws: ``ImagingError/registrationFailed(reason:)``; `CancellationError`.
    @concurrent
    public func register(
        fixed: Volume<Float>, moving: Volume<Float>, inside region: RegionMask? = nil,
        start: RigidTransform = .identity,
        progress: @Sendable (RegistrationProgress) -> Void = { _ in }
    ) async throws -> RegistrationResult {
        let points = RegistrationPoints.spread(
            over: fixed.geometry, inside: region, count: options.points)
        guard points.count >= 1000 else {
            throw ImagingError.registrationFailed(
                reason: "only \(points.count) points lie in the region to compare")
        }
        let levels = try options.levelsMM.map {
            try RegistrationLevel(fixed: fixed, moving: moving, spacingMM: $0, options: options)
        }
        let pivot = RegistrationPoints.centroid(points)
        let starts = [start] + otherStarts(around: start, pivotMM: pivot)
        var done = 0
        var runs: [RegistrationRun] = []
        for begin in starts {
            var run = RegistrationRun(begin)
            for (n, level) in levels.enumerated() {
                try Task.checkCancellation()
                // The other starts need not be polished to tell whether they agree.
                let isShort = !runs.isEmpty && n == levels.count - 1
                try level.improve(
                    &run, points: points, pivotMM: pivot, iterations: options.iterations,
                    isLast: n == levels.count - 1, isShort: isShort)
                done += 1
                progress(RegistrationProgress(done: done, total: levels.count * starts.count))
            }
            runs.append(run)
        }
        return try report(runs, start: start, fixed: fixed, moving: moving, levels, points, pivot)
    }

    /// Starts turned and shifted towards the corners of a tetrahedron, two axes at a time apart.
    private func otherStarts(
        around start: RigidTransform, pivotMM: Vector3<Double>
    ) -> [RigidTransform] {
        let corners: [Vector3<Double>] = [[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]
        let unit = 1 / 3.0.squareRoot()
        return corners.prefix(max(0, options.restarts)).map { corner in
            let turn = Vector3(corner.y, corner.z, corner.x)
            return RigidTransform(
                turnDegrees: (unit * options.restartTurnDegrees) * turn, aboutMM: pivotMM,
                shiftMM: (unit * options.restartShiftMM) * corner
            ).followed(by: start)
        }
    }

    private func report(
        _ runs: [RegistrationRun], start: RigidTransform, fixed: Volume<Float>,
        moving: Volume<Float>, _ levels: [RegistrationLevel], _ points: [Vector3<Double>],
        _ pivotMM: Vector3<Double>
    ) throws -> RegistrationResult {
        guard let main = runs.first, let finest = levels.last else {
            throw ImagingError.registrationFailed(reason: "no resolution level is given")
        }
        let others = runs.dropFirst().map(\.transform)
        let spread = RegistrationSpread(
            others: others,
            centreMM: others.map {
                main.transform.greatestDistanceMM(to: $0, at: [fixed.geometry.centreMM])
            }.reduce(0, max),
            cornerMM: others.map {
                main.transform.greatestDistanceMM(to: $0, at: fixed.geometry.cornersMM)
            }.reduce(0, max))
        let inside = points.count { moving.geometry.contains(positionMM: main.transform($0)) }
        let result = RegistrationResult(
            transform: main.transform, start: start,
            metricStart: try finest.metric(at: start, points: points, pivotMM: pivotMM),
            metricEnd: main.metric, iterations: main.iterations,
            stopReason: main.isConverged
                ? "the step became smaller than its limit on every level"
                : "the greatest number of steps was reached",
            overlap: Double(inside) / Double(points.count), spread: spread, findings: [])
        return result.adding(RegistrationFindings.findings(of: result, run: main))
    }
}

extension RegistrationResult {
    fileprivate func adding(_ findings: [Finding]) -> RegistrationResult {
        RegistrationResult(
            transform: transform, start: start, metricStart: metricStart, metricEnd: metricEnd,
            iterations: iterations, stopReason: stopReason, overlap: overlap, spread: spread,
            findings: self.findings + findings)
    }
}
