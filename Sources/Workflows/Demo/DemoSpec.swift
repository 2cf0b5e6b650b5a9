import Phantom

/// The plan file of the demonstration.
enum DemoSpec {
    /// Territories and their normal liver are called by the plan's names.
    static func planName(_ structure: String) -> String {
        switch structure {
        case "Territory right": "right"
        case "Territory left": "left"
        case "Normal liver of territory right": "Normal right"
        case "Normal liver of territory left": "Normal left"
        default: structure
        }
    }

    /// Two territories of glass, aims per territory, limits of a local protocol.
    static func plan(_ truth: PhantomTruth, gridSpacingMM: Int = 3) -> String {
        let planar = truth.workUp.planar
        func box(_ region: PlanarViews.Region) -> String {
            "{rows: [\(region.rowLower), \(region.rowUpper - 1)], "
                + "columns: [\(region.columnLower), \(region.columnUpper - 1)]}"
        }
        let tumours = truth.tumours.map(\.name).joined(separator: ", ")
        return """
            # Made by `grevy demo`; every key is explained in Docs/Plan-file.md.
            name: Two lobes, glass
            device: glass
            profile: eanm2022
            tumourEntity: NET
            evidence: {basis: "synthetic case; limits of an invented local protocol", recordedBy: demo}
            images:
              planning: CT portal venous, simulated
              activity: MAA SPECT no AC, simulated
              activityCT: CT low dose SPECT, simulated
              planar: MAA planar ant/post, simulated
            registration: {kind: rigid-ct, acceptedBy: demo}
            structures:
              from: Structures from shapes, simulated
              liver: Liver
              lungs: Lungs
              tumours: [\(tumours)]
              others: [Gallbladder, Stomach]
            territories:
              - {name: right, structure: Territory right, aim: {structure: Tumour 5, meanDoseGy: 250}}
              - {name: left, structure: Territory left, aim: {structure: Tumour 4, meanDoseGy: 250}}
            method: voxel
            lungShunt:
              use: spect
              planarRegions:
                anteriorFrame: 1
                posteriorFrame: 2
                lungs: [\(box(planar.lungRegion))]
                liver: [\(box(planar.liverRegion))]
            residualFraction: 0.01
            dose: {gridSpacingMM: \(gridSpacingMM), density: fixed}
            limits:
              - {structure: Normal Liver, meanDoseGy: 70, source: invented local protocol}
            order: {treatmentTime: "2026-01-19T12:00:00+00:00",
              workingHours: {first: 8, last: 17, weekdays: [Mon, Tue, Wed, Thu, Fri]}}
            patient: {ecog: 1, bilirubinUmolPerL: 9, lifeExpectancyWeeks: 100, ascites: false,
              clinicalLiverFailure: false, liverDominant: true, priorLiverDirectedTherapy: false,
              daysSinceChemotherapy: 400, priorPRRT: true, cirrhosis: false}
            compareProfiles: [mppg14a, ifu-glass]

            """
    }

    /// What was given, and the PET that shows it; the names are those of the plan.
    static func delivery(_ truth: PhantomTruth, planID: String) -> String {
        let territories = truth.treatment.injections.map {
            "  - {name: \($0.territory.hasSuffix("right") ? "right" : "left"), "
                + "injectedActivityGBq: \($0.deliveredInjectedActivityGBq)}"
        }
        return """
            # Made by `grevy demo`; every key is explained in Docs/Delivered.md.
            plan: \(planID)
            image: Y-90 PET, simulated
            imageCT: CT low dose PET, simulated
            registration: {kind: rigid-ct, acceptedBy: demo}
            territories:
            \(territories.joined(separator: "\n"))

            """
    }
}
