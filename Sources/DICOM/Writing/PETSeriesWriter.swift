package import Imaging
package import Quantities

/// Writes an activity map as a series of PET Image objects in Bq/mL.
package struct PETSeriesWriter: Sendable {
    /// The instant that voxel values are decay-corrected to (Decay Correction).
    package enum DecayReference: String, Hashable, Sendable {
        /// The start of the series.
        case seriesStart = "START"
        /// The time of administration.
        case administration = "ADMIN"
    }

    package var series: SeriesContext
    package var frameOfReferenceUID: String
    package var tracer: Radiotracer
    package var decayReference: DecayReference
    /// From administration to the start of the series.
    package var delay: TimeSpan
    /// How long each bed position was measured.
    package var frameDuration: TimeSpan
    /// How the image was made and corrected, in words.
    package var reconstructionMethod: String

    package init(
        series: SeriesContext, frameOfReferenceUID: String, tracer: Radiotracer,
        decayReference: DecayReference, delay: TimeSpan,
        frameDuration: TimeSpan, reconstructionMethod: String
    ) {
        self.series = series
        self.frameOfReferenceUID = frameOfReferenceUID
        self.tracer = tracer
        self.decayReference = decayReference
        self.delay = delay
        self.frameDuration = frameDuration
        self.reconstructionMethod = reconstructionMethod
    }

    /// Returns one object per slice, signed 16-bit with a slope per slice.
    ///
    /// The largest magnitude of the slice fills the range, and negative noise survives.
    ///
    /// - Parameters:
    ///   - map: Concentrations at the instant of ``decayReference``.
    ///   - instanceUIDs: One per slice, in slice order.
    /// - Returns: The objects, and what was changed to make them fit.
    /// - Throws: ``DicomError/refused(code:reason:)`` when a voxel is not finite.
    package func compose(
        _ map: ActivityMap, instanceUIDs: [String]
    ) throws -> ComposedObjects {
        let volume = map.becquerelsPerML
        let geometry = volume.geometry
        precondition(
            instanceUIDs.count == geometry.shape.z,
            "\(instanceUIDs.count) identifiers for \(geometry.shape.z) slices")
        let sliceSize = geometry.shape.x * geometry.shape.y
        let dataSets = try volume.withVoxels { voxels in
            try (0 ..< geometry.shape.z).map { k in
                let indices = k * sliceSize ..< (k + 1) * sliceSize
                let largest = StoredPixels.largestMagnitude(voxels, indices)
                guard largest.isFinite else { throw StoredPixels.notFinite }
                let slope =
                    largest > 0 ? StoredPixels.writableScale(atLeast: largest / 32767) : 1
                let frame = try StoredPixels.sixteenBit(
                    voxels, indices, slope: slope, intercept: 0, range: -32767 ... 32767)
                return slice(k, geometry, frame.bytes, slope, instanceUIDs[k])
            }
        }
        return ComposedObjects(dataSets: dataSets, findings: [])
    }

    private func slice(
        _ k: Int, _ geometry: VolumeGeometry, _ bytes: [UInt8], _ slope: Double, _ uid: String
    ) -> DataSet {
        var data = DataSet()
        data.setSliceModules(
            series, modality: "PT", sopClassUID: SOPClass.petImage, sopInstanceUID: uid,
            frameOfReferenceUID: frameOfReferenceUID, geometry: geometry, slice: k, bytes: bytes)
        data.set(.imageType, ["ORIGINAL", "PRIMARY"])
        data.set(.rescaleSlope, slope)
        setSeriesModule(&data, slices: geometry.shape.z)
        data.set(.frameReferenceTime, 0)
        data.set(.actualFrameDuration, Int((frameDuration.seconds * 1000).rounded()))
        data.set(.imageIndex, k + 1)
        data.set(.decayFactor, decayFactor)
        data.set(.radiopharmaceuticalInformationSequence, [tracer.item(activityUnitBecquerels: 1)])
        data.setSupineHeadFirst()
        return data
    }

    /// What the scanner multiplied by: 1 at the start of the series (PS3.3 §C.8.9.4).
    private var decayFactor: Double {
        switch decayReference {
        case .seriesStart: 1
        case .administration:
            1 / Activity(siValue: 1).decayed(over: delay, halfLife: tracer.halfLife).siValue
        }
    }

    private func setSeriesModule(_ data: inout DataSet, slices: Int) {
        data.set(.units, "BQML")
        data.set(.countsSource, "EMISSION")
        data.set(.seriesType, ["STATIC", "IMAGE"])
        data.set(.numberOfSlices, slices)
        data.set(.correctedImage, ["DECY", "ATTN", "SCAT", "RAN"])
        data.set(.randomsCorrectionMethod, "DLYD")
        data.setFitted(.attenuationCorrectionMethod, reconstructionMethod)
        data.setFitted(.scatterCorrectionMethod, reconstructionMethod)
        data.setFitted(.reconstructionMethod, reconstructionMethod)
        data.set(.decayCorrection, decayReference.rawValue)
        data.set(.collimatorType, "NONE")
    }
}
