public import Imaging

/// Turns decays in the patient into an absorbed-dose map.
///
/// Engines are values: configuration goes in `init`, nothing is kept between calls. Every engine
/// must pass `checkDoseEngineLaws` (linearity, zero in – zero out, geometry kept).
public protocol DoseEngine: Sendable {
    /// Stable identifier written to reports, e.g. `local-deposition/1`.
    static var identifier: String { get }

    /// Computes the absorbed dose after all decays.
    ///
    /// - Parameters:
    ///   - decays: Time-integrated activity concentration on the dose grid.
    ///   - density: Mass density on the same grid.
    /// - Returns: Absorbed dose on the grid of `decays`.
    /// - Throws: ``DoseError`` when the engine cannot treat the input, `CancellationError`.
    func dose(decays: TimeIntegratedActivityMap, density: DensityMap) async throws -> DoseMap
}

/// Why a dose could not be computed.
public enum DoseError: Error, Hashable {
    case geometryMismatch(VolumeGeometry, VolumeGeometry)
    case nonPositiveDensity(atVoxel: Int)
    case emptyRegion(name: String)
    case nonFiniteValue(atVoxel: Int)
    case outOfRange(parameter: String, value: Double)
    case overlappingTerritories(names: [String], sharedML: Double)
    case noCounts(region: String)
}

extension DoseEngine {
    /// Refuses what no engine can treat: maps on two grids, no density, no number.
    ///
    /// - Throws: ``DoseError``.
    func checkInput(decays: TimeIntegratedActivityMap, density: DensityMap) throws {
        let geometry = decays.decaysPerML.geometry
        guard geometry == density.gramsPerML.geometry else {
            throw DoseError.geometryMismatch(geometry, density.gramsPerML.geometry)
        }
        if let bad = density.gramsPerML.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
            throw DoseError.nonPositiveDensity(atVoxel: bad)
        }
        if let bad = decays.decaysPerML.firstIndex(where: { !$0.isFinite }) {
            throw DoseError.nonFiniteValue(atVoxel: bad)
        }
    }
}
