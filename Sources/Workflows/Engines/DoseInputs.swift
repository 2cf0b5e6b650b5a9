import Foundation
import Imaging
import Physics
import Storage

/// The files that a dose is computed from, read and checked against each other.
struct DoseInputs: Sendable {
    /// What a file is for.
    enum Role: String, CaseIterable {
        case tia
        case density
        case medium
        case labels

        /// The subject of a sentence.
        var subject: String {
            switch self {
            case .tia: "time-integrated activity"
            case .density: "density"
            case .medium: "medium map"
            case .labels: "label map"
            }
        }
    }

    /// Decays per voxel (Bq·s).
    let decays: Volume<Float>
    let density: DensityMap
    /// Indices of ``MaterialsReport``.
    let medium: Volume<UInt8>
    let labels: Volume<UInt16>?
    /// SHA-256 of each file, by role.
    let digests: [String: String]

    /// How far corners of one grid may lie from those of the other, in voxels.
    ///
    /// NIfTI keeps places as 32-bit floats and programs round them differently; a hundredth of a
    /// voxel is above that and far below what a dose shows.
    private static let tolerance = 0.01

    /// Reads the files.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a file cannot be read, lies on another
    ///   grid, or holds a value that makes no sense.
    init(_ files: [Role: URL], media: Int) throws {
        var volumes: [Role: Volume<Float>] = [:]
        var digests: [String: String] = [:]
        for role in Role.allCases {
            guard let url = files[role] else { continue }
            let file = "The \(role.subject) '\(url.path)'"
            guard let data = try? Data(contentsOf: url) else {
                throw WorkflowError.refused(sentence: "\(file) cannot be opened.")
            }
            digests[role.rawValue] = ObjectDigest(of: [UInt8](data)).hex
            do { volumes[role] = try NIfTI.read(url) } catch let error as ImagingError {
                throw WorkflowError.refused(sentence: "\(file): \(error.description)")
            }
        }
        guard let decays = volumes[.tia], let density = volumes[.density],
            let medium = volumes[.medium]
        else {
            throw WorkflowError.refused(
                sentence: "Time-integrated activity, density and medium map are all needed.")
        }
        for role in Role.allCases {
            guard let volume = volumes[role] else { continue }
            try Self.check(volume.geometry, of: role, against: decays.geometry)
            try Self.check(volume, of: role, media: media)
        }
        guard decays.sum() > 0 else {
            throw WorkflowError.refused(
                sentence: "The time-integrated activity is 0 in every voxel.")
        }
        let matter = Self.values(density)
        for (index, value) in Self.values(decays).enumerated() where value > 0 {
            guard matter[index] > 0 else {
                throw WorkflowError.refused(
                    sentence: "Voxel \(Self.place(index, decays.geometry)) holds activity, but "
                        + "its density is 0.")
            }
        }
        let grid = decays.geometry
        self.decays = decays
        self.density = DensityMap(gramsPerML: try Volume(voxels: matter, geometry: grid))
        // Whole numbers in range: checked above.
        self.medium = try Volume(voxels: Self.values(medium).map { UInt8($0) }, geometry: grid)
        labels = try volumes[.labels].map {
            try Volume(voxels: Self.values($0).map { UInt16($0) }, geometry: grid)
        }
        self.digests = digests
    }

    static func values(_ volume: Volume<Float>) -> [Float] {
        volume.withVoxels { span in span.indices.map { span[$0] } }
    }

    private static func check(
        _ grid: VolumeGeometry, of role: Role, against reference: VolumeGeometry
    ) throws {
        let farthest = zip(grid.cornersMM, reference.cornersMM).map { ($0 - $1).length }.max() ?? 0
        guard grid.shape == reference.shape, farthest <= tolerance * reference.spacingMM.smallest
        else {
            throw WorkflowError.refused(
                sentence: "The \(role.subject) (\(words(grid))) and the time-integrated activity "
                    + "(\(words(reference))) lie on different grids; their corners are up to "
                    + String(format: "%.4g", farthest) + " mm apart. Resample one first.")
        }
    }

    private static func check(_ volume: Volume<Float>, of role: Role, media: Int) throws {
        func refuse(_ index: Int, _ rule: String) -> WorkflowError {
            let value = volume.withVoxels { $0[index] }
            return .refused(
                sentence: "The \(role.subject) of voxel \(place(index, volume.geometry)) is "
                    + "\(value); \(rule).")
        }
        if let index = volume.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw refuse(index, "it must be finite and not negative")
        }
        let count: Int
        switch role {
        case .tia, .density: return
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

    private static func place(_ index: Int, _ grid: VolumeGeometry) -> String {
        let (nx, ny) = (grid.shape.x, grid.shape.y)
        return "(\(index % nx), \(index / nx % ny), \(index / (nx * ny)))"
    }

    private static func words(_ grid: VolumeGeometry) -> String {
        let (shape, spacing) = (grid.shape, grid.spacingMM)
        return "\(shape.x) x \(shape.y) x \(shape.z) voxels of "
            + String(format: "%.4g x %.4g x %.4g mm", spacing.x, spacing.y, spacing.z)
    }
}
