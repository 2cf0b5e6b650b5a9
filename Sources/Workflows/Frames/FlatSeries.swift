package import DICOM
import Foundation
import Storage

/// A series looked at frame by frame: planar and whole-body views, angiography, ultrasound, captures.
package struct FlatSeries: Sendable {
    /// One picture of the series.
    package struct Frame: Hashable, Sendable {
        /// Index of its file in the series.
        let file: Int
        /// Index in that file, from 0.
        let index: Int
        /// What tells it from the others; empty when only its number does.
        package var label: String
        /// From which side a detector looked; `unknown` for what is no planar view.
        package var view: PlanarImage.View
    }

    let files: [SeriesFile]
    package let frames: [Frame]
    package let rows: Int
    package let columns: Int
    /// The first frame whose values a window makes bright or dark, from 1; `nil` when all frames
    /// have their own colours.
    package let firstGreyFrame: Int?
    package let unit: String
    /// The darkest and the brightest value of the file's own window; of pictures of 8 bits, which are
    /// made for a screen, all that can be stored when it names none; else `nil`.
    package let window: ClosedRange<Double>?
    package let framesPerSecond: Double
    /// Whether counts of regions give a lung shunt: planar views of a gamma camera.
    package let isPlanarView: Bool
    /// Reconstructed slices of a gamma camera, which are a volume and no flat pictures.
    package let isVolume: Bool

    /// Reads headers only.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a series that holds no pictures or
    ///   pictures of several sizes, ``WorkflowError/notFound(kind:name:)``, `DicomError`.
    package init(seriesUID: String, library: SeriesLibrary) async throws {
        files = try await library.files(seriesUID: seriesUID).sorted {
            ($0.header.integer(.instanceNumber) ?? 0) < ($1.header.integer(.instanceNumber) ?? 0)
        }
        guard let first = files.first?.header, let rows = first.integer(.rows),
            let columns = first.integer(.columns), rows > 0, columns > 0
        else { throw WorkflowError.refused(sentence: "The series holds no pictures.") }
        guard
            files.allSatisfy({
                $0.header.integer(.rows) == rows && $0.header.integer(.columns) == columns
            })
        else {
            throw WorkflowError.refused(sentence: "The pictures of the series differ in size.")
        }
        (self.rows, self.columns) = (rows, columns)
        let modality = first.string(.modality) ?? ""
        isVolume = modality == "NM" && SeriesLibrary.isReconstructed(first)
        isPlanarView = modality == "NM" && files.count == 1 && !isVolume
        unit = isPlanarView ? "counts" : modality == "CT" ? "HU" : "stored values"
        // Colours of a kind that is not shown refuse their own pictures, not the series.
        let grey = files.firstIndex {
            if case .grey? = try? FramePicture.Colouring($0.header) { true } else { false }
        }
        let like = files[grey ?? 0].header
        window = Self.window(like) ?? (modality == "NM" ? nil : Self.screenRange(like))
        framesPerSecond = Self.rate(first)
        var frames: [Frame] = []
        for (file, entry) in files.enumerated() {
            let count = min(max(entry.header.integer(.numberOfFrames) ?? 1, 1), Self.mostFrames)
            frames += (0 ..< count).map { Frame(file: file, index: $0, label: "", view: .unknown) }
        }
        firstGreyFrame = grey.flatMap { file in frames.firstIndex { $0.file == file } }
            .map { $0 + 1 }
        if isPlanarView, let file = files.first {
            let planar = try await library.planar(file).value
            for (n, frame) in planar.frames.enumerated() where n < frames.count {
                frames[n].view = frame.view
                frames[n].label = Self.label(frame)
            }
        }
        self.frames = frames
    }

    private static func label(_ frame: PlanarImage.Frame) -> String {
        let energy = frame.energyKeV.map {
            String(format: "%.0f to %.0f keV", $0[0], $0[1])
        }
        let view = frame.view == .unknown ? nil : frame.view.rawValue
        return [view, energy].compactMap(\.self).joined(separator: ", ")
    }

    /// What a header may claim.
    private static let mostFrames = 4096

    /// Red, green and blue as they are; a window changes nothing.
    package var isColour: Bool { firstGreyFrame == nil }

    /// The darkest and the brightest value that a file names; `nil` when it does not.
    ///
    /// Source: PS3.3 §C.11.2.1.2 (linear) and §C.11.2.1.3.2 (linear exact).
    static func window(_ header: DataSet) -> ClosedRange<Double>? {
        guard let centre = header.decimal(.windowCenter), let width = header.decimal(.windowWidth),
            width > 0, (centre - width / 2).isFinite, (centre + width / 2).isFinite
        else { return nil }
        guard width > 1, header.string(.voilutFunction) != "LINEAR_EXACT" else {
            return centre - width / 2 ... centre + width / 2
        }
        return centre - 0.5 - (width - 1) / 2 ... centre - 0.5 + (width - 1) / 2
    }

    /// All that unsigned values of at most 8 bits can be; `nil` for others.
    private static func screenRange(_ header: DataSet) -> ClosedRange<Double>? {
        guard header.integer(.bitsAllocated) == 8, header.integer(.pixelRepresentation) == 0,
            let stored = header.integer(.bitsStored), (2 ... 8).contains(stored),
            header.decimal(.rescaleSlope) ?? 1 == 1, header.decimal(.rescaleIntercept) ?? 0 == 0
        else { return nil }
        return 0 ... Double((1 << stored) - 1)
    }

    private static let usualRate = 8.0

    /// Frames a second as the file recommends it.
    private static func rate(_ header: DataSet) -> Double {
        let recommended = [
            Attribute(0x0008, 0x2144, .IS), Attribute(0x0018, 0x0040, .IS),
        ].compactMap { header.decimal($0) }
        let timed = header.decimal(Attribute(0x0018, 0x1063, .DS)).map { 1000 / $0 }
        let rate = recommended.first ?? timed ?? usualRate
        return (0.1 ... 60).contains(rate) ? rate : usualRate
    }

    /// Which file of the series a frame (from 1) is in, from 0.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func fileNumber(of frame: Int) throws -> Int {
        guard frame >= 1, frame <= frames.count else {
            throw WorkflowError.notFound(kind: "frame", name: String(frame))
        }
        return frames[frame - 1].file
    }

    func file(of frame: Int) throws -> (file: SeriesFile, index: Int) {
        (files[try fileNumber(of: frame)], frames[frame - 1].index)
    }
}
