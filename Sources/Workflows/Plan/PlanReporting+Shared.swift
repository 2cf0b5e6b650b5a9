import Dosimetry
import Imaging
import Storage

extension ReportPatient {
    init(_ patient: PatientIdentity) {
        self.init(
            name: patient.name, birthDate: Self.dashed(patient.birthDate),
            identifier: patient.patientID, issuer: patient.issuer, sex: patient.sex)
    }

    private static func dashed(_ date: String) -> String {
        guard date.count == 8, date.allSatisfy(\.isNumber) else { return date }
        let digits = Array(date)
        return "\(String(digits[0 ..< 4]))-\(String(digits[4 ..< 6]))-\(String(digits[6...]))"
    }
}

extension ReportConvention {
    init(_ profile: PlanDocument.Profile) {
        self.init(
            name: profile.name, nuclide: profile.nuclide,
            doseConstantGyKgPerGBq: profile.doseConstantGyKgPerGBq,
            halfLifeHours: profile.halfLifeHours,
            tissueDensityGPerML: profile.tissueDensityGPerML, lungMassKg: profile.lungMassKg,
            source: profile.source)
    }
}

extension ReportInput {
    /// What a computation read from the data folder, and how its images were brought together; who
    /// accepted that is called by the full name, where there is one.
    static func list(
        _ inputs: [PlanDocument.Input], _ registration: PlanDocument.Registration,
        fullNames: [String: String]
    ) -> [ReportInput] {
        let accepter = registration.acceptedBy.map { fullNames[$0] ?? $0 }
        return inputs.map {
            ReportInput(name: $0.role, value: $0.series, source: "data folder", digest: $0.digest)
        } + [
            ReportInput(
                name: "registration",
                value:
                    "\(registration.kind), turn \(Figures.fixed(registration.rotationDegrees, 2))°, spread \(Figures.fixed(registration.spreadMM, 2)) mm",
                source: accepter.map { "accepted by \($0)" } ?? "not accepted")
        ]
    }
}

extension ReportCurve {
    /// Cumulative histograms of what is treated and spared, one style each.
    ///
    /// - Throws: ``DoseError``.
    static func list(_ regions: PlanRegions, dose: DoseMap) throws -> [ReportCurve] {
        let shown: [PlanRegions.Role] = [.tumour, .normalLiver, .perfusedNormal, .territory]
        return try regions.regions.filter { shown.contains($0.role) }.enumerated().map {
            index, region in
            let curve = try DoseVolumeHistogram(
                dose: dose, region: region.dosed, name: region.name
            ).cumulative(binGy: 0.5, maximumPoints: 2000)
            return ReportCurve(
                name: region.name, dosesGy: curve.doseGy,
                volumeFractions: curve.volumePercent.map { $0 / 100 },
                style: .numbered(index))
        }
    }
}
