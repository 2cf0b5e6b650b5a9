import Foundation
import Imaging
import Physics
import Transport
import _TestSupport

extension GateRun {
    /// Voxel S values in water against EGSnrc: self 1 %, neighbours 2 or 3 %, plus 2 sigma.
    func voxel() throws {
        let size = number("mm", 3)
        let n = Int(number("grid", 61))
        let geometry = try VolumeGeometry(
            shape: Vector3(n, n, n), spacingMM: Vector3(size, size, size))
        var decays = Volume<Float>(repeating: 0, geometry: geometry)
        let c = n / 2
        decays[c, c, c] = 1
        let result = try run(
            VoxelPhantom(
                uniform: Medium.named("water-icru37"), gramsPerML: 1, geometry: geometry),
            decays: decays, histories: 4e6)
        let table = try EGSnrcReference.voxelS(options["nuclide"] ?? "Y-90", sizeMM: size)
        for row in table where row.k <= row.j && row.j <= row.i && row.i <= 4 {
            var values: [Double] = []
            for di in -row.i ... row.i where abs(di) <= row.i {
                for dj in -row.i ... row.i {
                    for dk in -row.i ... row.i {
                        let offset = [abs(di), abs(dj), abs(dk)].sorted(by: >)
                        if offset == [row.i, row.j, row.k] {
                            values.append(Double(result.dose.grays[c + di, c + dj, c + dk]))
                        }
                    }
                }
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let own =
                Double(result.relativeUncertainty[c + row.i, c + row.j, c + row.k])
                / Double(values.count).squareRoot()
            print(
                row.i, row.j, row.k, String(format: "%.5g mGy/(MBq s)", mean * 1e9),
                percent(mean / row.grayPerDecay),
                String(
                    format: "sigma own %.2f %%, reference %.2f %%", own * 100,
                    row.relativeSigma * 100))
        }
    }

    /// Dose across a water-lung plane: 2 % of equilibrium, 5 % of the local value in lung.
    func interface() throws {
        let geometry = try VolumeGeometry(
            shape: Vector3(1, 1, 240), spacingMM: Vector3(4000, 4000, 0.5))
        var medium = Volume<UInt8>(repeating: 0, geometry: geometry)
        var density = Volume<Float>(repeating: 1, geometry: geometry)
        var decays = Volume<Float>(repeating: 0, geometry: geometry)
        for k in 0 ..< 240 {
            if k >= 120 {
                medium[0, 0, k] = 1
                density[0, 0, k] = 0.26
            } else if k >= 80 {
                decays[0, 0, k] = Float(geometry.voxelVolumeML)
            }
        }
        let result = try run(
            VoxelPhantom(
                medium: medium, density: DensityMap(gramsPerML: density),
                media: [Medium.named("water-icru37"), Medium.named("lung")]),
            decays: decays, histories: 4e6)
        let rows = try EGSnrcReference.rows("interface_Y-90_water-lung.csv").dropFirst()
        let bins = rows.compactMap { row -> (Double, Double, Double)? in
            guard let z = Double(row[0]), let d = Double(row[3]), let s = Double(row[4]) else {
                return nil
            }
            return (z, d, s)
        }
        let deep = bins.filter { $0.0 >= -12 && $0.0 < -8 }
        let equilibrium = deep.reduce(0) { $0 + $1.1 } / Double(max(1, deep.count))
        var worst = 0.0
        for (z, reference, sigma) in bins where z >= -20 && z < 25 {
            let k = Int((z + 60) / 0.5 + 0.5)
            let mine = Double(result.dose.grays[0, 0, k])
            let own = Double(result.relativeUncertainty[0, 0, k]) * mine
            let difference = mine - reference
            let allowed = 2 * (sigma * sigma + own * own).squareRoot()
            let limit =
                (z >= 0 && reference > 0.05 * equilibrium ? 0.05 * reference : 0.02 * equilibrium)
                + allowed
            worst = max(worst, abs(difference) / limit)
            if options["all"] != nil || Int(z * 2) % 2 == 0 {
                print(
                    z, "of equilibrium", mine / equilibrium, "difference of equilibrium %",
                    difference / equilibrium * 100, percent(mine / reference),
                    "share of limit", abs(difference) / limit)
            }
        }
        print("worst share of the limit", worst)
    }

    /// Fano's theorem: same composition, random densities, source per mass: the dose is uniform.
    func fano() throws {
        let n = Int(number("grid", 24))
        let size = number("mm", 4)
        let geometry = try VolumeGeometry(
            shape: Vector3(n, n, n), spacingMM: Vector3(size, size, size))
        var state: UInt64 = 12345
        var density = Volume<Float>(repeating: 1, geometry: geometry)
        var labels = Volume<UInt16>(repeating: 0, geometry: geometry)
        let edge = Int(number("edge", 6))
        for k in 0 ..< n {
            for j in 0 ..< n {
                for i in 0 ..< n {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let u = Double(state >> 11) * 0x1p-53
                    density[i, j, k] = Float(0.2 + 1.8 * u)
                    if min(i, j, k) >= edge && max(i, j, k) < n - edge {
                        labels[i, j, k] = UInt16(1 + u * 4)
                    }
                }
            }
        }
        var local = settings
        local.bremsstrahlung = .local
        let result = try run(
            VoxelPhantom(
                medium: Volume(repeating: 0, geometry: geometry),
                density: DensityMap(gramsPerML: density), media: [Medium.named("water-icru37")]),
            decays: density, labels: labels, histories: 1e7, settings: local)
        let mass = density.sum() * geometry.voxelVolumeML * 1e-3
        let expected = result.emittedJ / mass
        for label in result.labels where label.label > 0 {
            print(
                "density quarter", label.label, label.meanGy / expected,
                String(format: "sigma %.3f %%", label.relativeUncertainty * 100))
        }
        let inner = result.labels.filter { $0.label > 0 }
        let all = inner.reduce(0) { $0 + $1.massKg }
        print("all", inner.reduce(0) { $0 + $1.massKg * $1.meanGy } / all / expected)
    }

    /// Spheres of water: 1 %.
    func sphere() throws {
        let name = options["nuclide"] ?? "Y-90"
        guard let nuclide = Nuclide(rawValue: name) else {
            throw PhysicsError.unknownProfile(name: name)
        }
        let before = userSeconds()
        let kernel = try PointKernelRun(
            DecayData(nuclide), medium: Medium.named("water-icru37"), densityGPerML: 1,
            settings: settings
        ).kernel(
            histories: Int(number("n", 1e6)), seed: UInt64(number("seed", 1)),
            threads: Int(number("threads", 2)))
        print(
            "user seconds", userSeconds() - before, "emitted keV", kernel.emittedKeV, "absorbed",
            kernel.absorbedKeV / kernel.emittedKeV, "50, 90, 95 % within mm",
            [0.5, 0.9, 0.95].map { kernel.radiusMM(holding: $0) })
        let cube = try VoxelKernel(kernel, sidesMM: [3, 3, 3], reach: [2, 0, 0])
        print("voxel 3 mm by the kernel", cube(0, 0, 0) * 1e9, cube(1, 0, 0) * 1e9)
        for row in try EGSnrcReference.rows("sphere_S.csv").dropFirst() where row[0] == name {
            guard let mass = Double(row[1]), let s = Double(row[3]) else { continue }
            let sphere = try SphereDose(kernel, massG: mass)
            print(
                mass, "g", percent(sphere.sGyPerDecay / s), "own sigma %",
                sphere.relativeUncertainty * 100, "reference", row[6])
        }
    }
}
