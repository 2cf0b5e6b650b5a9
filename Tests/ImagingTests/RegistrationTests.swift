import Imaging
import Quantities
import Testing
import _TestSupport

@Suite("Rigid registration", .serialized)
struct RegistrationTests {
    /// Planning CT at 2 × 2 × 3 mm and the SPECT/CT's low-dose CT at 2.5 × 2.5 × 4 mm, noisier.
    private static func images(
        truth: RigidTransform
    ) throws -> (fixed: Volume<Float>, moving: Volume<Float>) {
        let fixedGrid = try VolumeGeometry(
            shape: [180, 130, 80], spacingMM: [2, 2, 3], originMM: [-179, -129, -119])
        let movingGrid = try VolumeGeometry(
            shape: [150, 120, 70], spacingMM: [2.5, 2.5, 4], originMM: [-187, -150, -138])
        let fixed = try SyntheticTrunk.image(
            on: fixedGrid, toTrunk: .identity, noise: 15, seed: 1, SyntheticTrunk.hounsfieldUnits)
        // A moving point goes to the trunk by the inverse of fixed → moving.
        let moving = try SyntheticTrunk.image(
            on: movingGrid, toTrunk: truth.inverse, noise: 40, seed: 2,
            SyntheticTrunk.hounsfieldUnits)
        return (fixed, moving)
    }

    @Test("CT to CT is found within 0.5 mm and 0.5 degrees from 20 mm and 5 degrees off")
    func computedTomography() async throws {
        let truth = RigidTransform(
            turnDegrees: [2.9, -2.9, 2.9], aboutMM: [0, 0, 0], shiftMM: [11.5, -11.5, 11.5])
        let (fixed, moving) = try Self.images(truth: truth)
        let clock = ContinuousClock()
        let begin = clock.now
        let result = try await RigidRegistration(options: .ctToCT)
            .register(fixed: fixed, moving: moving)
        let error = truth.inverse.followed(by: result.transform)
        let centre = result.transform.greatestDistanceMM(to: truth, at: [.zero])
        print(
            "registration CT to CT: \(centre) mm, \(error.angleDegrees) degrees, spread",
            result.spread.centreMM, result.spread.cornerMM, "mm, steps", result.iterations,
            clock.now - begin)
        #expect(centre < 0.5)
        #expect(error.angleDegrees < 0.5)
        #expect(result.metricEnd < result.metricStart)
        #expect(result.spread.others.count == 4)
        #expect(!result.findings.contains { $0.severity != .note })
    }

    @Test("the same input gives the same bytes, a start is used, a region is kept to")
    func repeatable() async throws {
        let truth = RigidTransform(
            turnDegrees: [0, 0, 3], aboutMM: [0, 0, 0], shiftMM: [40, -5, 30])
        let (fixed, moving) = try Self.images(truth: truth)
        var options = RigidRegistration.Options.ctToCT
        options.restarts = 0
        options.levelsMM = [12, 6]
        let start = RigidTransform(translationMM: [35, 0, 25])
        let box = IndexBox(lower: [20, 20, 10], upper: [160, 110, 70])
        let region = try RegionMask(
            geometry: fixed.geometry, box: box,
            coverage: [Float](repeating: 1, count: box.count))
        let registration = RigidRegistration(options: options)
        let first = try await registration.register(
            fixed: fixed, moving: moving, inside: region, start: start)
        let second = try await registration.register(
            fixed: fixed, moving: moving, inside: region, start: start)
        #expect(first.transform == second.transform)
        #expect(first.metricEnd == second.metricEnd)
        // Two levels only: half a voxel of the finer one.
        #expect(first.transform.greatestDistanceMM(to: truth, at: [.zero]) < 3)
    }

    @Test("images without contrast and regions without points are refused")
    func refused() async throws {
        let geometry = try VolumeGeometry(shape: [20, 20, 20], spacingMM: [4, 4, 4])
        let flat = Volume<Float>(repeating: 7, geometry: geometry)
        await #expect(throws: ImagingError.self) {
            try await RigidRegistration().register(fixed: flat, moving: flat)
        }
        await #expect(throws: ImagingError.self) {
            try await RigidRegistration().register(
                fixed: flat, moving: flat, inside: RegionMask(empty: geometry))
        }
    }

    @Test("a cancelled registration ends without a result")
    func cancelled() async throws {
        let (fixed, moving) = try Self.images(truth: .identity)
        let task = Task {
            try await RigidRegistration(options: .ctToCT).register(fixed: fixed, moving: moving)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
