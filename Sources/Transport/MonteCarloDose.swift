public import Imaging

/// The result of a transport run.
public struct MonteCarloDose: Sendable {
    /// The mean dose of the voxels of one label.
    public struct LabelDose: Hashable, Sendable {
        public let label: Int
        public let massKg: Double
        public let meanGy: Double
        /// 1 sigma of the mean over its value, from the scatter of batches; 0 for no dose.
        public let relativeUncertainty: Double
    }

    /// Dose to the medium of each voxel, in Gy.
    public let dose: DoseMap
    /// 1 sigma of each voxel over its dose, as a fraction; 0 where no dose was scored.
    public let relativeUncertainty: Volume<Float>
    public let labels: [LabelDose]
    /// Decays simulated.
    public let histories: Int
    public let batches: Int
    /// Energy of the particles started, with twice the rest energy of positrons, in J.
    public let emittedJ: Double
    public let depositedJ: Double
    public let escapedJ: Double
}
