/// One nuclide's file of decay data, as it is written: per 100 decays, energies in keV.
struct DecayTable: Decodable {
    struct Named: Decodable {
        let name: String
        let year: Int?

        var evaluation: Evaluation { Evaluation(name: name, year: year) }
    }

    struct Value: Decodable {
        let value: Double
        let uncertainty: Double
    }

    struct HalfLife: Decodable {
        let value: Double
        let uncertainty: Double
        let unit: String
    }

    struct CrossCheck: Decodable {
        let evaluation: String
        let halfLife: HalfLife
    }

    struct Binding: Decodable {
        let K: Double
        let L: Double
        let M: Double
        let N: Double
    }

    struct Beta: Decodable {
        let endpointKeV: Double
        let endpointUncertaintyKeV: Double?
        let per100: Double
        let uncertaintyPer100: Double?
        let levelKeV: Double
        let shape: String
        let positron: Bool?
        let evaluation: String?
    }

    struct Capture: Decodable {
        let levelKeV: Double
        let per100: Double
        let uncertaintyPer100: Double?
        let shellK: Double
        let shellL: Double
        let shellM: Double
        let evaluation: String?
    }

    /// Electrons come as coefficients per photon, or as numbers where there is no photon.
    struct Transition: Decodable {
        let energyKeV: Double
        let per100: Double
        let uncertaintyPer100: Double?
        let conversionTotal: Double?
        let conversionTotalUncertainty: Double?
        let conversionK: Double?
        let conversionL: Double?
        let conversionM: Double?
        let electronsPer100K: Double?
        let electronsPer100M: Double?
        let electronsPer100N: Double?
        let pairsPer100: Double?
        let evaluation: String?
    }

    struct Line: Decodable {
        let label: String
        let energyKeV: Double
        let per100: Double
        let uncertaintyPer100: Double?
        let evaluation: String?
    }

    struct Metastable: Decodable {
        let name: String
        let levelKeV: Double
        let per100: Double
        let uncertaintyPer100: Double
    }

    let nuclide: String
    let source: String
    let date: String
    let atomicNumber: Int
    let massNumber: Int
    let daughterAtomicNumber: Int
    let evaluation: Named
    let otherEvaluations: [String: Named]?
    let halfLife: HalfLife
    let decayEnergyKeV: Value
    let crossCheck: CrossCheck?
    let bindingEnergies: Binding
    let notes: [String]
    let metastableDaughter: Metastable?
    let betas: [Beta]
    let captures: [Capture]
    let transitions: [Transition]
    let xRays: [Line]
    let augers: [Line]

    var bindingKeV: [AtomicShell: Double] {
        [
            .k: bindingEnergies.K, .l: bindingEnergies.L, .m: bindingEnergies.M,
            .n: bindingEnergies.N,
        ]
    }

    /// The evaluation of a row that names one, else that of the file.
    func evaluation(_ key: String?) throws -> Evaluation {
        guard let key else { return evaluation.evaluation }
        guard let named = otherEvaluations?[key] else {
            throw damaged("no evaluation '\(key)'")
        }
        return named.evaluation
    }

    func damaged(_ reason: String) -> PhysicsError {
        .malformedTable(name: "decay/\(nuclide)", reason: reason)
    }
}

extension DecayTable.HalfLife {
    /// Seconds in the unit of the row; `nil` for an unknown unit.
    var unitSeconds: Double? {
        switch unit {
        case "s": 1
        case "min": 60
        case "h": 3600
        case "d": 86400
        default: nil
        }
    }
}

extension Nuclide {
    /// The embedded file with this nuclide's decay data.
    var decayFile: [UInt8] {
        switch self {
        case .y90: PackageResources.Y_90_json
        case .ho166: PackageResources.Ho_166_json
        case .tc99m: PackageResources.Tc_99m_json
        case .lu177: PackageResources.Lu_177_json
        case .i131: PackageResources.I_131_json
        case .in111: PackageResources.In_111_json
        case .ga68: PackageResources.Ga_68_json
        case .i123: PackageResources.I_123_json
        case .re188: PackageResources.Re_188_json
        case .tb161: PackageResources.Tb_161_json
        }
    }
}
