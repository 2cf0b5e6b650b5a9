package import Imaging
import Quantities

/// Writes a CT volume as a series of CT Image objects.
package struct CTSeriesWriter: Sendable {
    package var series: SeriesContext
    package var frameOfReferenceUID: String
    /// `HFS` as a rule; empty when it is not known.
    package var patientPosition: String
    /// Tube voltage in kilovolts; `nil` when it is not known.
    package var tubeKilovolts: Double?
    /// What the volume was computed from; empty for an original image.
    package var sources: [InstanceReference]

    package init(
        series: SeriesContext, frameOfReferenceUID: String, patientPosition: String = "",
        tubeKilovolts: Double? = nil, sources: [InstanceReference] = []
    ) {
        self.series = series
        self.frameOfReferenceUID = frameOfReferenceUID
        self.patientPosition = patientPosition
        self.tubeKilovolts = tubeKilovolts
        self.sources = sources
    }

    /// Returns one object per slice: signed 16-bit, slope 1, intercept 0.
    ///
    /// CT numbers are rounded to whole Hounsfield units. Those outside ±32767 are clipped and
    /// reported as a finding.
    ///
    /// - Parameters:
    ///   - map: The CT numbers; any orientation.
    ///   - instanceUIDs: One per slice, in slice order.
    /// - Returns: The objects, and what was changed to make them fit.
    /// - Throws: ``DicomError/refused(code:reason:)`` when a voxel is not finite.
    package func compose(
        _ map: HounsfieldMap, instanceUIDs: [String]
    ) throws -> ComposedObjects {
        let volume = map.hounsfieldUnits
        let geometry = volume.geometry
        precondition(
            instanceUIDs.count == geometry.shape.z,
            "\(instanceUIDs.count) identifiers for \(geometry.shape.z) slices")
        var clipped = 0
        let dataSets = try volume.withVoxels { voxels in
            try (0 ..< geometry.shape.z).map { k in
                let start = geometry.offset(0, 0, k)
                let frame = try StoredPixels.sixteenBit(
                    voxels, start ..< start + geometry.shape.x * geometry.shape.y, slope: 1,
                    intercept: 0, range: -32767 ... 32767)
                clipped += frame.clipped
                return slice(k, geometry, frame.bytes, instanceUIDs[k])
            }
        }
        return ComposedObjects(dataSets: dataSets, findings: findings(clipped: clipped))
    }

    private func slice(
        _ k: Int, _ geometry: VolumeGeometry, _ bytes: [UInt8], _ uid: String
    ) -> DataSet {
        var data = DataSet()
        data.setSliceModules(
            series, modality: "CT", sopClassUID: SOPClass.ctImage, sopInstanceUID: uid,
            frameOfReferenceUID: frameOfReferenceUID, geometry: geometry, slice: k, bytes: bytes)
        data.set(.patientPosition, patientPosition)
        data.set(
            .imageType,
            sources.isEmpty
                ? ["ORIGINAL", "PRIMARY", "AXIAL"] : ["DERIVED", "SECONDARY", "AXIAL"])
        if !sources.isEmpty {
            data.set(.sourceImageSequence, sources.map(DataSet.init(reference:)))
        }
        data.set(.rescaleSlope, 1)
        data.set(.rescaleType, "HU")
        if let tubeKilovolts {
            data.set(.kvp, tubeKilovolts)
        } else {
            data.setEmpty(.kvp)
        }
        return data
    }

    private func findings(clipped: Int) -> [Finding] {
        guard clipped > 0 else { return [] }
        return [
            Finding(
                "ct.written-clipped", .warning,
                "\(clipped) voxels beyond ±32767 HU were clipped to fit 16 bits.")
        ]
    }
}
