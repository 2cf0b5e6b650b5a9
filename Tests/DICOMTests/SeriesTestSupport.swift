import DICOM
import Foundation
import Imaging
import Quantities
import _TestSupport

/// Data sets and pixels in memory, by path.
struct MemorySource: DicomSource {
    var headers: [String: DataSet] = [:]
    var pixels: [String: PixelFrames] = [:]

    func header(path: String) async throws -> DataSet {
        guard let header = headers[path] else { throw DicomError.notDicom }
        return header
    }

    func frames(path: String) async throws -> PixelFrames {
        guard let frames = pixels[path] else { throw DicomError.notDicom }
        return frames
    }

    var files: [SeriesFile] {
        headers.sorted { $0.key < $1.key }.map { SeriesFile(path: $0.key, header: $0.value) }
    }

    /// Adds an object whose pixels are 16-bit words.
    mutating func add(_ path: String, _ header: DataSet, words: [Int]) {
        var header = header
        header.set(.bitsAllocated, 16)
        header.set(.bitsStored, 16)
        header.set(.highBit, 15)
        headers[path] = header
        let isSigned = header.integer(.pixelRepresentation) == 1
        let frames = header.integer(.numberOfFrames) ?? 1
        pixels[path] = PixelFrames(
            rows: header.integer(.rows) ?? 0, columns: header.integer(.columns) ?? 0,
            frames: frames, samplesPerPixel: 1, bitsAllocated: 16, isSigned: isSigned,
            wasLossy: false,
            bytes: words.flatMap {
                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
            })
    }
}

/// Makes the slices of small series.
enum SliceMaker {
    static let ctClass = "1.2.840.10008.5.1.4.1.1.2"

    /// A header of 3 columns and 2 rows of 2 mm (between rows) by 1.5 mm (between columns).
    static func header(
        sopClass: String = ctClass, modality: String = "CT", position: Vector3<Double>,
        orientation: [Double] = [1, 0, 0, 0, 1, 0], instance: Int = 1
    ) -> DataSet {
        var header = DataSet()
        header.set(.sopClassUID, sopClass)
        header.set(.sopInstanceUID, "1.2.3.\(instance)")
        header.set(.studyInstanceUID, "1.2.1")
        header.set(.seriesInstanceUID, "1.2.2")
        header.set(.frameOfReferenceUID, "1.2.4")
        header.set(.modality, modality)
        header.set(.seriesNumber, 7)
        header.set(.instanceNumber, instance)
        header.set(.rows, 2)
        header.set(.columns, 3)
        header.set(.pixelRepresentation, 1)
        header.set(.pixelSpacing, [2, 1.5])
        header.set(.imagePositionPatient, [position.x, position.y, position.z])
        header.set(.imageOrientationPatient, orientation)
        header.set(.rescaleSlope, 1.0)
        header.set(.rescaleIntercept, 0.0)
        return header
    }

    /// A CT whose slice n lies at `origin + step · n` and holds 10 n to 10 n + 5.
    static func ct(
        slices: [Int], origin: Vector3<Double> = [0, 0, 0], step: Vector3<Double>,
        orientation: [Double] = [1, 0, 0, 0, 1, 0]
    ) -> MemorySource {
        var source = MemorySource()
        for (file, n) in slices.enumerated() {
            source.add(
                "f\(file)",
                header(
                    position: origin + Double(n) * step, orientation: orientation,
                    instance: 100 - file),
                words: (0 ..< 6).map { 10 * n + $0 })
        }
        return source
    }
}

/// Real files beside the project.
enum RealFiles {
    static var isPresent: Bool { ReferenceFiles.testdata != nil }

    static func url(_ path: String) throws -> URL {
        guard let root = ReferenceFiles.testdata else { throw CocoaError(.fileNoSuchFile) }
        return root.appending(path: path)
    }

    /// Unpacks an archive (or gunzips a file) into a scratch folder for the length of `body`.
    static func withUnpacked<Result>(
        _ archive: String, _ body: (URL) async throws -> Result
    ) async throws -> Result {
        let source = try url(archive)
        let folder = try ReferenceFiles.scratch("series")
        defer { try? FileManager.default.removeItem(at: folder) }
        if archive.hasSuffix(".gz") {
            let target = folder.appending(path: source.deletingPathExtension().lastPathComponent)
            try shell("gunzip -c '\(source.path)' > '\(target.path)'")
        } else {
            try shell("tar xJf '\(source.path)' -C '\(folder.path)'")
        }
        return try await body(folder)
    }

    /// The DICOM files below a folder with their headers, in the order of the file system.
    static func files(in folder: URL) async throws -> [SeriesFile] {
        let source = InProcessSource()
        var files: [SeriesFile] = []
        let found =
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
            .allObjects as? [URL] ?? []
        for url in found where url.pathExtension == "dcm" {
            files.append(
                SeriesFile(path: url.path, header: try await source.header(path: url.path)))
        }
        return files
    }

    /// Header and pixels of one file.
    static func object(_ url: URL) async throws -> (header: DataSet, pixels: PixelFrames) {
        let source = InProcessSource()
        return (try await source.header(path: url.path), try await source.frames(path: url.path))
    }

    @discardableResult
    static func shell(_ command: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileReadUnknown) }
        return String(decoding: output, as: UTF8.self)
    }

    /// SHA-256 in hexadecimal, by coreutils.
    static func sha256(_ bytes: [UInt8]) throws -> String {
        let folder = try ReferenceFiles.scratch("sha")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "bytes")
        try Data(bytes).write(to: file)
        return String(try shell("sha256sum '\(file.path)'").prefix(64))
    }
}

extension Volume where Scalar == Float {
    /// Mean in `Double`, minimum, maximum.
    var statistics: (mean: Double, minimum: Float, maximum: Float) {
        withVoxels { voxels in
            var (low, high) = (voxels[0], voxels[0])
            for n in voxels.indices { (low, high) = (min(low, voxels[n]), max(high, voxels[n])) }
            return (sum() / Double(voxels.count), low, high)
        }
    }

    /// All voxels in storage order.
}

extension Collection where Element == Finding {
    func codes() -> [String] { map(\.code) }
}

/// One frame of an enhanced object: its plane, the word of all its voxels, its rescale.
struct EnhancedFrame {
    var z: Double
    var word: Int
    var slope: Double
    var intercept = 0.0
    /// Adds further functional groups.
    var group: (inout DataSet) -> Void = { _ in }
}

extension MemorySource {
    /// Frames of 3 x 2 equal words, each with its own plane and rescale.
    static func enhanced(
        sopClass: String, modality: String, unit: String?, frames: [EnhancedFrame]
    ) -> MemorySource {
        var header = SliceMaker.header(
            sopClass: sopClass, modality: modality, position: [0, 0, 0])
        for attribute in [
            Attribute.imagePositionPatient, .imageOrientationPatient, .pixelSpacing, .rescaleSlope,
            .rescaleIntercept,
        ] {
            header.remove(attribute)
        }
        header.setSharedPlane()
        header.set(
            .perFrameFunctionalGroupsSequence,
            frames.map { frame in
                var position = DataSet()
                position.set(.imagePositionPatient, [0, 0, frame.z])
                var transformation = DataSet()
                transformation.set(.rescaleSlope, frame.slope)
                transformation.set(.rescaleIntercept, frame.intercept)
                if let unit { transformation.set(.rescaleType, unit) }
                var item = DataSet()
                item.set(.planePositionSequence, [position])
                item.set(.pixelValueTransformationSequence, [transformation])
                frame.group(&item)
                return item
            })
        header.set(.numberOfFrames, frames.count)
        var source = MemorySource()
        source.add("e", header, words: frames.flatMap { Array(repeating: $0.word, count: 6) })
        return source
    }
}

extension DataSet {
    /// Axial frames of 2 mm by 1.5 mm and 3 mm thickness, in the shared functional groups.
    mutating func setSharedPlane(spacingBetweenSlices: Double? = nil) {
        var measures = DataSet()
        measures.set(.pixelSpacing, [2, 1.5])
        measures.set(.sliceThickness, 3.0)
        if let spacingBetweenSlices { measures.set(.spacingBetweenSlices, spacingBetweenSlices) }
        var orientation = DataSet()
        orientation.set(.imageOrientationPatient, [1.0, 0, 0, 0, 1, 0])
        var shared = DataSet()
        shared.set(.pixelMeasuresSequence, [measures])
        shared.set(.planeOrientationSequence, [orientation])
        set(.sharedFunctionalGroupsSequence, [shared])
    }
}
