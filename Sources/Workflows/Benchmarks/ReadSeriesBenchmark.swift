package import DICOM
package import Foundation
package import Imaging

/// Reading a folder of CT slices into one volume in Hounsfield units, as an import does it.
package enum ReadSeriesBenchmark {
    /// Writes a synthetic axial CT of `slices` files with 16-bit noise in every voxel.
    ///
    /// - Throws: ``DicomError``.
    package static func makeSeries(in folder: URL, slices: Int, size: Int) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let series = UID.derived(seed: 5, index: -1)
        var state: UInt32 = 1
        for k in 0 ..< slices {
            var data = header(size: size, series: series)
            data.set(.sopInstanceUID, UID.derived(seed: 5, index: k))
            data.set(.instanceNumber, k + 1)
            data.set(.imagePositionPatient, [-250, -250, Double(k)])
            var pixels = [UInt8](repeating: 0, count: size * size * 2)
            for n in 0 ..< size * size {
                state = state &* 1_664_525 &+ 1_013_904_223
                // 0 to 4095 stored, -1024 to 3071 HU.
                pixels[2 * n] = UInt8(truncatingIfNeeded: state >> 16)
                pixels[2 * n + 1] = UInt8(truncatingIfNeeded: state >> 24) & 0x0f
            }
            data.setBytes(.pixelData, pixels)
            // File names are in no order, as from an archive.
            let name = "\(UInt32(truncatingIfNeeded: k) &* 2_654_435_761).dcm"
            try DicomWriter.write(data, path: folder.appending(path: name).path)
        }
    }

    private static func header(size: Int, series: String) -> DataSet {
        var data = DataSet()
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.2")
        data.set(.seriesInstanceUID, series)
        data.set(.studyInstanceUID, UID.derived(seed: 5, index: -2))
        data.set(.frameOfReferenceUID, UID.derived(seed: 5, index: -3))
        data.set(.modality, "CT")
        data.set(.imageType, ["ORIGINAL", "PRIMARY", "AXIAL"])
        data.set(.patientName, "Benchmark^Synthetic")
        data.set(.imageOrientationPatient, [1, 0, 0, 0, 1, 0] as [Double])
        data.set(.pixelSpacing, [0.9765625, 0.9765625])
        data.set(.sliceThickness, 1.0)
        data.set(.samplesPerPixel, 1)
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.set(.rows, size)
        data.set(.columns, size)
        data.set(.bitsAllocated, 16)
        data.set(.bitsStored, 16)
        data.set(.highBit, 15)
        data.set(.pixelRepresentation, 1)
        data.set(.rescaleIntercept, -1024.0)
        data.set(.rescaleSlope, 1.0)
        return data
    }

    /// Reads the folder into one volume the way every workflow does: headers, order by position,
    /// all checks of the geometry, pixels, Hounsfield units.
    ///
    /// - Throws: ``DicomError``, or ``ImagingError`` when the geometry is none.
    package static func read(_ folder: URL, with reader: DicomReader) async throws -> Volume<Float>
    {
        let paths = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .map { folder.appending(path: $0).path }
        let files = try await reader.files(paths: paths).map { try $0.get() }
        return try await SeriesAssembler.assemble(files, source: reader).volume
    }

    /// Starts the workers, reads the folder and returns one line: seconds of reading, shape, sum of
    /// all voxels, seconds of starting.
    ///
    /// Starting is apart because it happens once in a program, as the imports of the peer do.
    ///
    /// - Throws: as ``read(_:with:)``.
    package static func timed(_ folder: URL) async throws -> String {
        let start = ContinuousClock.now
        let reader = DicomReader()
        try await reader.start()
        let ready = ContinuousClock.now
        let volume = try await read(folder, with: reader)
        let seconds = (ContinuousClock.now - ready) / .seconds(1)
        let shape = volume.geometry.shape
        return "\(seconds) \(shape.x)x\(shape.y)x\(shape.z) \(volume.sum()) "
            + "\((ready - start) / .seconds(1))"
    }
}
