/// A plan document as it is kept, with one territory and invented numbers.
package enum PlanJSON {
    /// - Parameters:
    ///   - activityGBq: Injected into the one territory, `right`.
    ///   - warning: Sentence of a finding that must be read; `nil` for a plan without findings.
    /// - Returns: The bytes.
    package static func bytes(activityGBq: Double = 2.5, warning: String? = nil) -> [UInt8] {
        let findings =
            warning.map {
                #"{"code": "test", "severity": "warning", "sentence": "\#($0)"}"#
            } ?? ""
        return Array(
            """
            {"schema": "grevy-plan/1", "name": "right lobe", "device": "glass",
             "tumourEntity": "NET", "method": "voxel", "residualFraction": 0.01,
             "software": {"program": "Grevy", "version": "0.1.0", "engine": "local-deposition/1"},
             "profile": {"name": "eanm2022", "nuclide": "Y-90", "doseConstantGyKgPerGBq": 49.67,
               "halfLifeHours": 64.2, "tissueDensityGPerML": 1.06, "lungMassKg": 1,
               "source": "test"},
             "inputs": [], "findings": [\(findings)], "structures": [], "limits": [],
             "registration": {"kind": "identity", "rotationRows": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
               "translationMM": [0, 0, 0], "rotationDegrees": 0},
             "doseGrid": {"shape": [2, 2, 2], "spacingMM": [3, 3, 3], "originMM": [0, 0, 0],
               "density": "fixed"},
             "lungShunt": {"used": "typed", "usedFraction": 0.05, "lungMassKg": 1,
               "lungMassSource": "profile"},
             "territories": [{"name": "right", "structure": "Territory right", "volumeML": 900,
               "lungShuntFraction": 0.05, "aim": "test", "wishedInjectedActivityGBq": 2.5,
               "injectedActivityGBq": \(activityGBq), "vialActivityGBq": \(activityGBq / 0.99),
               "shareOfImageInTerritory": 0.9}],
             "totalInjectedActivityGBq": \(activityGBq),
             "totalVialActivityGBq": \(activityGBq / 0.99), "lungDoseGy": 6,
             "earlierLungDoseGy": 0, "profileComparison": [], "dosePerVoxelDigest": "",
             "order": {"treatmentTime": "2026-03-10T10:00:00+00:00", "options": [
               {"territory": "right", "neededActivityGBq": 2.6, "vialGBq": 7,
                "calibrationTime": "2026-03-06T12:00:00+00:00", "hoursAfterCalibration": 94,
                "activityAtTreatmentGBq": 2.537, "offTargetFraction": 0, "belowNeed": false}]}}
            """.utf8)
    }
}
