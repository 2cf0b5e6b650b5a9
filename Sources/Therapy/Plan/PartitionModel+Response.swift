public import Physics
public import Quantities

extension StructureResponse {
    /// The lungs, with each territory's own shunt: C · L_k / M_lung.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public static func lungs(
        name: String = "lungs", shunts: [Double], mass: Mass, profile: ConventionProfile
    ) throws -> StructureResponse {
        StructureResponse(
            name: name, role: .lungs, mass: mass,
            graysPerGBq: try shunts.map {
                profile.doseConstantGyKgPerGBq * (try Checked.fraction($0, "lungShuntFraction"))
                    / mass.kilograms
            })
    }
}

extension PartitionModel {
    /// Gy per GBq injected of normal liver in the territory.
    public var normalGraysPerGBq: Double {
        profile.doseConstantGyKgPerGBq * (1 - lungShuntFraction) / equivalentNormalMass.kilograms
    }

    /// Gy per GBq injected of each tumour.
    public var tumourGraysPerGBq: [Double] {
        tumours.map { $0.tumourToNormalRatio * normalGraysPerGBq }
    }
}

extension SingleCompartment {
    /// Gy per GBq injected of the perfused volume.
    public var graysPerGBq: Double {
        profile.doseConstantGyKgPerGBq * (1 - lungShuntFraction) / perfusedMass.kilograms
    }
}

/// Several territories treated in one session, each with its own shunt and volumes.
public struct MultiTerritoryPlan: Hashable, Sendable {
    /// One territory by the partition model, with the names of its tumours.
    public struct Territory: Hashable, Sendable {
        public let name: String
        public let model: PartitionModel
        public let tumourNames: [String]

        /// - Throws: ``TherapyError/inconsistent(reason:)`` without one name per tumour.
        public init(name: String, model: PartitionModel, tumourNames: [String]) throws {
            guard tumourNames.count == model.tumours.count else {
                throw TherapyError.inconsistent(
                    reason: "Territory '\(name)' has \(tumourNames.count) names for "
                        + "\(model.tumours.count) tumours.")
            }
            self.name = name
            self.model = model
            self.tumourNames = tumourNames
        }
    }

    /// Territories must not overlap: tissue fed by two arteries is split or left to voxel dose.
    public let territories: [Territory]
    public let profile: ConventionProfile

    /// - Throws: ``TherapyError/inconsistent(reason:)`` when territories use other constants.
    public init(territories: [Territory]) throws {
        guard let profile = territories.first?.model.profile,
            territories.allSatisfy({ $0.model.profile == profile })
        else {
            throw TherapyError.inconsistent(
                reason: "A plan needs territories that all use one convention profile.")
        }
        self.territories = territories
        self.profile = profile
    }

    /// Returns the linear model of all tumours, normal tissue per territory, whole normal liver
    /// and lungs.
    ///
    /// - Throws: ``TherapyError/inconsistent(reason:)`` when the territories do not fit into the
    ///   liver or share a tumour's name.
    public func model(liver: LiverVolumes?, lungMass: Mass) throws -> LinearDoseModel {
        var responses: [StructureResponse] = []
        for (index, territory) in territories.enumerated() {
            let model = territory.model
            for (n, name) in territory.tumourNames.enumerated() {
                responses.append(
                    StructureResponse(
                        name: name, role: .tumour,
                        mass: profile.tissueMass(volumeML: model.tumours[n].volumeML),
                        graysPerGBq: only(index, model.tumourGraysPerGBq[n])))
            }
            responses.append(
                StructureResponse(
                    name: "normal liver in \(territory.name)", role: .normalPerfused,
                    mass: model.normalMass, graysPerGBq: only(index, model.normalGraysPerGBq)))
        }
        if let liver { responses.append(try wholeLiver(liver)) }
        responses.append(
            try .lungs(
                shunts: territories.map(\.model.lungShuntFraction), mass: lungMass,
                profile: profile))
        return try LinearDoseModel(territories: territories.map(\.name), responses: responses)
    }

    private func only(_ index: Int, _ value: Double) -> [Double] {
        territories.indices.map { $0 == index ? value : 0 }
    }

    /// All liver without tumour; what no territory feeds gets no dose.
    private func wholeLiver(_ liver: LiverVolumes) throws -> StructureResponse {
        let tumourML = territories.reduce(liver.otherTumourVolumeML) {
            $0 + $1.model.tumourVolumeML
        }
        let normalML = territories.reduce(0) { $0 + $1.model.normalVolumeML }
        guard Checked.fits(tumourML + normalML, into: liver.liverVolumeML) else {
            throw TherapyError.inconsistent(
                reason: "The territories hold \(tumourML + normalML) mL with all tumour, more "
                    + "than the liver's \(liver.liverVolumeML) mL.")
        }
        let mass = profile.tissueMass(volumeML: max(liver.liverVolumeML - tumourML, normalML))
        return StructureResponse(
            name: "normal whole liver", role: .normalWholeLiver, mass: mass,
            graysPerGBq: territories.map {
                $0.model.normalGraysPerGBq * ($0.model.normalMass / mass)
            })
    }
}
