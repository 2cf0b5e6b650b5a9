import Imaging
import Quantities

/// Writes masks as a Segmentation object, BINARY or FRACTIONAL.
package struct SegmentationWriter: Sendable {
    /// What a segment is, for programs that read codes (CID 7150 and CID 7151).
    package struct Property: Hashable, Sendable {
        package var category: CodedConcept
        package var type: CodedConcept

        package init(category: CodedConcept, type: CodedConcept) {
            self.category = category
            self.type = type
        }

        /// Some tissue, nothing more said.
        package static let tissue = Property(
            category: CodedConcept("85756007", "SCT", "Tissue"),
            type: CodedConcept("85756007", "SCT", "Tissue"))
    }

    package var series: SeriesContext
    /// The images that were segmented; `nil` when there are none.
    package var images: ReferencedSeries?
    /// By segment number; a segment without one is "tissue".
    package var properties: [Int: Property]
    /// The identifier of the dimension organisation inside the object.
    package var dimensionOrganizationUID: String
    /// The name of the algorithm that made the segments; `nil` when they were drawn by hand.
    package var algorithmName: String?

    package init(
        series: SeriesContext, images: ReferencedSeries?, properties: [Int: Property] = [:],
        dimensionOrganizationUID: String, algorithmName: String?
    ) {
        self.series = series
        self.images = images
        self.properties = properties
        self.dimensionOrganizationUID = dimensionOrganizationUID
        self.algorithmName = algorithmName
    }

    /// Returns the object; only slices that a segment touches become frames.
    ///
    /// BINARY frames hold the voxels with at least half of their volume inside, and a finding
    /// says how each segment's volume moved when that is more than 1 %. FRACTIONAL frames hold
    /// the share in steps of 1/255.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` when there are no segments, all are empty,
    ///   their grids differ or their numbers are not 1, 2, 3 ...;
    ///   ``DicomError/unsupported(what:)`` for label maps.
    package func compose(
        _ segmentation: Segmentation, instanceUID: String
    ) throws -> ComposedObjects {
        let geometry = try checkedGeometry(segmentation)
        let frames = SegmentationFrames(segmentation)
        guard !frames.list.isEmpty else {
            throw DicomError.refused(code: "write.seg-empty", reason: "every segment is empty")
        }
        var data = DataSet()
        data.setCommonModules(
            series, modality: "SEG", sopClassUID: SOPClass.segmentation,
            sopInstanceUID: instanceUID, instanceNumber: 1)
        data.setFrameOfReference(segmentation.frameOfReferenceUID)
        data.set(.contentDate, series.date)
        data.set(.contentTime, series.time)
        data.set(.imageType, ["DERIVED", "PRIMARY"])
        data.set(.contentLabel, "SEGMENTATION")
        data.setFitted(.contentDescription, series.seriesDescription)
        data.setEmpty(.contentCreatorName)
        data.set(.lossyImageCompression, "00")
        setPixels(&data, frames, segmentation.kind, geometry)
        data.set(.segmentSequence, segmentation.segments.map(segment))
        setDimensions(&data)
        data.set(.sharedFunctionalGroupsSequence, [shared(geometry)])
        data.set(
            .perFrameFunctionalGroupsSequence, frames.list.map { perFrame($0, geometry, frames) })
        if let images { data.set(.referencedSeriesSequence, [referenced(images)]) }
        return ComposedObjects(dataSets: [data], findings: frames.volumeFindings)
    }

    private func checkedGeometry(_ segmentation: Segmentation) throws -> VolumeGeometry {
        guard segmentation.kind != .labelMap else {
            throw DicomError.unsupported(what: "writing label maps")
        }
        guard let geometry = segmentation.segments.first?.mask.geometry else {
            throw DicomError.refused(code: "write.seg-empty", reason: "there are no segments")
        }
        guard segmentation.segments.allSatisfy({ $0.mask.geometry == geometry }) else {
            throw DicomError.refused(code: "write.seg-grids", reason: "segments on several grids")
        }
        let numbers = segmentation.segments.map(\.number)
        guard numbers == Array(1 ... numbers.count) else {
            throw DicomError.refused(
                code: "write.seg-numbers", reason: "segment numbers are not 1, 2, 3 ...")
        }
        return geometry
    }

    private func setPixels(
        _ data: inout DataSet, _ frames: SegmentationFrames, _ kind: Segmentation.Kind,
        _ geometry: VolumeGeometry
    ) {
        let bits = kind == .binary ? 1 : 8
        data.setGreyPixels(
            rows: geometry.shape.y, columns: geometry.shape.x, bits: bits, isSigned: false,
            bytes: kind == .binary ? frames.packedBits() : frames.octets())
        data.set(.numberOfFrames, frames.list.count)
        data.set(.segmentationType, kind.rawValue)
        data.set(.segmentsOverlap, "YES")
        if kind == .fractional {
            data.set(.segmentationFractionalType, "OCCUPANCY")
            data.set(.maximumFractionalValue, 255)
        }
    }

    private func segment(_ segment: Segmentation.Segment) -> DataSet {
        let property = properties[segment.number] ?? .tissue
        var item = DataSet()
        item.set(.segmentNumber, segment.number)
        item.setFitted(.segmentLabel, segment.label)
        item.set(.segmentAlgorithmType, algorithmName == nil ? "MANUAL" : "AUTOMATIC")
        if let algorithmName { item.setFitted(.segmentAlgorithmName, algorithmName) }
        item.set(.segmentedPropertyCategoryCodeSequence, [property.category.item])
        item.set(.segmentedPropertyTypeCodeSequence, [property.type.item])
        if let color = segment.colorRGB, color.count == 3 {
            item.set(.recommendedDisplayCIELabValue, DisplayColor.encodedLab(rgb: color))
        }
        return item
    }
}

// MARK: - Functional groups

extension SegmentationWriter {
    private func setDimensions(_ data: inout DataSet) {
        var organization = DataSet()
        organization.set(.dimensionOrganizationUID, dimensionOrganizationUID)
        data.set(.dimensionOrganizationSequence, [organization])
        data.set(
            .dimensionIndexSequence,
            [
                dimension(.referencedSegmentNumber, in: .segmentIdentificationSequence, "Segment"),
                dimension(.imagePositionPatient, in: .planePositionSequence, "Position"),
            ])
    }

    private func dimension(_ pointer: Attribute, in group: Attribute, _ label: String) -> DataSet {
        func number(_ tag: Tag) -> Int { Int(tag.group) << 16 | Int(tag.element) }
        var item = DataSet()
        item.set(.dimensionIndexPointer, number(pointer.tag))
        item.set(.functionalGroupPointer, number(group.tag))
        item.set(.dimensionOrganizationUID, dimensionOrganizationUID)
        item.set(.dimensionDescriptionLabel, label)
        return item
    }

    private func shared(_ geometry: VolumeGeometry) -> DataSet {
        var measures = DataSet()
        measures.setPixelSpacing(geometry)
        measures.set(.sliceThickness, geometry.spacingMM.z)
        measures.set(.spacingBetweenSlices, geometry.spacingMM.z)
        var orientation = DataSet()
        orientation.setOrientation(geometry)
        var groups = DataSet()
        groups.set(.pixelMeasuresSequence, [measures])
        groups.set(.planeOrientationSequence, [orientation])
        return groups
    }

    private func perFrame(
        _ frame: SegmentationFrames.Frame, _ geometry: VolumeGeometry, _ frames: SegmentationFrames
    ) -> DataSet {
        var content = DataSet()
        content.set(.dimensionIndexValues, [frame.segmentNumber, frames.position(of: frame)])
        var position = DataSet()
        position.set(.imagePositionPatient, geometry.slicePositionMM(frame.slice))
        var identification = DataSet()
        identification.set(.referencedSegmentNumber, frame.segmentNumber)
        var groups = DataSet()
        groups.set(.frameContentSequence, [content])
        groups.set(.planePositionSequence, [position])
        groups.set(.segmentIdentificationSequence, [identification])
        let corner = geometry.positionMM(index: Vector3(0, 0, Double(frame.slice)))
        if let image = images?.instance(at: corner) {
            groups.set(.derivationImageSequence, [derivation(image)])
        }
        return groups
    }

    private func derivation(_ image: InstanceReference) -> DataSet {
        var source = DataSet(reference: image)
        source.set(
            .purposeOfReferenceCodeSequence,
            [CodedConcept("121322", "DCM", "Source image for image processing operation").item])
        var item = DataSet()
        item.set(.sourceImageSequence, [source])
        item.set(
            .derivationCodeSequence, [CodedConcept("113076", "DCM", "Segmentation").item])
        return item
    }

    private func referenced(_ images: ReferencedSeries) -> DataSet {
        var item = DataSet()
        item.set(.seriesInstanceUID, images.seriesInstanceUID)
        item.set(.referencedInstanceSequence, images.instances.map(DataSet.init(reference:)))
        return item
    }
}
