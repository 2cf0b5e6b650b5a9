import CImagingShim

/// The state of one search while it goes through the levels.
struct RegistrationRun: Sendable {
    var transform: RigidTransform
    var metric = 0.0
    var iterations: [Int] = []
    var isConverged = true

    init(_ start: RigidTransform) { transform = start }
}

/// Both images at one resolution.
struct RegistrationLevel: Sendable {
    private let fixed: Volume<Float>
    private let moving: Volume<Float>
    private let spacingMM: Double
    private let bins: Int

    /// The first step of a level is this share of its voxel size, the last step that of the
    /// finest level; a hundredth of a voxel is where interpolation noise takes over.
    private static let firstStepInVoxels = 0.5
    private static let lastStepInVoxels = 0.02
    private static let finestStepInVoxels = 0.002

    /// The distance from the pivot at which a turn counts like a shift: the radius of a trunk.
    private static let rotationRadiusMM = 120.0

    init(
        fixed: Volume<Float>, moving: Volume<Float>, spacingMM: Double,
        options: RigidRegistration.Options
    ) throws {
        self.fixed = try Self.reduced(fixed, to: spacingMM, window: options.fixedWindow)
        self.moving = try Self.reduced(moving, to: spacingMM, window: options.movingWindow)
        self.spacingMM = spacingMM
        bins = options.bins
    }

    private static func reduced(
        _ volume: Volume<Float>, to spacingMM: Double, window: ClosedRange<Float>?
    ) throws -> Volume<Float> {
        let native = volume.geometry.spacingMM
        let coarse = try volume.geometry.withSpacing(
            Vector3(
                max(native.x, spacingMM), max(native.y, spacingMM), max(native.z, spacingMM)))
        var result = volume.clamped(to: window).averaged(onto: coarse, outside: 0)
        let bounds = try window ?? result.percentiles(0.005, 0.999)
        guard bounds.lowerBound < bounds.upperBound else {
            throw ImagingError.registrationFailed(reason: "an image is the same everywhere")
        }
        result.clamp(to: bounds)
        return result
    }

    /// Moves a search on by this level.
    func improve(
        _ run: inout RegistrationRun, points: [Vector3<Double>], pivotMM: Vector3<Double>,
        iterations: Int, isLast: Bool, isShort: Bool
    ) throws {
        let lastStep =
            isLast && !isShort ? Self.finestStepInVoxels : Self.lastStepInVoxels
        let share = isShort ? 4 : 1
        let result = try call(
            at: run.transform,
            points: points.enumerated().filter { $0.offset % share == 0 }
                .map(\.element), pivotMM: pivotMM, iterations: iterations,
            lastStepMM: lastStep * spacingMM)
        let (r, t) = (result.rotation, result.translation)
        let step = RigidTransform(
            rotation: Matrix3(
                rows: Vector3(r.0, r.1, r.2), Vector3(r.3, r.4, r.5), Vector3(r.6, r.7, r.8)),
            translationMM: Vector3(t.0, t.1, t.2))
        guard step.translationMM.length.isFinite, step.rotation.determinant.isFinite else {
            throw ImagingError.registrationFailed(reason: "the search left the numbers")
        }
        run.transform = step.followed(by: run.transform)
        run.metric = result.metric_end
        run.iterations.append(Int(result.iterations))
        run.isConverged = run.isConverged && result.converged == 1
    }

    /// The metric at a transform; negative, lower is better.
    func metric(
        at transform: RigidTransform, points: [Vector3<Double>], pivotMM: Vector3<Double>
    ) throws -> Double {
        try call(
            at: transform, points: points, pivotMM: pivotMM, iterations: 0, lastStepMM: spacingMM
        ).metric_start
    }

    /// The moving image is put where the transform found so far says, so that every level
    /// searches from the identity and Euler angles stay small.
    private func call(
        at transform: RigidTransform, points: [Vector3<Double>], pivotMM: Vector3<Double>,
        iterations: Int, lastStepMM: Double
    ) throws -> img_result {
        let back = transform.inverse
        let placed = try VolumeGeometry(
            shape: moving.geometry.shape, spacingMM: moving.geometry.spacingMM,
            originMM: back(moving.geometry.originMM),
            axes: back.rotation * moving.geometry.axes)
        let level = img_level(
            bins: Int32(bins), iterations: Int32(iterations),
            first_step: Self.firstStepInVoxels * spacingMM, last_step: lastStepMM,
            relaxation: 0.6, centre: (pivotMM.x, pivotMM.y, pivotMM.z),
            rotation_radius: Self.rotationRadiusMM)
        return try ImagingShim.register(
            fixed: fixed, moving: try Volume(voxels: moving.storage, geometry: placed),
            points: points.flatMap { [$0.x, $0.y, $0.z] }, level: level)
    }
}

extension Volume where Scalar == Float {
    /// Sets values beyond the bounds to the bounds, and NaN to the lower one.
    fileprivate mutating func clamp(to bounds: ClosedRange<Float>) {
        updateSlices { _, slice in
            for n in 0 ..< slice.count {
                let value = slice[n]
                slice[n] =
                    value > bounds.lowerBound ? min(value, bounds.upperBound) : bounds.lowerBound
            }
        }
    }

    fileprivate func clamped(to bounds: ClosedRange<Float>?) -> Volume<Float> {
        guard let bounds else { return self }
        var result = self
        result.clamp(to: bounds)
        return result
    }

    fileprivate func percentiles(_ low: Double, _ high: Double) throws -> ClosedRange<Float> {
        let values = storage.filter(\.isFinite).sorted()
        guard values.count > 1 else {
            throw ImagingError.registrationFailed(reason: "an image holds no numbers")
        }
        let last = Double(values.count - 1)
        return values[Int(low * last)] ... values[Int(high * last)]
    }
}
