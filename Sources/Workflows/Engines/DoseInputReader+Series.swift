import DICOM
import Foundation
import Imaging

/// An image that a name led to.
struct NamedVolume {
    let volume: Volume<Float>
    /// `nil` for a file.
    let series: ImageSeries?
    /// Whether the slices of a file run the other way.
    let isMirrored: Bool
}

extension DoseInputReader {
    /// Reads a CT: a file of that name if there is one, else a series in the data folder.
    ///
    /// - Throws: ``WorkflowError``, `DicomError`.
    mutating func ct(_ name: String, in data: DataSession?) async throws -> NamedVolume {
        let read = try await named(.ct, name, in: data)
        if let series = read.series {
            try SeriesNaming.options.refuseNoCT(Role.ct.rawValue, series)
        }
        return read
    }

    /// Reads an image: a file of that name if there is one, else a series in the data folder.
    ///
    /// - Throws: ``WorkflowError``, `DicomError`.
    mutating func named(
        _ role: Role, _ name: String, in data: DataSession?
    ) async throws -> NamedVolume {
        guard let reader = Self.reader(of: name, in: data) else {
            let file = try image(role, URL(filePath: name))
            return NamedVolume(volume: file.volume, series: nil, isMirrored: file.isMirrored)
        }
        let named = try await reader.image(role.rawValue, name)
        if role == .tia || role == .activity {
            try SeriesNaming.options.refuseTransmission(role.rawValue, named.image)
        }
        try record(named.series, role)
        keep(named.image.findings)
        return NamedVolume(volume: named.image.volume, series: named.image, isMirrored: false)
    }

    /// Reads density or media on a grid: a file of that name, else a series of the data folder.
    ///
    /// A series of images holds what a file would, in its values after rescaling. Media may be an
    /// RTSTRUCT or SEG too, each structure numbered as its medium; what none of them holds is air.
    ///
    /// - Returns: The map, and the frame of reference of a series.
    /// - Throws: ``WorkflowError``, `DicomError`, `ImagingError`.
    mutating func map(
        _ role: Role, _ name: String, in data: DataSession?, on grid: VolumeGeometry
    ) async throws -> (volume: Volume<Float>, frameOfReferenceUID: String?) {
        guard let reader = Self.reader(of: name, in: data) else {
            return (try image(role, URL(filePath: name), on: grid).volume, nil)
        }
        let isOutlined = ["RTSTRUCT", "SEG"].contains(
            try await reader.series(role.rawValue, name).modality)
        guard role == .medium, isOutlined else {
            let named = try await reader.image(role.rawValue, name)
            try record(named.series, role)
            keep(named.image.findings)
            try check(named.image.volume, of: role, on: grid)
            return (named.image.volume, named.image.frameOfReferenceUID)
        }
        let named = try await reader.numberedOutlines(role.rawValue, name)
        try record(named.series, role)
        let labels = try DoseLabels(
            named.outlines, on: grid, sliceSpacingMM: grid.spacingMM.z)
        keep(named.findings)
        let media = try labels.map.voxels.enumerated().map { index, label in
            let numbers = labels.numbers(of: Int(label))
            guard numbers.count < 2 else {
                throw WorkflowError.refused(
                    sentence: "The \(role.subject) names \(numbers.count) media for voxel "
                        + "\(grid.place(of: index)); structures that are media must not overlap.")
            }
            return Float(numbers.first ?? 0)
        }
        let volume = try Volume(voxels: media, geometry: grid)
        try check(volume, of: role, on: grid)
        return (volume, named.frameOfReferenceUID)
    }

    /// Reads a label map on a grid: a file of that name, else an RTSTRUCT or SEG of the data folder.
    ///
    /// - Returns: The labels, and the frame of reference of a series.
    /// - Throws: ``WorkflowError``, `DicomError`, `ImagingError`.
    mutating func labels(
        _ name: String, in data: DataSession?, on grid: VolumeGeometry, sliceSpacingMM: Double
    ) async throws -> (labels: DoseLabels, frameOfReferenceUID: String?) {
        guard let reader = Self.reader(of: name, in: data) else {
            let map = try image(.labels, URL(filePath: name), on: grid).volume
            // Whole numbers in range: the reader has checked.
            let labels = try Volume(voxels: map.voxels.map { UInt16($0) }, geometry: grid)
            return (DoseLabels(map: labels), nil)
        }
        let named = try await reader.numberedOutlines(Role.labels.rawValue, name)
        try record(named.series, .labels)
        let labels = try DoseLabels(named.outlines, on: grid, sliceSpacingMM: sliceSpacingMM)
        keep(named.findings + labels.findings)
        return (labels, named.frameOfReferenceUID)
    }

    /// What reads the name as one of a series; `nil` where a file has it, or without a data folder.
    private static func reader(of name: String, in data: DataSession?) -> NamedSeriesReader? {
        guard let data, !FileManager.default.fileExists(atPath: URL(filePath: name).path) else {
            return nil
        }
        return NamedSeriesReader(
            folder: data.folder, library: SeriesLibrary(folder: data.folder, source: data.source),
            seriesNames: .options)
    }
}
