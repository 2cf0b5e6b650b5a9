package import DICOM
package import Imaging

/// The volumes of interest of the case, from the shapes themselves.
package struct Regions: Sendable {
    /// One volume of interest.
    package struct Region: Sendable {
        package let name: String
        package let interpretedType: String
        package let colorRGB: [Int]
        /// Disjoint shapes that together are the region.
        package let shapes: [ConvexShape]
        package let property: SegmentationWriter.Property
    }

    /// Liver, territories, tumours, lungs, gallbladder, stomach.
    package static let all: [Region] = {
        var list = [
            Region(
                name: "Liver", interpretedType: "ORGAN", colorRGB: [160, 82, 45],
                shapes: [Anatomy.liver], property: organ("10200004", "Liver")),
            Region(
                name: Anatomy.Territory.right.rawValue, interpretedType: "ORGAN",
                colorRGB: [70, 130, 180], shapes: [Anatomy.territory(.right)],
                property: organ("10200004", "Liver")),
            Region(
                name: Anatomy.Territory.left.rawValue, interpretedType: "ORGAN",
                colorRGB: [60, 179, 113], shapes: [Anatomy.territory(.left)],
                property: organ("10200004", "Liver")),
        ]
        list += Anatomy.tumours.map {
            Region(
                name: $0.name, interpretedType: "GTV", colorRGB: [220, 20, 60],
                shapes: [$0.shape], property: neoplasm)
        }
        list += [
            Region(
                name: "Lungs", interpretedType: "ORGAN", colorRGB: [135, 206, 250],
                shapes: Anatomy.lungs, property: organ("39607008", "Lung")),
            Region(
                name: "Gallbladder", interpretedType: "ORGAN", colorRGB: [154, 205, 50],
                shapes: [Anatomy.gallbladder], property: organ("28231008", "Gallbladder")),
            Region(
                name: "Stomach", interpretedType: "ORGAN", colorRGB: [255, 165, 0],
                shapes: [Anatomy.stomach], property: organ("69695003", "Stomach")),
        ]
        return list
    }()

    private static func organ(_ code: String, _ meaning: String) -> SegmentationWriter.Property {
        SegmentationWriter.Property(
            category: CodedConcept("123037004", "SCT", "Anatomical Structure"),
            type: CodedConcept(code, "SCT", meaning))
    }

    private static let neoplasm = SegmentationWriter.Property(
        category: CodedConcept("49755003", "SCT", "Morphologically Abnormal Structure"),
        type: CodedConcept("108369006", "SCT", "Neoplasm"))

    /// Returns the contours of a region on the slice planes of a grid.
    package static func contours(_ region: Region, on grid: VolumeGeometry) -> ContourStack {
        var list: [PlanarContour] = []
        for k in 0 ..< grid.shape.z {
            let z = grid.positionMM(index: Vector3(0, 0, Double(k))).z
            for shape in region.shapes {
                let corners = shape.section(z: z)
                if !corners.isEmpty { list.append(PlanarContour(pointsMM: corners)) }
            }
        }
        return ContourStack(contours: list)
    }

    /// Returns all regions as an RTSTRUCT holds them.
    package static func structureSet(
        on grid: VolumeGeometry, frameOfReferenceUID: String, seriesUID: String
    ) -> StructureSet {
        StructureSet(
            label: "SYNTHETIC", frameOfReferenceUID: frameOfReferenceUID,
            referencedSeriesUID: seriesUID,
            structures: all.enumerated().map { n, region in
                StructureSet.Structure(
                    number: n + 1, name: region.name, interpretedType: region.interpretedType,
                    colorRGB: region.colorRGB, contours: contours(region, on: grid))
            })
    }

    /// Returns all regions as masks.
    ///
    /// - Throws: `ImagingError` never for a valid grid.
    package static func segmentation(
        on grid: VolumeGeometry, frameOfReferenceUID: String, seriesUID: String
    ) throws -> Segmentation {
        let rasteriser = Rasteriser(geometry: grid, linesPerVoxel: 3)
        return Segmentation(
            kind: .binary, frameOfReferenceUID: frameOfReferenceUID,
            referencedSeriesUID: seriesUID,
            segments: try all.enumerated().map { n, region in
                Segmentation.Segment(
                    number: n + 1, label: region.name, mask: try rasteriser.mask(region.shapes),
                    colorRGB: region.colorRGB)
            })
    }
}
