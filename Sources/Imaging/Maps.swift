public import Quantities

/// CT numbers, one value per voxel.
public struct HounsfieldMap: Sendable {
    /// CT numbers in Hounsfield units.
    public var hounsfieldUnits: Volume<Float>

    public init(hounsfieldUnits: Volume<Float>) { self.hounsfieldUnits = hounsfieldUnits }
}

/// Activity concentration, one value per voxel.
public struct ActivityMap: Sendable {
    /// Activity concentration in becquerels per millilitre; noise may make it negative.
    public var becquerelsPerML: Volume<Float>

    public init(becquerelsPerML: Volume<Float>) { self.becquerelsPerML = becquerelsPerML }

    /// The total activity in the grid.
    public var total: Activity {
        Activity(becquerels: becquerelsPerML.sum() * becquerelsPerML.geometry.voxelVolumeML)
    }
}

/// Detected events, one value per voxel: an amount, not a concentration.
public struct CountMap: Sendable {
    /// Counts per voxel.
    public var counts: Volume<Float>

    public init(counts: Volume<Float>) { self.counts = counts }
}

/// Decays per volume over the whole residence of the activity, one value per voxel.
public struct TimeIntegratedActivityMap: Sendable {
    /// Time-integrated activity concentration in Bq·s/mL, which is decays per millilitre.
    public var decaysPerML: Volume<Float>

    public init(decaysPerML: Volume<Float>) { self.decaysPerML = decaysPerML }
}

/// Absorbed dose, one value per voxel.
public struct DoseMap: Sendable {
    /// Absorbed dose in grays.
    public var grays: Volume<Float>

    public init(grays: Volume<Float>) { self.grays = grays }
}

/// Mass density, one value per voxel.
public struct DensityMap: Sendable {
    /// Mass density in grams per millilitre.
    public var gramsPerML: Volume<Float>

    public init(gramsPerML: Volume<Float>) { self.gramsPerML = gramsPerML }
}
