import Imaging
import Physics
import Transport
import _TestSupport

/// Voxel S values in water against EGSnrc.
package enum VoxelGate {
    private static let cases: [(Nuclide, Double, Double)] = [
        (.y90, 3, 6e6), (.y90, 4.42, 6e6), (.lu177, 3, 6e6), (.lu177, 4.42, 6e6), (.i131, 3, 4e6),
        (.i131, 4.42, 4e6),
    ]

    package static func run(_ setup: GateSetup) throws -> Gate {
        let title = "Voxel S values in water"
        guard EGSnrcReference.folder != nil else { return .absent(title, "EGSnrc's table") }
        var gate = Gate(
            title: title,
            note: "Reference: EGSnrc; water of 1.000 g/mL, I = 75 eV. Self within 1 %, neighbours "
                + "above 2 % of self within 2 %, from 1 to 2 % of self within 3 %.")
        for (nuclide, size, histories) in cases {
            let result = try kernel(nuclide, size, setup, histories)
            let table = try EGSnrcReference.voxelS(nuclide.rawValue, sizeMM: size)
            let own = table.first { $0.i == 0 && $0.j == 0 && $0.k == 0 }?.grayPerDecay ?? 0
            for entry in table
            where entry.k <= entry.j && entry.j <= entry.i && entry.grayPerDecay > 0.01 * own {
                let (mean, sigma) = average(result, entry, size: size)
                let share = entry.grayPerDecay / own
                let bound = share >= 1 ? 0.01 : share > 0.02 ? 0.02 : 0.03
                gate.rows.append(
                    Gate.Row(
                        quantity: "\(nuclide.rawValue) \(size) mm (\(entry.i)\(entry.j)\(entry.k))",
                        found: mean * 1e9, reference: entry.grayPerDecay * 1e9, unit: "mGy/(MBq s)",
                        ownSigma: sigma, referenceSigma: entry.relativeSigma,
                        allowed: bound
                            + 2
                            * (sigma * sigma + entry.relativeSigma * entry.relativeSigma)
                            .squareRoot()))
            }
        }
        return gate
    }

    /// Half the side of the grid, in voxels: photons have 9 cm.
    private static let half = 20

    private static func kernel(
        _ nuclide: Nuclide, _ size: Double, _ setup: GateSetup, _ histories: Double
    ) throws -> MonteCarloDose {
        let n = 2 * half + 1
        let geometry = try VolumeGeometry(
            shape: Vector3(n, n, n), spacingMM: Vector3(size, size, size))
        var decays = Volume<Float>(repeating: 0, geometry: geometry)
        decays[half, half, half] = 1
        return try MonteCarloEngine(
            phantom: VoxelPhantom(
                uniform: Medium.named("water-icru37"), gramsPerML: 1, geometry: geometry),
            spectrum: EmissionSpectrum(DecayData(nuclide)), settings: setup.settings
        ).run(decays: decays, until: setup.stop(histories), seed: setup.seed)
    }

    /// The mean over all voxels that symmetry makes equal, and its relative sigma.
    private static func average(
        _ result: MonteCarloDose, _ entry: EGSnrcReference.VoxelS, size: Double
    ) -> (Double, Double) {
        let wanted = [entry.i, entry.j, entry.k]
        var sum = 0.0
        var variance = 0.0
        var count = 0.0
        for i in -entry.i ... entry.i {
            for j in -entry.i ... entry.i {
                for k in -entry.i ... entry.i
                where [abs(i), abs(j), abs(k)].sorted(by: >) == wanted {
                    let dose = Double(result.dose.grays[half + i, half + j, half + k])
                    let sigma = Double(
                        result.relativeUncertainty[half + i, half + j, half + k])
                    sum += dose
                    variance += dose * sigma * dose * sigma
                    count += 1
                }
            }
        }
        return (sum / count, sum > 0 ? variance.squareRoot() / sum : 0)
    }
}

/// Spheres of water against EGSnrc and PENELOPE.
package enum SphereGate {
    /// Published with the program's reference data: PENELOPE point kernels, exact overlap, 1 %.
    private static let penelope: [(Nuclide, Double, Double)] = [
        (.y90, 0.1, 0.648), (.y90, 20, 6.56e-3), (.lu177, 10, 2.352e-3),
    ]

    package static func run(_ setup: GateSetup) throws -> Gate {
        let title = "Spheres of water"
        guard EGSnrcReference.folder != nil else { return .absent(title, "EGSnrc's table") }
        var gate = Gate(
            title: title,
            note: "Self-dose of a uniform source in unbounded water, within 1 %. Reference: EGSnrc "
                + "at 1 and 100 g, PENELOPE through penRed at the others (0.5 % of its own).")
        let rows = try EGSnrcReference.rows("sphere_S.csv").dropFirst()
        for nuclide in [Nuclide.y90, .lu177, .i131] {
            let kernel = try PointKernelRun(
                DecayData(nuclide), medium: Medium.named("water-icru37"), densityGPerML: 1,
                settings: setup.settings
            ).kernel(histories: Int(1e6 * setup.scale), seed: setup.seed)
            var wanted = rows.compactMap { row -> (Double, Double, Double)? in
                guard row[0] == nuclide.rawValue, let mass = Double(row[1]),
                    let s = Double(row[3]), let percent = Double(row[6])
                else { return nil }
                return (mass, s, percent / 100)
            }
            wanted += penelope.filter { $0.0 == nuclide }.map { ($0.1, $0.2 * 1e-9, 0.005) }
            for (mass, reference, sigma) in wanted.sorted(by: { $0.0 < $1.0 }) {
                let sphere = try SphereDose(kernel, massG: mass)
                let own = sphere.relativeUncertainty
                gate.rows.append(
                    Gate.Row(
                        quantity: "\(nuclide.rawValue), \(mass) g", found: sphere.sGyPerDecay * 1e9,
                        reference: reference * 1e9, unit: "mGy/(MBq s)", ownSigma: own,
                        referenceSigma: sigma,
                        allowed: 0.01 + 2 * (own * own + sigma * sigma).squareRoot()))
            }
        }
        return gate
    }
}
