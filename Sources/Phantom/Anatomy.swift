package import Imaging

/// The organs of the synthetic NET patient, in the frame of the diagnostic CT.
///
/// Nobody looks like this: organs are ellipsoids and tubes, chosen so that volumes are those of
/// an adult with a liver enlarged by metastases and so that every volume has a closed form.
package struct Anatomy: Sendable {
    /// One metastasis.
    package struct Tumour: Sendable {
        package let name: String
        package let diameterMM: Double
        package let centreMM: Vector3<Double>
        package let territory: Territory
        /// Activity per mass against normal liver of the same territory.
        package let tumourToNormalRatio: Double

        package var shape: ConvexShape {
            .sphere(centreMM: centreMM, diameterMM: diameterMM)
        }

        package var volumeML: Double {
            Double.pi / 6 * diameterMM * diameterMM * diameterMM / 1000
        }
    }

    /// What one artery feeds.
    package enum Territory: String, Sendable, CaseIterable {
        case right = "Territory right"
        case left = "Territory left"
    }

    /// A shape with its CT number; later layers cover earlier ones.
    package struct Layer: Sendable {
        package let shape: ConvexShape
        package let hounsfieldUnits: Float
    }

    package static let liverCentreMM: Vector3<Double> = [-60, -20, -62]
    package static let liverSemiAxesMM: Vector3<Double> = [95, 70, 68]

    package static let liverBase = ConvexShape.Base.ellipsoid(
        centreMM: liverCentreMM, semiAxesMM: liverSemiAxesMM)

    /// The plane between the territories; its inner side is the right one.
    package static let watershed = ConvexShape.HalfSpace(
        normal: [0.952_627_944_162_882, -0.25, 0.173_205_080_756_888], offsetMM: -36)

    package static let liver = ConvexShape(liverBase)
    package static let gallbladder = ellipsoid([-40, -72, -142], [14, 18, 28])
    package static let stomach = ellipsoid([85, -20, -70], [42, 40, 60])
    package static let lungs = [
        ConvexShape(
            .ellipsoid(centreMM: [-78, 0, 12.5], semiAxesMM: [62, 85, 165]), cuts: [diaphragm]),
        ConvexShape(
            .ellipsoid(centreMM: [76, 0, 12.5], semiAxesMM: [56, 85, 165]), cuts: [diaphragm]),
    ]

    /// Five metastases of 8 to 60 mm; each lies whole inside its territory.
    package static let tumours = [
        Tumour(
            name: "Tumour 1", diameterMM: 8, centreMM: [6, 5, -75], territory: .left,
            tumourToNormalRatio: 3),
        Tumour(
            name: "Tumour 2", diameterMM: 15, centreMM: [-70, 20, -95], territory: .right,
            tumourToNormalRatio: 8),
        Tumour(
            name: "Tumour 3", diameterMM: 25, centreMM: [-80, -55, -50], territory: .right,
            tumourToNormalRatio: 5),
        Tumour(
            name: "Tumour 4", diameterMM: 40, centreMM: [-5, -30, -58], territory: .left,
            tumourToNormalRatio: 6),
        Tumour(
            name: "Tumour 5", diameterMM: 60, centreMM: [-105, -8, -62], territory: .right,
            tumourToNormalRatio: 4),
    ]

    package static func territory(_ which: Territory) -> ConvexShape {
        ConvexShape(liverBase, cuts: [which == .right ? watershed : watershed.opposite])
    }

    /// The lungs' flat base, at 12.5 mm: an edge between slices of both CT sizes, so that contours
    /// and masks do not gain or lose half a slice there.
    private static let diaphragm = ConvexShape.HalfSpace(normal: [0, 0, -1], offsetMM: -12.5)

    private static func ellipsoid(
        _ centre: Vector3<Double>, _ semi: Vector3<Double>
    ) -> ConvexShape {
        ConvexShape(.ellipsoid(centreMM: centre, semiAxesMM: semi))
    }

    private static func tube(
        _ centre: Vector3<Double>, _ semi: Vector3<Double>, z: ClosedRange<Double>? = nil
    ) -> ConvexShape {
        let cuts = z.map {
            [
                ConvexShape.HalfSpace(normal: [0, 0, 1], offsetMM: $0.upperBound),
                ConvexShape.HalfSpace(normal: [0, 0, -1], offsetMM: -$0.lowerBound),
            ]
        }
        return ConvexShape(.tube(centreMM: centre, semiAxesMM: semi), cuts: cuts ?? [])
    }
}

// MARK: - CT numbers

extension Anatomy {
    /// CT numbers: portal-venous liver, air-filled lung of 0.27 g/mL, bone, water-like rest.
    private enum Hounsfield {
        static let fat: Float = -100
        static let muscle: Float = 45
        static let bone: Float = 350
        static let disc: Float = 80
        static let lung: Float = -730
        static let liver: Float = 65
        static let tumour: Float = 40
        static let vessel: Float = 150
        static let gallbladder: Float = 8
        static let stomach: Float = 25
        static let spleen: Float = 75
        static let kidney: Float = 110
    }

    /// Half-widths of the trunk, an endless tube, in millimetres.
    private static let trunkMM: Vector3<Double> = [185, 128, 1]

    /// All layers from the skin inwards.
    package static let layers: [Layer] =
        trunk + spine
        + [
            Layer(shape: tube([14, 40, 0], [10, 10, 1]), hounsfieldUnits: Hounsfield.vessel),
            Layer(shape: lungs[0], hounsfieldUnits: Hounsfield.lung),
            Layer(shape: lungs[1], hounsfieldUnits: Hounsfield.lung),
            Layer(
                shape: ellipsoid([100, 48, -50], [28, 28, 50]), hounsfieldUnits: Hounsfield.spleen),
            Layer(
                shape: ellipsoid([-55, 78, -125], [27, 22, 52]),
                hounsfieldUnits: Hounsfield.kidney),
            Layer(
                shape: ellipsoid([52, 76, -125], [27, 22, 52]), hounsfieldUnits: Hounsfield.kidney),
            Layer(shape: stomach, hounsfieldUnits: Hounsfield.stomach),
            Layer(shape: gallbladder, hounsfieldUnits: Hounsfield.gallbladder),
            Layer(shape: liver, hounsfieldUnits: Hounsfield.liver),
            // The main portal vein counts as liver tissue in every volume and activity.
            Layer(
                shape: ellipsoid([-42, -5, -75], [22, 6, 6]), hounsfieldUnits: Hounsfield.vessel),
        ]
        + tumours.map { Layer(shape: $0.shape, hounsfieldUnits: Hounsfield.tumour) }

    /// Skin and fat, the wall, and ribs as tilted slabs of a shell of the wall.
    private static var trunk: [Layer] {
        func shell(_ scale: Double, cuts: [ConvexShape.HalfSpace] = []) -> ConvexShape {
            ConvexShape(
                .tube(centreMM: .zero, semiAxesMM: scale * trunkMM), cuts: cuts)
        }
        var layers = [
            Layer(shape: shell(1), hounsfieldUnits: Hounsfield.fat),
            Layer(shape: shell(0.95), hounsfieldUnits: Hounsfield.muscle),
        ]
        // Ribs fall forwards by 20°: y points to the back.
        let (sine, cosine) = (0.342_020_143_325_669, 0.939_692_620_785_908)
        for n in 0 ..< 9 {
            let middle = -60 + 28 * Double(n)
            let slab = [
                ConvexShape.HalfSpace(normal: [0, -sine, cosine], offsetMM: middle + 6),
                ConvexShape.HalfSpace(normal: [0, sine, -cosine], offsetMM: -(middle - 6)),
            ]
            layers.append(
                Layer(shape: shell(0.935, cuts: slab), hounsfieldUnits: Hounsfield.bone))
            layers.append(
                Layer(shape: shell(0.905, cuts: slab), hounsfieldUnits: Hounsfield.muscle))
        }
        return layers
    }

    /// Vertebrae of 24 mm with discs of 6 mm between them.
    private static var spine: [Layer] {
        let discs = Layer(shape: tube([0, 75, 0], [20, 18, 1]), hounsfieldUnits: Hounsfield.disc)
        let vertebrae = (-9 ... 9).map { n in
            let bottom = 30 * Double(n)
            return Layer(
                shape: tube([0, 75, 0], [22, 20, 1], z: bottom ... bottom + 24),
                hounsfieldUnits: Hounsfield.bone)
        }
        return [discs] + vertebrae
    }
}
