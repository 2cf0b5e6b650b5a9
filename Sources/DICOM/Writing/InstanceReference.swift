package import Imaging

/// The SOP classes that Grevy writes (PS3.6 annex A).
package enum SOPClass {
    package static let ctImage = "1.2.840.10008.5.1.4.1.1.2"
    package static let petImage = "1.2.840.10008.5.1.4.1.1.128"
    package static let nuclearMedicineImage = "1.2.840.10008.5.1.4.1.1.20"
    package static let rtStructureSet = "1.2.840.10008.5.1.4.1.1.481.3"
    package static let rtDose = "1.2.840.10008.5.1.4.1.1.481.2"
    package static let rtPlan = "1.2.840.10008.5.1.4.1.1.481.5"
    package static let segmentation = "1.2.840.10008.5.1.4.1.1.66.4"
    package static let encapsulatedPDF = "1.2.840.10008.5.1.4.1.1.104.1"
    package static let comprehensiveSR = "1.2.840.10008.5.1.4.1.1.88.33"
    package static let comprehensive3DSR = "1.2.840.10008.5.1.4.1.1.88.34"
    package static let keyObjectSelection = "1.2.840.10008.5.1.4.1.1.88.59"
}

/// Names one DICOM object that another one was made from or belongs to.
package struct InstanceReference: Hashable, Sendable {
    package let sopClassUID: String
    package let sopInstanceUID: String

    package init(sopClassUID: String, sopInstanceUID: String) {
        self.sopClassUID = sopClassUID
        self.sopInstanceUID = sopInstanceUID
    }
}

/// Names a series, its objects and, where known, the grid they fill slice by slice.
package struct ReferencedSeries: Hashable, Sendable {
    package var studyInstanceUID: String
    package var seriesInstanceUID: String
    /// In slice order when ``geometry`` is given and the counts agree.
    package var instances: [InstanceReference]
    /// Lets a contour or a frame name the one slice it lies on; `nil` when not known.
    package var geometry: VolumeGeometry?

    package init(
        studyInstanceUID: String, seriesInstanceUID: String, instances: [InstanceReference],
        geometry: VolumeGeometry? = nil
    ) {
        self.studyInstanceUID = studyInstanceUID
        self.seriesInstanceUID = seriesInstanceUID
        self.instances = instances
        self.geometry = geometry
    }

    /// Returns the object whose slice plane is within half a slice spacing of the position.
    func instance(at positionMM: Vector3<Double>) -> InstanceReference? {
        guard let geometry, instances.count == geometry.shape.z,
            let k = Int(exactly: geometry.index(positionMM: positionMM).z.rounded()),
            instances.indices.contains(k)
        else { return nil }
        return instances[k]
    }
}

/// A code of a published scheme.
package struct CodedConcept: Hashable, Sendable {
    package let value: String
    package let scheme: String
    package let meaning: String

    package init(_ value: String, _ scheme: String, _ meaning: String) {
        self.value = value
        self.scheme = scheme
        self.meaning = meaning
    }

    /// The item of a code sequence.
    var item: DataSet {
        var item = DataSet()
        item.set(.codeValue, value)
        item.set(.codingSchemeDesignator, scheme)
        item.set(.codeMeaning, meaning)
        return item
    }
}
