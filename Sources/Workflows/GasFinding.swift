import Dosimetry
import Imaging
import Quantities

extension Finding {
    /// What a structure loses because voxels of gas carry no dose; `nil` when it loses nothing.
    ///
    /// A warning from ``warnedShare`` of the volume on: then the outline or the CT should be looked
    /// at.
    static func gasLeftOut(volumeML: Double, of wholeML: Double, subject: String) -> Finding? {
        // Less is the rounding of single voxels.
        guard wholeML > 0, volumeML > 1e-6 * wholeML else { return nil }
        let warnedShare = 0.01
        let share = volumeML / wholeML
        return Finding(
            "dose.gas-left-out", share >= warnedShare ? .warning : .note,
            "\(Figures.fixed(volumeML, 2)) of \(Figures.fixed(wholeML, 2)) mL "
                + "(\(Figures.fixed(100 * share, 1)) %) are thinner than "
                + "\(DensityMap.gasFloorGPerML) g/mL, so gas, and carry no dose in means and "
                + "histograms.", subject: subject)
    }
}

extension ContourStack {
    /// What contours lose because voxels of gas carry no dose, on the grid of the density.
    func gasFinding(_ density: DensityMap, subject: String) throws -> Finding? {
        let mask = try mask(on: density.gramsPerML.geometry)
        return .gasLeftOut(
            volumeML: mask.volumeML - density.withoutGas(mask).volumeML, of: mask.volumeML,
            subject: subject)
    }
}
