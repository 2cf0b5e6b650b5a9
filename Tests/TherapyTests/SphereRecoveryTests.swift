import Foundation
import Quantities
import Testing
import Therapy

@Suite("Recovery of small tumours")
struct SphereRecoveryTests {
    private static func sphere(diameterMM: Double, resolutionMM: Double) throws -> SphereRecovery {
        try SphereRecovery(
            volumeML: .pi * diameterMM * diameterMM * diameterMM / 6000,
            resolutionMM: resolutionMM)
    }

    /// The closed form comes from distances between points; this goes another way, by averaging
    /// the profile of the blurred sphere over its volume.
    @Test("it is the mean of the blurred sphere's own profile", arguments: [0.3, 1, 2, 4, 10])
    func profile(diameterOverResolution: Double) throws {
        let resolution = 14.0
        let radius = diameterOverResolution * resolution / 2
        let sigma = resolution / (8 * log(2.0)).squareRoot()
        func value(_ r: Double) -> Double {
            let root = sigma * 2.0.squareRoot()
            let (near, far) = ((radius - r) / root, (radius + r) / root)
            return 0.5 * (erf(near) + erf(far))
                - sigma / (r * (2 * Double.pi).squareRoot()) * (exp(-near * near) - exp(-far * far))
        }
        // Midpoints of 4000 shells: an error of the order of 1/4000².
        let shells = 4000
        var sum = 0.0
        for n in 0 ..< shells {
            let r = (Double(n) + 0.5) / Double(shells) * radius
            sum += 3 * r * r * value(r) / Double(shells) / (radius * radius)
        }
        let recovery = try Self.sphere(diameterMM: 2 * radius, resolutionMM: resolution)
        #expect(abs(recovery.meanRecovery - sum) < 1e-6)
    }

    @Test("it grows with the sphere from nothing to all of it")
    func limits() throws {
        let values = try [0.01, 0.1, 0.5, 1, 2, 5, 20, 1000].map {
            try Self.sphere(diameterMM: $0 * 10, resolutionMM: 10).meanRecovery
        }
        #expect(values == values.sorted())
        #expect(values[0] < 1e-5)
        // What a flat face loses: 1 − 3σ/(4R) · √(8/π); the next term is of the order of (σ/R)³.
        let sigmaOverRadius = 10 / SphereRecovery.widthPerSigma / 5000
        let lost = 0.75 * sigmaOverRadius * (8 / Double.pi).squareRoot()
        #expect(abs(values[7] - (1 - lost)) < 1e-9)
    }

    @Test("the warning starts at twice the resolution and says what it rests on")
    func warning() throws {
        let constants = try PlanConstants()
        let above = try Self.sphere(diameterMM: 28.1, resolutionMM: 14)
        #expect(try above.findings(of: "T", isMeasured: true, constants: constants).isEmpty)
        let below = try Self.sphere(diameterMM: 27.9, resolutionMM: 14)
        let found = try below.findings(of: "T", isMeasured: false, constants: constants)
        #expect(found.map(\.code) == ["tumour.small-for-resolution"])
        #expect(found[0].subject == "T")
        #expect(found[0].sentence.contains("a default, not measured"))
        #expect(found[0].sentence.contains("0.2 at 0.52 mL, 0.86 at 26.5 mL"))
    }

    @Test("sizes that are none are refused")
    func refusals() {
        #expect(throws: TherapyError.self) { try SphereRecovery(volumeML: 0, resolutionMM: 14) }
        #expect(throws: TherapyError.self) { try SphereRecovery(volumeML: 1, resolutionMM: -1) }
    }
}
