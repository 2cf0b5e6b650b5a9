import Imaging
import Physics
import Quantities

extension PlanDocument.Profile {
    init(_ profile: ConventionProfile) {
        self.init(
            name: profile.name, nuclide: profile.nuclide.rawValue,
            doseConstantGyKgPerGBq: profile.doseConstantGyKgPerGBq,
            halfLifeHours: profile.halfLife.hours,
            tissueDensityGPerML: profile.tissueDensityGPerML,
            lungMassKg: profile.lungMass.kilograms, source: profile.source)
    }
}

extension PlanDocument.Registration {
    init(_ registration: AcceptedRegistration) {
        let shift = registration.transform.translationMM
        self.init(
            kind: registration.kind.rawValue,
            rotationRows: registration.transform.rotation.rowArrays,
            translationMM: [shift.x, shift.y, shift.z],
            rotationDegrees: registration.transform.angleDegrees,
            spreadMM: registration.spreadMM, acceptedBy: registration.acceptedBy)
    }
}

extension PlanDocument.Grid {
    init(_ grid: VolumeGeometry, density: String) {
        self.init(
            shape: [grid.shape.x, grid.shape.y, grid.shape.z],
            spacingMM: [grid.spacingMM.x, grid.spacingMM.y, grid.spacingMM.z],
            originMM: [grid.originMM.x, grid.originMM.y, grid.originMM.z], density: density)
    }
}
