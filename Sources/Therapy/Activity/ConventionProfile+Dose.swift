public import Physics
public import Quantities

#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

extension ConventionProfile {
    /// Returns the mean dose of a permanent implant, D = C · A / M.
    public func meanDose(of activity: Activity, in mass: Mass) -> AbsorbedDose {
        AbsorbedDose(grays: doseConstantGyKgPerGBq * activity.gigabecquerels / mass.kilograms)
    }

    /// Returns the activity whose decays give `mass` the mean dose, A = D · M / C.
    public func activity(for dose: AbsorbedDose, in mass: Mass) -> Activity {
        Activity(gigabecquerels: dose.grays * mass.kilograms / doseConstantGyKgPerGBq)
    }

    /// Returns the mass of soft tissue of that volume at the profile's density.
    public func tissueMass(volumeML: Double) -> Mass {
        Mass(volumeML: volumeML, gramsPerML: tissueDensityGPerML)
    }

    /// Returns the dose of one voxel from the concentration an image shows at some hour.
    ///
    /// D = C · c · 2^(t/T) / ρ, with c in GBq/mL and ρ in kg/mL: the factors 1000 cancel.
    ///
    /// Edge cases: a negative concentration (PET noise) gives a negative dose.
    ///
    /// - Parameters:
    ///   - concentrationMBqPerML: As present in the tissue then, not decay-corrected.
    ///   - elapsed: From administration to the image's reference time, not negative.
    /// - Returns: The dose after all decays.
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``,
    ///   ``TherapyError/notFinite(result:)``.
    ///
    /// Source: MIRD Pamphlet No. 17 local deposition; permanent trapping as in the EANM SOP 2021.
    public func localDose(
        concentrationMBqPerML: Double, after elapsed: TimeSpan
    ) throws
        -> AbsorbedDose
    {
        guard concentrationMBqPerML.isFinite else {
            throw TherapyError.outOfRange(
                key: "concentrationMBqPerML", value: concentrationMBqPerML, allowed: "a number")
        }
        _ = try Checked.notNegative(elapsed.hours, "hoursAfterAdministration")
        let atAdministration = concentrationMBqPerML * exp2(elapsed / halfLife)
        let doseGy = doseConstantGyKgPerGBq * atAdministration / tissueDensityGPerML
        return AbsorbedDose(grays: try Checked.finiteResult(doseGy, "doseGy"))
    }
}
