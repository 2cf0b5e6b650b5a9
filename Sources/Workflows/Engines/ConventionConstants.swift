import Foundation
import Physics
import Quantities

/// The dose constants of the convention profiles of a nuclide beside the physical one.
///
/// Kernels and Monte Carlo follow the nuclide file and no convention, so whoever compares their dose
/// with another needs this factor.
package struct ConventionConstants: Hashable, Sendable, Encodable {
    package struct Profile: Hashable, Sendable, Encodable {
        package let name: String
        /// C, in Gy kg/GBq.
        package let doseConstantGyKgPerGBq: Double
        /// C_profile / C_physical.
        package let overPhysical: Double
    }

    /// The energy of all electrons of one GBq that decays to its end, in J, so Gy kg/GBq.
    package let physicalGyKgPerGBq: Double
    /// Where the physical constant comes from.
    package let source: String
    package let profiles: [Profile]

    /// - Throws: `PhysicsError` when a built-in table is damaged.
    init(_ decay: DecayData) throws {
        let physical = try ConventionProfile(physical: decay)
        let constant = physical.doseConstantGyKgPerGBq
        physicalGyKgPerGBq = constant
        source = decay.source
        profiles = try ConventionProfile.all.filter { $0.nuclide == decay.nuclide }.map {
            Profile(
                name: $0.name, doseConstantGyKgPerGBq: $0.doseConstantGyKgPerGBq,
                overPhysical: $0.doseConstantGyKgPerGBq / constant)
        }
    }

    /// One sentence for a person.
    package var sentence: String {
        let physical =
            "C_physical is \(Figures.fixed(physicalGyKgPerGBq, 2)) Gy kg/GBq of "
            + "electrons (\(source))"
        guard !profiles.isEmpty else {
            return physical + "; no convention profile is of this nuclide."
        }
        let ratios = profiles.map {
            "\($0.name) \(Figures.fixed($0.overPhysical, 4)) "
                + "(C = \(Figures.fixed($0.doseConstantGyKgPerGBq, 2)))"
        }
        return physical + "; C_profile/C_physical: " + ratios.joined(separator: ", ") + "."
    }
}
