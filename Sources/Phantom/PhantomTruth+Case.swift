import Imaging
import Physics
import Quantities

extension PhantomTruth {
    /// Computes the truth of a case from closed forms.
    ///
    /// - Throws: `PhysicsError` when the profile table is damaged.
    package init(
        _ phantom: PhantomCase, options: PhantomOptions, planarShunt: Double
    ) throws {
        let profile = try ConventionProfile.named(Scenario.profileName)
        format = "grevy-phantom-truth-1"
        note =
            "Synthetic: no patient has ever existed like this. Shapes are ellipsoids and tubes;"
            + " volumes and doses are closed forms."
        phantomCase = phantom.rawValue
        seed = options.seed
        isHalfSize = options.isHalfSize
        structures = Self.structureList
        tumours = Anatomy.tumours.map(Self.tumour)
        diagnosticCTToSpectCT = Self.transform(Scenario.toSpect, Scenario.spectEulerDegrees)
        diagnosticCTToPetCT = Self.transform(Scenario.toPet, Scenario.petEulerDegrees)
        workUp = try Self.workUp(options, planarShunt)
        treatment = Self.treatment(profile)
        localDepositionDoses = Self.doses(profile)
        transportedDoses = Self.transported(try TrueDoses.table)
    }

    private static var structureList: [Structure] {
        func structure(_ name: String, _ volume: Double, _ density: Double) -> Structure {
            Structure(
                name: name, volumeML: volume, densityGPerML: density, massG: volume * density)
        }
        let tissue = Scenario.tissueGramsPerML
        var list = [structure("Liver", Volumes.liverML, tissue)]
        for territory in Anatomy.Territory.allCases {
            list.append(structure(territory.rawValue, Volumes.territoryML(territory), tissue))
        }
        list += Anatomy.tumours.map { structure($0.name, $0.volumeML, tissue) }
        list.append(structure("Lungs", Volumes.lungsML, Scenario.lungGramsPerML))
        list.append(structure("Gallbladder", Volumes.gallbladderML, tissue))
        list.append(structure("Stomach", Volumes.stomachML, tissue))
        return list
    }

    private static func tumour(_ tumour: Anatomy.Tumour) -> Tumour {
        let c = tumour.centreMM
        return Tumour(
            name: tumour.name, territory: tumour.territory.rawValue,
            diameterMM: tumour.diameterMM, centreMM: [c.x, c.y, c.z], volumeML: tumour.volumeML,
            massG: tumour.volumeML * Scenario.tissueGramsPerML,
            tumourToNormalRatio: tumour.tumourToNormalRatio)
    }

    private static func transform(
        _ transform: RigidTransform, _ euler: Vector3<Double>
    ) -> Transform {
        let rows = transform.rotation.rows
        let t = transform.translationMM
        return Transform(
            rotationRows: [rows.x, rows.y, rows.z].map { [$0.x, $0.y, $0.z] },
            translationMM: [t.x, t.y, t.z], eulerDegreesXYZ: [euler.x, euler.y, euler.z],
            rotationAngleDegrees: Trigonometry.angleDegrees(transform.rotation))
    }

    private static func workUp(
        _ options: PhantomOptions, _ planarShunt: Double
    ) throws -> WorkUp {
        let model = Scenario.maa(extrahepaticFraction: options.extrahepaticFraction)
        let grid = try Grids.planar(options)
        return WorkUp(
            nuclide: Nuclide.tc99m.rawValue, halfLifeHours: Scenario.technetiumHalfLife.hours,
            administeredMBq: Scenario.maaAdministered.megabecquerels,
            hoursAfterAdministration: Scenario.maaDelay.hours, compartments: compartments(model),
            lungShuntFraction: model.lungShuntFraction,
            extrahepaticFraction: options.extrahepaticFraction,
            spectBlurFWHMMM: Scenario.spectBlurMM, spectCountsPerMBq: Scenario.spectCountsPerMBq,
            spectCutsTheLungs: options.hasTruncatedLungs,
            planar: Planar(
                blurFWHMMM: Scenario.planarBlurMM,
                attenuationPerMM: Scenario.planarAttenuationPerMM,
                slabThicknessMM: Scenario.planarSlabMM, lungRegion: PlanarViews.lungRegion(grid),
                liverRegion: PlanarViews.liverRegion(grid),
                expectedGeometricMeanLungShuntFraction: planarShunt))
    }

    private static func compartments(_ model: ActivityModel) -> [Compartment] {
        var list: [Compartment] = []
        for territory in Anatomy.Territory.allCases {
            list.append(
                Compartment(
                    name: territory.rawValue,
                    activityMBq: model.activity(in: territory).megabecquerels))
            let normal = model.normalBecquerelsPerML(territory) / 1e6
            list.append(
                Compartment(
                    name: "Normal liver of \(territory.rawValue.lowercased())",
                    activityMBq: normal * Volumes.normalML(territory),
                    concentrationMBqPerML: normal))
        }
        for tumour in Anatomy.tumours {
            list.append(
                Compartment(
                    name: tumour.name, activityMBq: model.activity(in: tumour).megabecquerels,
                    concentrationMBqPerML: model.becquerelsPerML(tumour) / 1e6))
        }
        list.append(
            Compartment(
                name: "Lungs", activityMBq: model.lungs.megabecquerels,
                concentrationMBqPerML: model.lungs.megabecquerels / Volumes.lungsML))
        list.append(
            Compartment(
                name: "Stomach", activityMBq: model.stomach.megabecquerels,
                concentrationMBqPerML: model.stomach.megabecquerels / Volumes.stomachML))
        return list
    }

    private static func treatment(_ profile: ConventionProfile) -> Treatment {
        let atPet = Scenario.delivered.total.decayed(
            over: Scenario.petDelay, halfLife: profile.halfLife)
        return Treatment(
            nuclide: Nuclide.y90.rawValue,
            administrationDateTime: Calendar.yttriumDate + Calendar.yttriumTime,
            injections: Scenario.injections.map {
                Injection(
                    territory: $0.territory.rawValue, vialActivityGBq: $0.vial.gigabecquerels,
                    plannedResidualFraction: $0.plannedResidualFraction,
                    plannedInjectedActivityGBq: $0.planned.gigabecquerels,
                    deliveredResidualFraction: $0.deliveredResidualFraction,
                    deliveredInjectedActivityGBq: $0.delivered.gigabecquerels,
                    deliveredStrayFraction: $0.strayFraction)
            },
            plannedCompartments: compartments(Scenario.planned),
            deliveredCompartments: compartments(Scenario.delivered),
            petHoursAfterAdministration: Scenario.petDelay.hours,
            petTotalActivityMBq: atPet.megabecquerels, petBlurFWHMMM: Scenario.petBlurMM)
    }
}

// MARK: - Doses

extension PhantomTruth {
    private static func transported(_ table: TrueDoses) -> TransportedDoses {
        TransportedDoses(
            note: table.note, decayData: table.decayData,
            histories: table.sources.reduce(0) { $0 + $1.histories },
            means: zip(table.means(Scenario.planned), table.means(Scenario.delivered)).map {
                TransportedDoses.Mean(
                    structure: $0.structure, plannedMeanDoseGy: $0.gray,
                    deliveredMeanDoseGy: $1.gray,
                    relativeUncertainty: $0.relativeUncertainty)
            })
    }
}

extension PhantomTruth {
    /// D = C · A / M for each structure, with the profile's constant.
    private static func doses(_ profile: ConventionProfile) -> Doses {
        let c = profile.doseConstantGyKgPerGBq
        let (planned, delivered) = (Scenario.planned, Scenario.delivered)
        func dose(
            _ name: String, massG: Double, _ activity: (ActivityModel) -> Activity
        ) -> Dose {
            let perGBq = c / (massG / 1000)
            return Dose(
                structure: name, massG: massG,
                plannedMeanDoseGy: perGBq * activity(planned).gigabecquerels,
                deliveredMeanDoseGy: perGBq * activity(delivered).gigabecquerels)
        }
        let density = profile.tissueDensityGPerML
        var means = [dose("Liver", massG: Volumes.liverML * density) { $0.liver }]
        for territory in Anatomy.Territory.allCases {
            means.append(
                dose(territory.rawValue, massG: Volumes.territoryML(territory) * density) {
                    $0.activity(in: territory)
                })
            let normalML = Volumes.normalML(territory)
            means.append(
                dose(
                    "Normal liver of \(territory.rawValue.lowercased())",
                    massG: normalML * density
                ) { Activity(becquerels: $0.normalBecquerelsPerML(territory) * normalML) })
        }
        for tumour in Anatomy.tumours {
            means.append(
                dose(tumour.name, massG: tumour.volumeML * density) { $0.activity(in: tumour) })
        }
        means.append(
            dose("Lungs", massG: Volumes.lungsML * Scenario.lungGramsPerML) { $0.lungs })
        means.append(dose("Gallbladder", massG: Volumes.gallbladderML * density) { _ in .zero })
        means.append(dose("Stomach", massG: Volumes.stomachML * density) { $0.stomach })
        let perLung = c / profile.lungMass.kilograms
        return Doses(
            label: "compartment truth without blur", profile: profile.name,
            doseConstantGyKgPerGBq: c, halfLifeHours: profile.halfLife.hours,
            tissueDensityGPerML: density, means: means,
            conventionalLungMassKg: profile.lungMass.kilograms,
            plannedLungDoseGyConventionalMass: perLung * planned.lungs.gigabecquerels,
            deliveredLungDoseGyConventionalMass: perLung * delivered.lungs.gigabecquerels)
    }
}
