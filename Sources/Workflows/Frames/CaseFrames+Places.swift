import DICOM
import Foundation
package import Imaging
package import Storage

extension CaseFrames {
    /// Tells a frame of a series by its file, which stays when more files come.
    package struct FrameName: Hashable, Sendable {
        package let instance: Int64
        /// From 1, in the file.
        package let frame: Int

        package init(instance: Int64, frame: Int) {
            (self.instance, self.frame) = (instance, frame)
        }
    }

    /// The place of each frame of a series among all of its frames, from 1.
    ///
    /// - Throws: As ``series(_:)``.
    package func numbers(of record: SeriesRecord) async throws -> [FrameName: Int] {
        Dictionary(
            try await names(of: series(record), in: record).enumerated().map { ($1, $0 + 1) }
        ) { first, _ in first }
    }

    /// What tells each frame of a series, in their order.
    private func names(
        of flat: FlatSeries, in series: SeriesRecord
    ) async throws -> [FrameName] {
        let folder = reader.folder
        let instances = Dictionary(
            try await folder.records.instances(seriesUID: series.description.seriesUID).map {
                (folder.objects.url(of: $0.object).path, $0.id)
            }
        ) { first, _ in first }
        return try flat.frames.map { frame in
            guard let instance = instances[flat.files[frame.file].path] else {
                throw StorageError.notFound(entity: "instance")
            }
            return FrameName(instance: instance, frame: frame.index + 1)
        }
    }

    /// Where a place on a frame of a series lies in its file.
    ///
    /// - Parameters:
    ///   - record: The series.
    ///   - number: The frame among all of the series, from 1.
    ///   - column: The centre of the first pixel is column 0, row 0.
    ///   - row: The same.
    /// - Returns: The place by its file.
    /// - Throws: ``WorkflowError/refused(sentence:)`` outside the picture; as ``series(_:)``.
    package func anchor(
        on record: SeriesRecord, frame number: Int, column: Double, row: Double
    ) async throws -> CommentAnchor {
        let (_, name) = try await self.frame(
            number, of: record, holding: [PlanePoint(u: column, v: row)])
        return .pixel(
            series: record.id, instance: name.instance, frame: name.frame, column: column, row: row)
    }

    /// A frame with its series, where it is there and places lie on it.
    private func frame(
        _ number: Int, of record: SeriesRecord, holding points: [PlanePoint]
    ) async throws -> (series: FlatSeries, name: FrameName) {
        let flat = try await series(record)
        let names = try await names(of: flat, in: record)
        guard number >= 1, number <= names.count, points.allSatisfy(flat.holds) else {
            throw WorkflowError.refused(
                sentence: "The place lies outside the picture: frames are counted from 1, columns "
                    + "and rows from 0.")
        }
        return (flat, names[number - 1])
    }

    /// Measures diameters on a frame, where the file says how large its pixels are.
    ///
    /// - Parameters:
    ///   - ends: Of the longest diameter, and of the one across it when there is one.
    ///   - record: The series.
    ///   - number: The frame among all of the series, from 1.
    /// - Returns: Where they lie, and their lengths in mm.
    /// - Throws: ``WorkflowError/refused(sentence:)`` on a picture without a scale, for ends outside
    ///   it, or in parts of an ultrasound picture with scales of their own; as ``series(_:)``.
    package func measured(
        _ ends: [PlanePoint], on record: SeriesRecord, frame number: Int
    ) async throws -> (MeasurementDraft.Place, [MeasurementDraft.Value]) {
        let (flat, name) = try await frame(number, of: record, holding: ends)
        guard let scale = PictureScale(try flat.file(of: number).file.header) else {
            throw WorkflowError.refused(
                sentence: "This picture does not say how large its pixels are, so nothing is "
                    + "measured on it.")
        }
        guard ends.count == 2 || ends.count == 4 else { throw MeetingMeasuring.noDiameter }
        var lengths: [Double] = []
        for n in stride(from: 0, to: ends.count, by: 2) {
            guard let length = scale.lengthMM(from: ends[n], to: ends[n + 1]) else {
                throw WorkflowError.refused(
                    sentence: "Both ends of a length lie in one part of an ultrasound picture "
                        + "whose pixels have a size: not in a curve over time, a scale or the "
                        + "margin.")
            }
            lengths.append(length)
        }
        let place = MeasurementDraft.PicturePlace(
            instance: name.instance, frame: name.frame, pixels: ends.map { [$0.u, $0.v] },
            isOnDetector: scale.isOnDetector)
        return (.picture(place), try MeetingMeasuring.diameters(lengths))
    }
}

extension FlatSeries {
    /// Whether a place lies on its frames; the centre of the first pixel is (0, 0).
    func holds(_ point: PlanePoint) -> Bool {
        (-0.5 ... Double(columns) - 0.5).contains(point.u)
            && (-0.5 ... Double(rows) - 0.5).contains(point.v)
    }
}
