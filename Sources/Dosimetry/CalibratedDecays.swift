public import Imaging
public import Quantities

/// Decays per volume, ready for a dose engine, with what was assumed to get them.
public struct CalibratedDecays: Sendable {
    public var decays: TimeIntegratedActivityMap
    public var findings: [Finding]

    public init(decays: TimeIntegratedActivityMap, findings: [Finding] = []) {
        self.decays = decays
        self.findings = findings
    }

    /// The decays in the whole grid.
    public var total: Double {
        decays.decaysPerML.sum() * decays.decaysPerML.geometry.voxelVolumeML
    }
}
