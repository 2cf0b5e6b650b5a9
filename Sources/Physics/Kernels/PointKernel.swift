/// Where the energy of one decay at a point goes, by distance, in an infinite medium.
///
/// The electron part ends at the longest range; the photon part does not end. Energies of a shell
/// are given per batch of the Monte Carlo run that made them, so that whatever is computed from a
/// kernel has a statistical uncertainty: compute it from each batch and take the spread.
///
/// The same kernel serves any density of the same composition: lengths scale with 1/ρ
/// (dose-point-kernel scaling, exact but for the density effect).
public struct PointKernel: Hashable, Sendable, Codable {
    public let nuclide: String
    public let medium: String
    /// Density that the kernel was computed at, in g/mL.
    public let densityGPerML: Double
    /// Outer radius of each shell in millimetres, ascending; the first shell starts at 0.
    public let outerRadiiMM: [Double]
    /// Energy per decay that each shell absorbs, in keV, by batch: `[batch][shell]`.
    public let batchesKeV: [[Double]]
    /// Energy emitted per decay as electrons and photons, neutrinos left out, in keV.
    public let emittedKeV: Double
    /// How it was made: program, version, histories, seed.
    public let source: String

    /// Creates a kernel.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when radii do not ascend from
    ///   above 0, there are fewer than two batches, or a batch has another number of shells.
    public init(
        nuclide: String, medium: String, densityGPerML: Double, outerRadiiMM: [Double],
        batchesKeV: [[Double]], emittedKeV: Double, source: String
    ) throws {
        let name = "point kernel of \(nuclide) in \(medium)"
        let ascending = zip([0] + outerRadiiMM, outerRadiiMM).allSatisfy { $0 < $1 }
        guard ascending, !outerRadiiMM.isEmpty, outerRadiiMM.allSatisfy(\.isFinite) else {
            throw PhysicsError.malformedTable(name: name, reason: "radii do not ascend")
        }
        guard batchesKeV.count >= 2, batchesKeV.allSatisfy({ $0.count == outerRadiiMM.count })
        else {
            throw PhysicsError.malformedTable(
                name: name, reason: "needs two batches or more of one energy per shell")
        }
        guard densityGPerML > 0, densityGPerML.isFinite else {
            throw PhysicsError.notPositive(quantity: "densityGPerML", value: densityGPerML)
        }
        self.nuclide = nuclide
        self.medium = medium
        self.densityGPerML = densityGPerML
        self.outerRadiiMM = outerRadiiMM
        self.batchesKeV = batchesKeV
        self.emittedKeV = emittedKeV
        self.source = source
    }

    /// Returns the kernel with each shell multiplied by a weight; missing weights count as 0.
    public func scaled(by weights: [Double]) -> PointKernel {
        PointKernel(
            self, densityGPerML: densityGPerML, outerRadiiMM: outerRadiiMM,
            batchesKeV: batchesKeV.map { batch in
                batch.enumerated().map { $1 * ($0 < weights.count ? weights[$0] : 0) }
            })
    }

    /// Returns the kernel of the same medium at another density: radii scale with its inverse.
    ///
    /// - Parameter gramsPerML: Above 0 and finite.
    /// - Returns: The kernel at that density.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)``.
    public func scaled(toGPerML gramsPerML: Double) throws -> PointKernel {
        guard gramsPerML > 0, gramsPerML.isFinite else {
            throw PhysicsError.notPositive(quantity: "densityGPerML", value: gramsPerML)
        }
        let scale = densityGPerML / gramsPerML
        return PointKernel(
            self, densityGPerML: gramsPerML, outerRadiiMM: outerRadiiMM.map { $0 * scale },
            batchesKeV: batchesKeV)
    }

    /// Returns the kernel with neighbouring shells put together beyond a radius.
    ///
    /// - Parameters:
    ///   - widthMM: Shells grow up to this width, unless one alone is wider.
    ///   - start: Shells within it stay as they are, in millimetres.
    /// - Returns: A kernel of the same energy in fewer shells.
    public func merged(toMM widthMM: Double, beyondMM start: Double) -> PointKernel {
        var radii: [Double] = []
        var batches = batchesKeV.map { _ in [Double]() }
        var inner = 0.0
        var opened = 0.0
        for (shell, outer) in outerRadiiMM.enumerated() {
            let joins = !radii.isEmpty && opened >= start && outer - opened <= widthMM
            if joins {
                radii[radii.count - 1] = outer
                for b in batches.indices { batches[b][radii.count - 1] += batchesKeV[b][shell] }
            } else {
                opened = inner
                radii.append(outer)
                for b in batches.indices { batches[b].append(batchesKeV[b][shell]) }
            }
            inner = outer
        }
        return PointKernel(
            self, densityGPerML: densityGPerML, outerRadiiMM: radii, batchesKeV: batches)
    }

    private init(
        _ kernel: PointKernel, densityGPerML: Double, outerRadiiMM: [Double],
        batchesKeV: [[Double]]
    ) {
        nuclide = kernel.nuclide
        medium = kernel.medium
        self.densityGPerML = densityGPerML
        self.outerRadiiMM = outerRadiiMM
        self.batchesKeV = batchesKeV
        emittedKeV = kernel.emittedKeV
        source = kernel.source
    }

    /// Mean over batches of the energy per decay in each shell, in keV.
    public var shellsKeV: [Double] {
        outerRadiiMM.indices.map { shell in
            batchesKeV.reduce(0) { $0 + $1[shell] } / Double(batchesKeV.count)
        }
    }

    /// The energy per decay absorbed within the outermost radius, in keV.
    public var absorbedKeV: Double { shellsKeV.reduce(0, +) }

    /// Returns the radius within which `fraction` of the absorbed energy lies, in millimetres.
    ///
    /// - Parameter fraction: From 0 to 1.
    /// - Returns: A radius, interpolated within its shell.
    public func radiusMM(holding fraction: Double) -> Double {
        let wanted = fraction * absorbedKeV
        var sum = 0.0
        var inner = 0.0
        for (outer, energy) in zip(outerRadiiMM, shellsKeV) {
            if sum + energy >= wanted {
                return inner + (energy > 0 ? (wanted - sum) / energy : 0) * (outer - inner)
            }
            sum += energy
            inner = outer
        }
        return inner
    }
}
