package import Quantities

/// Where activity sits: in each territory, in the lungs, and outside both.
package struct ActivityModel: Sendable {
    /// In the liver tissue of each territory, tumours included.
    package let right: Activity
    package let left: Activity
    package let lungs: Activity
    /// In the stomach; zero unless asked for.
    package let stomach: Activity

    package init(right: Activity, left: Activity, lungs: Activity, stomach: Activity = .zero) {
        self.right = right
        self.left = left
        self.lungs = lungs
        self.stomach = stomach
    }

    package var total: Activity { right + left + lungs + stomach }
    package var liver: Activity { right + left }

    /// The share of all activity that sits in the lungs.
    package var lungShuntFraction: Double { lungs / total }

    package func activity(in territory: Anatomy.Territory) -> Activity {
        territory == .right ? right : left
    }

    /// Activity per millilitre of normal liver of a territory.
    ///
    /// A / (V_N + Σ TN_i V_i): tissue has one density, so ratios per mass are ratios per volume.
    package func normalBecquerelsPerML(_ territory: Anatomy.Territory) -> Double {
        activity(in: territory).becquerels / Self.weightedVolumeML(territory)
    }

    /// Activity per millilitre of a tumour.
    package func becquerelsPerML(_ tumour: Anatomy.Tumour) -> Double {
        tumour.tumourToNormalRatio * normalBecquerelsPerML(tumour.territory)
    }

    package func activity(in tumour: Anatomy.Tumour) -> Activity {
        Activity(becquerels: becquerelsPerML(tumour) * tumour.volumeML)
    }

    /// Volume of normal liver plus tumour volumes weighted with their ratios.
    static func weightedVolumeML(_ territory: Anatomy.Territory) -> Double {
        Anatomy.tumours.filter { $0.territory == territory }.reduce(
            Volumes.territoryML(territory)
        ) { $0 + ($1.tumourToNormalRatio - 1) * $1.volumeML }
    }

    /// Shapes with what each adds to the concentration below it, in Bq/mL.
    package var increments: [(shape: ConvexShape, weight: Double)] {
        var list: [(shape: ConvexShape, weight: Double)] = Anatomy.Territory.allCases.map {
            (Anatomy.territory($0), normalBecquerelsPerML($0))
        }
        for tumour in Anatomy.tumours {
            list.append(
                (tumour.shape, becquerelsPerML(tumour) - normalBecquerelsPerML(tumour.territory)))
        }
        for lung in Anatomy.lungs { list.append((lung, lungs.becquerels / Volumes.lungsML)) }
        if stomach > .zero {
            list.append((Anatomy.stomach, stomach.becquerels / Volumes.stomachML))
        }
        return list
    }
}

/// Volumes in closed form, in millilitres.
package enum Volumes {
    package static func territoryML(_ which: Anatomy.Territory) -> Double {
        Anatomy.territory(which).volumeML ?? 0
    }

    package static var liverML: Double { Anatomy.liver.volumeML ?? 0 }
    package static var lungsML: Double {
        Anatomy.lungs.reduce(0) { $0 + ($1.volumeML ?? 0) }
    }
    package static var gallbladderML: Double { Anatomy.gallbladder.volumeML ?? 0 }
    package static var stomachML: Double { Anatomy.stomach.volumeML ?? 0 }

    /// Normal liver of a territory: the territory without its tumours.
    package static func normalML(_ which: Anatomy.Territory) -> Double {
        Anatomy.tumours.filter { $0.territory == which }.reduce(territoryML(which)) {
            $0 - $1.volumeML
        }
    }
}
