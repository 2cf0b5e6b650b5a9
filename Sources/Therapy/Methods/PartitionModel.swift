public import Physics
public import Quantities

/// Tumours and normal liver of one territory that share its activity by uptake ratio.
///
/// D_N = C · A_inj · (1 − L) / (M_N + Σ TNᵢ · Mᵢ), Dᵢ = TNᵢ · D_N. Energy is conserved:
/// D_N · M_N + Σ Dᵢ · Mᵢ = C · A_liver.
///
/// The dose to normal liver ignores energy that leaves hot tumours, so at high ratios it may be
/// too low.
///
/// Source: Ho et al., Eur J Nucl Med 1996;23:947–952; several tumours as in Moran et al. 2020.
public struct PartitionModel: Hashable, Sendable {
    /// One tumour inside the territory.
    public struct Tumour: Hashable, Sendable {
        public let volumeML: Double
        /// Activity per mass over that of normal liver in the territory; never of total counts.
        public let tumourToNormalRatio: Double

        public init(volumeML: Double, tumourToNormalRatio: Double) {
            self.volumeML = volumeML
            self.tumourToNormalRatio = tumourToNormalRatio
        }
    }

    public let profile: ConventionProfile
    public let tumours: [Tumour]
    /// Normal liver inside the territory, without tumour, in mL.
    public let normalVolumeML: Double
    public let lungShuntFraction: Double
    public let residualFraction: Double

    /// Creates the model of one territory.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``;
    ///   ``TherapyError/inconsistent(reason:)`` without any tumour.
    public init(
        tumours: [Tumour], normalVolumeML: Double, lungShuntFraction: Double,
        residualFraction: Double, profile: ConventionProfile
    ) throws {
        guard !tumours.isEmpty else {
            throw TherapyError.inconsistent(
                reason: "'tumours' is empty; without tumour the single compartment is the model.")
        }
        for (n, tumour) in tumours.enumerated() {
            _ = try Checked.positive(tumour.volumeML, "tumours[\(n)].volumeML")
            _ = try Checked.positive(
                tumour.tumourToNormalRatio, "tumours[\(n)].tumourToNormalRatio")
        }
        self.profile = profile
        self.tumours = tumours
        self.normalVolumeML = try Checked.positive(normalVolumeML, "normalVolumeML")
        self.lungShuntFraction = try Checked.fraction(lungShuntFraction, "lungShuntFraction")
        self.residualFraction = try Checked.fraction(residualFraction, "residualFraction")
        guard equivalentNormalMass.kilograms.isFinite else {
            throw TherapyError.inconsistent(
                reason:
                    "'tumours' take up more than numbers hold; check 'tumourToNormalRatio' and 'volumeML'."
            )
        }
    }
}

extension PartitionModel {
    public var normalMass: Mass { profile.tissueMass(volumeML: normalVolumeML) }

    /// All tumour inside the territory, in mL.
    public var tumourVolumeML: Double { tumours.reduce(0) { $0 + $1.volumeML } }

    /// Σ TNᵢ · Mᵢ / Σ Mᵢ, the one ratio that gives the same normal dose.
    public var pooledTumourToNormalRatio: Double {
        tumours.reduce(0) { $0 + $1.tumourToNormalRatio * $1.volumeML } / tumourVolumeML
    }

    /// M_N + Σ TNᵢ · Mᵢ: the mass of normal liver that would take up as much.
    public var equivalentNormalMass: Mass {
        profile.tissueMass(
            volumeML: normalVolumeML
                + tumours.reduce(0) { $0 + $1.tumourToNormalRatio * $1.volumeML })
    }

    /// Returns the activities that give normal liver in the territory the mean dose.
    public func activities(forNormalDose dose: AbsorbedDose) throws -> ActivityChain {
        _ = try Checked.positive(dose.grays, "targetNormalDoseGy")
        return try chain(normalDose: dose)
    }

    /// Returns the activities that give all tumours together the mass-weighted mean dose.
    public func activities(forTumourDose dose: AbsorbedDose) throws -> ActivityChain {
        _ = try Checked.positive(dose.grays, "targetTumourDoseGy")
        return try chain(normalDose: 1 / pooledTumourToNormalRatio * dose)
    }

    /// Returns the activities that give all liver without tumour the mean dose, when this
    /// territory alone is treated.
    public func activities(
        forWholeLiverNormalDose dose: AbsorbedDose, liver: LiverVolumes
    ) throws
        -> ActivityChain
    {
        _ = try Checked.positive(dose.grays, "targetWholeLiverNormalDoseGy")
        return try chain(
            normalDose: try normalVolumeML(of: liver) / normalVolumeML * dose)
    }

    /// Returns the activities of a vial.
    public func activities(forVial vial: Activity) throws -> ActivityChain {
        try ActivityChain(
            vial: vial, residualFraction: residualFraction, lungShuntFraction: lungShuntFraction)
    }

    /// Returns the mean doses that the activities give.
    public func doses(_ activities: ActivityChain) -> PartitionDoses {
        let normal = profile.meanDose(of: activities.liver, in: equivalentNormalMass)
        let perfused = profile.tissueMass(volumeML: normalVolumeML + tumourVolumeML)
        return PartitionDoses(
            normal: normal, tumours: tumours.map { $0.tumourToNormalRatio * normal },
            meanPerfused: profile.meanDose(of: activities.liver, in: perfused),
            lung: profile.meanDose(of: activities.lung, in: profile.lungMass))
    }

    /// Returns the mean dose of all liver without any tumour, when the rest gets no activity.
    ///
    /// D_N · M_N / (M_liver − M_T,all).
    public func wholeLiverNormalDose(
        _ normal: AbsorbedDose, liver: LiverVolumes
    ) throws
        -> AbsorbedDose
    {
        try normalVolumeML / normalVolumeML(of: liver) * normal
    }

    private func chain(normalDose: AbsorbedDose) throws -> ActivityChain {
        try ActivityChain(
            liver: profile.activity(for: normalDose, in: equivalentNormalMass),
            residualFraction: residualFraction, lungShuntFraction: lungShuntFraction)
    }

    /// Normal volume of the whole liver, after checking that the territory fits into it.
    private func normalVolumeML(of liver: LiverVolumes) throws -> Double {
        let tumourML = tumourVolumeML + liver.otherTumourVolumeML
        guard Checked.fits(tumourML + normalVolumeML, into: liver.liverVolumeML) else {
            throw TherapyError.inconsistent(
                reason: "'liverVolumeML' \(liver.liverVolumeML) is less than the volumes it "
                    + "must hold: 'tumours', 'normalVolumeML' and 'otherTumourVolumeML' are "
                    + "\(tumourML + normalVolumeML) together.")
        }
        return max(liver.liverVolumeML - tumourML, normalVolumeML)
    }
}

/// Mean doses of one territory in the partition model.
public struct PartitionDoses: Hashable, Sendable {
    /// Normal liver inside the territory.
    public let normal: AbsorbedDose
    /// In the order of the tumours.
    public let tumours: [AbsorbedDose]
    /// Tumour and normal liver of the territory together.
    public let meanPerfused: AbsorbedDose
    public let lung: AbsorbedDose
}

/// The liver around a territory.
public struct LiverVolumes: Hashable, Sendable {
    /// All of the liver, with all tumour, in mL.
    public let liverVolumeML: Double
    /// Tumour outside the territory, in mL.
    public let otherTumourVolumeML: Double

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(liverVolumeML: Double, otherTumourVolumeML: Double = 0) throws {
        self.liverVolumeML = try Checked.positive(liverVolumeML, "liverVolumeML")
        self.otherTumourVolumeML = try Checked.notNegative(
            otherTumourVolumeML, "otherTumourVolumeML")
    }
}
