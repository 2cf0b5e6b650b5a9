import Foundation
import Quantities

/// Mean doses per activity in each territory's tissue, by Monte Carlo from the analytic shapes.
package struct TrueDoses: Codable, Sendable {
    package struct Mean: Codable, Sendable {
        package var structure: String
        /// Per GBq in the tissue of the territory, all decays.
        package var grayPerGBq: Double
        /// 1 sigma, statistical.
        package var relativeUncertainty: Double

        package init(structure: String, grayPerGBq: Double, relativeUncertainty: Double) {
            self.structure = structure
            self.grayPerGBq = grayPerGBq
            self.relativeUncertainty = relativeUncertainty
        }
    }

    package struct Source: Codable, Sendable {
        package var territory: String
        package var histories: Int
        /// What 1 GBq in the shapes became on the voxels.
        package var rasterisedActivityGBq: Double
        package var means: [Mean]

        package init(
            territory: String, histories: Int, rasterisedActivityGBq: Double, means: [Mean]
        ) {
            self.territory = territory
            self.histories = histories
            self.rasterisedActivityGBq = rasterisedActivityGBq
            self.means = means
        }
    }

    package var note: String
    package var nuclide: String
    package var halfLifeHours: Double
    package var decayData: String
    package var spacingMM: Double
    package var seed: UInt64
    package var sources: [Source]

    package init(
        note: String, nuclide: String, halfLifeHours: Double, decayData: String,
        spacingMM: Double, seed: UInt64, sources: [Source]
    ) {
        (self.note, self.nuclide, self.halfLifeHours) = (note, nuclide, halfLifeHours)
        (self.decayData, self.spacingMM) = (decayData, spacingMM)
        (self.seed, self.sources) = (seed, sources)
    }

    /// The table that the program carries.
    ///
    /// - Throws: `DecodingError` when it is damaged.
    package static var table: TrueDoses {
        get throws {
            try JSONDecoder().decode(
                TrueDoses.self, from: Data(PackageResources.true_doses_json))
        }
    }

    /// Returns the mean doses of an activity distribution, in Gy; lung activity gives nothing here.
    package func means(
        _ model: ActivityModel
    ) -> [(structure: String, gray: Double, relativeUncertainty: Double)] {
        let names = sources.first?.means.map(\.structure) ?? []
        return names.enumerated().map { index, name in
            var (dose, spread) = (0.0, 0.0)
            for source in sources {
                guard let territory = Anatomy.Territory(rawValue: source.territory) else {
                    continue
                }
                let part =
                    source.means[index].grayPerGBq * model.activity(in: territory).gigabecquerels
                dose += part
                spread += part * source.means[index].relativeUncertainty
            }
            return (name, dose, dose > 0 ? spread / dose : 0)
        }
    }
}
