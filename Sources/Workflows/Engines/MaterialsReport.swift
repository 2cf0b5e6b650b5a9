import Foundation
import Physics

/// The media that the dose engines know, as `grevy materials` lists them.
package struct MaterialsReport: Hashable, Sendable, Encodable {
    package struct Row: Hashable, Sendable, Encodable {
        /// The number that stands for the medium in a medium map.
        package let index: Int
        package let name: String
        package let title: String
        /// The density that the density effect of stopping powers holds for.
        package let densityGPerML: Double
        package let meanExcitationEnergyEV: Double
        package let source: String
    }

    package let materials: [Row]

    /// Collects them.
    ///
    /// - Throws: `PhysicsError` when the built-in table is damaged.
    package init() throws {
        materials = try Medium.all.map {
            Row(
                index: Int($0.index), name: $0.name, title: $0.title,
                densityGPerML: $0.referenceDensityGramsPerML,
                meanExcitationEnergyEV: $0.meanExcitationEnergyEV, source: $0.source)
        }
    }

    /// The list for a person.
    package var text: String {
        let header = "index  name             g/mL      I in eV  source"
        return
            ([header]
            + materials.map {
                String(format: "%5d  ", $0.index)
                    + $0.name.padding(toLength: 15, withPad: " ", startingAt: 0)
                    + String(format: "%8.4g  %10.2f  ", $0.densityGPerML, $0.meanExcitationEnergyEV)
                    + $0.source
            }).joined(separator: "\n")
    }
}
