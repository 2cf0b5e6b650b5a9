public import Imaging
public import Physics
public import Quantities

/// Liver tissue that one injection reaches, with its activity and its own lung shunt.
public struct InjectedTerritory: Sendable {
    public let name: String
    public let region: RegionMask
    /// What entered the patient here, at administration.
    public let injected: Activity
    /// The share that went on to the lungs, 0 to below 1.
    public let lungShuntFraction: Double

    /// Creates a territory.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``.
    public init(
        name: String, region: RegionMask, injected: Activity, lungShuntFraction: Double
    ) throws {
        guard injected.becquerels >= 0, injected.becquerels.isFinite else {
            throw DoseError.outOfRange(
                parameter: "injectedActivityGBq", value: injected.gigabecquerels)
        }
        guard lungShuntFraction >= 0, lungShuntFraction < 1 else {
            throw DoseError.outOfRange(
                parameter: "lungShuntFraction", value: lungShuntFraction)
        }
        self.name = name
        self.region = region
        self.injected = injected
        self.lungShuntFraction = lungShuntFraction
    }
}

/// Spreads known activities by the image's counts: aᵢ = A_k · (1 − L_k) · cᵢ / Σ c over territory k.
///
/// A voxel on a border counts with the share of it that lies inside. The lungs get Σ A_k · L_k,
/// spread by their counts; a voxel in both belongs to the liver. Counts below zero have no
/// meaning as a share and count as zero, with a finding. Outside all regions there is nothing.
///
/// Source: EANM SOP, Chiesa et al., EJNMMI Phys 2021 (patient-relative calibration).
public struct PatientRelativeCalibration: Sendable {
    /// What happens where territories overlap.
    public enum OverlapRule: Sendable {
        /// The calibration is refused.
        case refuse
        /// Shares are scaled to a sum of 1 in each voxel, with a finding.
        case split
    }

    public let profile: ConventionProfile
    public let territories: [InjectedTerritory]
    /// Where the shunted activity went; without them it appears nowhere, with a finding.
    public let lungs: RegionMask?
    public let overlap: OverlapRule

    /// Rasterised borders that touch may add up to slightly more than a whole voxel.
    static let shareTolerance: Float = 1e-3

    /// Creates a calibration.
    ///
    /// - Throws: ``DoseError/geometryMismatch(_:_:)`` when regions lie on different grids,
    ///   ``DoseError/emptyRegion(name:)``, and ``DoseError/overlappingTerritories(names:sharedML:)``
    ///   when territories overlap and the rule is to refuse that.
    public init(
        profile: ConventionProfile, territories: [InjectedTerritory], lungs: RegionMask? = nil,
        overlap: OverlapRule = .refuse
    ) throws {
        guard let first = territories.first else {
            throw DoseError.emptyRegion(name: "territories")
        }
        for region in territories.map(\.region) + (lungs.map { [$0] } ?? [])
        where region.geometry != first.region.geometry {
            throw DoseError.geometryMismatch(first.region.geometry, region.geometry)
        }
        for territory in territories where !(territory.region.volumeML > 0) {
            throw DoseError.emptyRegion(name: territory.name)
        }
        self.profile = profile
        self.territories = territories
        self.lungs = lungs
        self.overlap = overlap
        let shared = Self.sharedML(Self.occupancy(of: territories), first.region.geometry)
        if overlap == .refuse, shared > 0 {
            throw DoseError.overlappingTerritories(
                names: territories.map(\.name), sharedML: shared)
        }
    }

    /// Returns the decays that the counts and the injected activities imply.
    ///
    /// - Throws: ``DoseError/geometryMismatch(_:_:)``, ``DoseError/nonFiniteValue(atVoxel:)``,
    ///   ``DoseError/noCounts(region:)`` when a region with activity shows none.
    public func decays(from counts: CountMap) throws -> CalibratedDecays {
        try decays(from: counts.counts)
    }

    /// Returns the decays that relative concentrations and the injected activities imply.
    ///
    /// - Throws: As ``decays(from:)-(CountMap)``.
    public func decays(from concentration: ActivityMap) throws -> CalibratedDecays {
        try decays(from: concentration.becquerelsPerML)
    }

    private func decays(from image: Volume<Float>) throws -> CalibratedDecays {
        let geometry = territories[0].region.geometry
        guard image.geometry == geometry else {
            throw DoseError.geometryMismatch(image.geometry, geometry)
        }
        if let bad = image.firstIndex(where: { !$0.isFinite }) {
            throw DoseError.nonFiniteValue(atVoxel: bad)
        }
        let occupied = Self.occupancy(of: territories)
        var spread = ShareOfCounts(image: image)
        for territory in territories {
            let activity = (1 - territory.lungShuntFraction) * territory.injected
            try spread.add(
                profile.decays(of: activity), over: territory.region, name: territory.name
            ) { $1 / max(1, occupied[$0]) }
        }
        var findings = overlapFindings(occupied, geometry)
        let shunted = territories.map { $0.lungShuntFraction * $0.injected }.reduce(.zero, +)
        if shunted > .zero {
            if let lungs {
                try spread.add(profile.decays(of: shunted), over: lungs, name: "lungs") {
                    min($1, max(0, 1 - occupied[$0]))
                }
            } else {
                findings.append(
                    Finding(
                        "dose.lungs-not-in-image", .note,
                        "\(shunted.gigabecquerels.decimals(3)) GBq in the lungs appear nowhere in "
                            + "this dose map, because no lungs were outlined."))
            }
        }
        findings += spread.findings
        return CalibratedDecays(decays: try spread.decays(), findings: findings)
    }

    private func overlapFindings(_ occupied: [Float], _ geometry: VolumeGeometry) -> [Finding] {
        let shared = Self.sharedML(occupied, geometry)
        guard shared > 0 else { return [] }
        return [
            Finding(
                "dose.territories-overlap", .warning,
                "Territories overlap by \(shared.decimals(1)) mL; there the counts were split "
                    + "between them.")
        ]
    }

    /// For each voxel of the grid, the sum of the territories' shares.
    private static func occupancy(of territories: [InjectedTerritory]) -> [Float] {
        var sum = [Float](repeating: 0, count: territories[0].region.geometry.count)
        for territory in territories {
            territory.region.forEachVoxel { index, share in sum[index] += share }
        }
        return sum
    }

    private static func sharedML(_ occupied: [Float], _ geometry: VolumeGeometry) -> Double {
        var shares = 0.0
        for share in occupied where share > 1 + shareTolerance { shares += Double(share - 1) }
        return shares * geometry.voxelVolumeML
    }
}
