import Imaging
import Physics
import Transport
import _TestSupport

/// Dose across a plane between water and lung, against EGSnrc.
package enum InterfaceGate {
    package static func run(_ setup: GateSetup) throws -> Gate {
        let title = "Plane between water and lung"
        guard EGSnrcReference.folder != nil else { return .absent(title, "EGSnrc's table") }
        var gate = Gate(
            title: title,
            note:
                "Y-90 in 20 mm of water beside lung of 0.26 g/mL, bins of 0.5 mm (every fourth is "
                + "listed, all are held). In water within 2 % of equilibrium, in lung within 5 % of "
                + "the local value down to 5 % of equilibrium, 2 % of equilibrium below.")
        let mine = try dose(setup)
        let bins = try EGSnrcReference.rows("interface_Y-90_water-lung.csv").compactMap {
            row -> (z: Double, dose: Double, sigma: Double)? in
            guard let z = Double(row[0]), let dose = Double(row[3]), let sigma = Double(row[4])
            else { return nil }
            return (z, dose, sigma)
        }
        let deep = bins.filter { $0.z >= -12 && $0.z < -8 }
        let equilibrium = deep.reduce(0) { $0 + $1.dose } / Double(deep.count)
        for (index, bin) in bins.filter({ $0.z >= -20 && $0.z < 25 }).enumerated() {
            let k = Int((bin.z + 60) / 0.5 + 0.5)
            let found = Double(mine.dose.grays[0, 0, k])
            let own = Double(mine.relativeUncertainty[0, 0, k]) * found
            let bound =
                bin.z >= 0 && bin.dose > 0.05 * equilibrium ? 0.05 * bin.dose : 0.02 * equilibrium
            let sigma = (own * own + bin.sigma * bin.sigma).squareRoot()
            let row = Gate.Row(
                quantity: "\(bin.z) to \(bin.z + 0.5) mm", found: found / equilibrium,
                reference: bin.dose / equilibrium, unit: "of equilibrium",
                ownSigma: own / max(found, 1e-300), referenceSigma: bin.sigma / bin.dose,
                allowed: (bound + 2 * sigma) / bin.dose)
            if index % 4 == 0 || !row.isMet { gate.rows.append(row) }
        }
        gate.plots = [plot(mine, bins, equilibrium)]
        return gate
    }

    private static func plot(
        _ mine: MonteCarloDose, _ bins: [(z: Double, dose: Double, sigma: Double)],
        _ equilibrium: Double
    ) -> Plot {
        let shown = bins.filter { $0.z >= -22 && $0.z < 26 }
        return Plot(
            name: "validation-interface", title: "Y-90, water (z < 0) beside lung (z > 0)",
            xTitle: "z in mm", yTitle: "dose over equilibrium", isLogarithmic: true,
            series: [
                Plot.Series(
                    name: "EGSnrc, 1 sigma", style: .points, colour: "#c0504d",
                    values: shown.map { ($0.z + 0.25, $0.dose / equilibrium) },
                    sigmas: shown.map { $0.sigma / equilibrium }),
                Plot.Series(
                    name: "Grevy", style: .line, colour: "#1f4e79",
                    values: shown.map {
                        let k = Int(($0.z + 60) / 0.5 + 0.5)
                        return ($0.z + 0.25, Double(mine.dose.grays[0, 0, k]) / equilibrium)
                    }),
            ])
    }

    private static func dose(_ setup: GateSetup) throws -> MonteCarloDose {
        let geometry = try VolumeGeometry(
            shape: Vector3(1, 1, 240), spacingMM: Vector3(4000, 4000, 0.5))
        var medium = Volume<UInt8>(repeating: 0, geometry: geometry)
        var density = Volume<Float>(repeating: 1, geometry: geometry)
        var decays = Volume<Float>(repeating: 0, geometry: geometry)
        for k in 80 ..< 240 {
            if k >= 120 {
                medium[0, 0, k] = 1
                density[0, 0, k] = 0.26
            } else {
                decays[0, 0, k] = Float(geometry.voxelVolumeML)
            }
        }
        return try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: medium, density: DensityMap(gramsPerML: density),
                media: [Medium.named("water-icru37"), Medium.named("lung")]),
            spectrum: EmissionSpectrum(DecayData(.y90)), settings: setup.settings
        ).run(decays: decays, until: setup.stop(1e7), seed: setup.seed)
    }
}

/// Fano's theorem in random densities.
package enum FanoGate {
    package static func run(_ setup: GateSetup) throws -> Gate {
        var gate = Gate(
            title: "Fano's theorem",
            note:
                "Random densities from 0.2 to 2 g/mL of one composition, source uniform per mass: "
                + "the dose is the emitted energy per mass, within 0.3 %. Bremsstrahlung deposited "
                + "locally, voxels 24 mm or more from the edge.")
        let n = 22
        let geometry = try VolumeGeometry(
            shape: Vector3(n, n, n), spacingMM: Vector3(4, 4, 4))
        var density = Volume<Float>(repeating: 1, geometry: geometry)
        var labels = Volume<UInt16>(repeating: 0, geometry: geometry)
        var state: UInt64 = 12345
        for k in 0 ..< n {
            for j in 0 ..< n {
                for i in 0 ..< n {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let u = Double(state >> 11) * 0x1p-53
                    density[i, j, k] = Float(0.2 + 1.8 * u)
                    if min(i, j, k) >= 6 && max(i, j, k) < n - 6 {
                        labels[i, j, k] = UInt16(1 + min(3, Int(4 * u)))
                    }
                }
            }
        }
        var settings = setup.settings
        settings.bremsstrahlung = .local
        let result = try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: Volume(repeating: 0, geometry: geometry),
                density: DensityMap(gramsPerML: density), media: [Medium.named("water")]),
            spectrum: EmissionSpectrum(DecayData(.y90)), settings: settings
        ).run(decays: density, until: setup.stop(4e7), seed: setup.seed, labels: labels)
        let expected = result.emittedJ / (density.sum() * geometry.voxelVolumeML * 1e-3)
        let quarters = ["0.2 to 0.65", "0.65 to 1.1", "1.1 to 1.55", "1.55 to 2"]
        for label in result.labels where label.label > 0 {
            let sigma = label.relativeUncertainty
            gate.rows.append(
                Gate.Row(
                    quantity: "\(quarters[label.label - 1]) g/mL", found: label.meanGy / expected,
                    reference: 1, unit: "of expected", ownSigma: sigma,
                    allowed: 0.003 + 2 * sigma))
        }
        return gate
    }
}
