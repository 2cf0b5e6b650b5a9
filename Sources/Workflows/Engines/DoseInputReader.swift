import Foundation
import Imaging
import Physics
import Quantities
import Storage

/// Reads the files and series of a dose run, and keeps what they were.
struct DoseInputReader {
    /// What a file is for.
    enum Role: String, CaseIterable {
        case tia
        case density
        case medium
        case labels
        case ct
        /// Counts, or decays per voxel.
        case activity

        /// The subject of a sentence.
        var subject: String {
            switch self {
            case .tia: "time-integrated activity"
            case .density: "density"
            case .medium: "medium map"
            case .labels: "label map"
            case .ct: "CT"
            case .activity: "activity"
            }
        }
    }

    /// How many media there are.
    let media: Int
    /// SHA-256 by option.
    private(set) var digests: [String: String] = [:]
    private(set) var findings: [Finding] = []
    /// Whose series were read.
    private var patient: Int64?

    /// How far corners of one grid may lie from those of the other, in voxels.
    ///
    /// Files keep places as 32-bit floats and programs round them differently; a hundredth of a
    /// voxel is above that and far below what a dose shows.
    private static let tolerance = 0.01

    init(media: Int) { self.media = media }

    /// Reads a NIfTI or NRRD file, with values that its role allows.
    ///
    /// With a `reference` it must lie on that grid.
    ///
    /// - Returns: The image.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    mutating func image(
        _ role: Role, _ url: URL, on reference: VolumeGeometry? = nil
    ) throws -> ImageFile {
        let file = "The \(role.subject) '\(url.path)'"
        var bytes = try contents(of: url, file)
        let image: ImageFile
        do {
            image = try ImageFile(bytes: bytes) { name in
                let beside = url.deletingLastPathComponent().appending(path: name)
                let more = try contents(
                    of: beside, "The voxels '\(beside.path)' of the \(role.subject)")
                bytes += more
                return more
            }
        } catch let error as ImagingError {
            throw WorkflowError.refused(sentence: "\(file): \(error.description)")
        }
        digests[role.rawValue] = ObjectDigest(of: bytes).hex
        try check(image.volume, of: role, on: reference)
        return image
    }

    /// Keeps what a series was.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when it is of another patient than those
    ///   before.
    mutating func record(_ series: NamedSeriesReader.NamedSeries, _ role: Role) throws {
        guard patient ?? series.patient == series.patient else {
            throw WorkflowError.refused(
                sentence: "The \(role.subject) is of another patient than the series before it. "
                    + "Files without a patient ID need one when they are imported: "
                    + "'grevy import --patient-id ID'.")
        }
        patient = series.patient
        digests[role.rawValue] = series.source.digest
    }

    /// Keeps what reading a series found.
    mutating func keep(_ more: [Finding]) { findings += more }

    /// Keeps among the inputs what else a result depends on, so that a checkpoint of another run
    /// differs.
    mutating func record(_ option: String, text: String) {
        digests[option] = ObjectDigest(of: Array(text.utf8)).hex
    }

    /// Keeps what a file that others read was.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when it cannot be opened.
    mutating func record(_ option: String, _ url: URL, subject: String) throws {
        digests[option] =
            ObjectDigest(
                of: try contents(of: url, "The \(subject) '\(url.path)'")
            ).hex
    }

    /// Reads a site's table of CT number and density; the generic one without a file.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``, `PhysicsError`.
    mutating func curve(_ url: URL?) throws -> HounsfieldDensityCurve {
        guard let url else { return try .generic }
        let bytes = try contents(of: url, "The density curve '\(url.path)'")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw WorkflowError.refused(
                sentence: "The density curve '\(url.path)' is no UTF-8 text.")
        }
        digests["ctCurve"] = ObjectDigest(of: bytes).hex
        return try HounsfieldDensityCurve(text: text, name: url.lastPathComponent)
    }

    private func contents(of url: URL, _ subject: String) throws -> [UInt8] {
        guard let data = try? Data(contentsOf: url) else {
            throw WorkflowError.refused(sentence: "\(subject) cannot be opened.")
        }
        return [UInt8](data)
    }

    /// Refuses a map on another grid than the reference, and values that its role does not allow.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func check(_ volume: Volume<Float>, of role: Role, on reference: VolumeGeometry?) throws {
        if let reference { try check(volume.geometry, of: role, against: reference) }
        try check(volume, of: role)
    }

    private func check(
        _ grid: VolumeGeometry, of role: Role, against reference: VolumeGeometry
    ) throws {
        let farthest = zip(grid.cornersMM, reference.cornersMM).map { ($0 - $1).length }.max() ?? 0
        guard grid.shape == reference.shape,
            farthest <= Self.tolerance * reference.spacingMM.smallest
        else {
            throw WorkflowError.refused(
                sentence: "The \(role.subject) (\(grid.words)) and the time-integrated activity "
                    + "(\(reference.words)) lie on different grids; their corners are up to "
                    + String(format: "%.4g", farthest) + " mm apart. Resample one first.")
        }
    }

    private func check(_ volume: Volume<Float>, of role: Role) throws {
        func refuse(_ index: Int, _ rule: String) -> WorkflowError {
            let value = volume.withVoxels { $0[index] }
            return .refused(
                sentence: "The \(role.subject) of voxel \(volume.geometry.place(of: index)) is "
                    + "\(value); \(rule).")
        }
        if role == .ct {
            if let index = volume.firstIndex(where: { !$0.isFinite }) {
                throw refuse(index, "it must be finite")
            }
            return
        }
        if let index = volume.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw refuse(index, "it must be finite and not negative")
        }
        let count: Int
        switch role {
        case .tia, .activity, .ct: return
        case .density:
            // A map in kg/m³ would make doses a thousand times too low.
            let most = Material.allowedGramsPerML.upperBound
            if let index = volume.firstIndex(where: { Double($0) > most }) {
                throw refuse(index, "it must be in g/mL, at most \(most)")
            }
            return
        case .medium: count = min(media, 256)
        case .labels: count = 1 << 16
        }
        if let index = volume.firstIndex(where: { $0 != $0.rounded() || $0 >= Float(count) }) {
            throw refuse(
                index,
                "it must be a whole number from 0 to \(count - 1)"
                    + (role == .medium ? ", as `grevy materials` lists them" : ""))
        }
    }
}

extension VolumeGeometry {
    /// The column, row and slice of a storage index.
    func place(of index: Int) -> String {
        "(\(index % shape.x), \(index / shape.x % shape.y), \(index / (shape.x * shape.y)))"
    }

    /// The grid in words.
    var words: String {
        "\(shape.x) x \(shape.y) x \(shape.z) voxels of "
            + String(format: "%.4g x %.4g x %.4g mm", spacingMM.x, spacingMM.y, spacingMM.z)
    }
}
