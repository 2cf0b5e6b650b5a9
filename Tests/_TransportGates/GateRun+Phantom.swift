import Imaging
import Physics
import Transport
import _TestSupport

extension GateRun {
    /// Organs and voxels of the reference phantom against EGSnrc.
    func phantom() throws {
        let reference = try EGSnrcReference.Phantom()
        let result = try run(
            VoxelPhantom(
                medium: reference.medium, density: DensityMap(gramsPerML: reference.gramsPerML),
                media: Array(Medium.all.prefix(6))),
            decays: reference.activity, labels: reference.labels, histories: 1e7)
        for label in result.labels {
            report(label, result, reference)
        }
    }

    /// One organ: mean dose, and its voxels within 2 % + 3 combined sigma of the reference.
    private func report(
        _ label: MonteCarloDose.LabelDose, _ result: MonteCarloDose,
        _ reference: EGSnrcReference.Phantom
    ) {
        var (energy, mass, signed) = (0.0, 0.0, 0.0)
        var (within, counted, left) = (0, 0, 0)
        let shape = reference.geometry.shape
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x where Int(reference.labels[i, j, k]) == label.label {
                    let density = Double(reference.gramsPerML[i, j, k])
                    let theirs = Double(reference.grays[i, j, k])
                    let sigma = Double(reference.sigmaGrays[i, j, k])
                    let mine = Double(result.dose.grays[i, j, k])
                    let own = Double(result.relativeUncertainty[i, j, k]) * mine
                    energy += theirs * density
                    mass += density
                    if !(theirs > 0 && sigma / theirs <= 0.1) {
                        left += 1
                        continue
                    }
                    counted += 1
                    signed += mine / theirs - 1
                    let combined = (sigma * sigma + own * own).squareRoot()
                    if abs(mine - theirs) <= 0.02 * theirs + 3 * combined { within += 1 }
                }
            }
        }
        print(
            "label \(label.label): mean", percent(label.meanGy / (energy / mass)),
            "own sigma \(label.relativeUncertainty * 100) %;",
            "\(counted) voxels, \(left) left out,",
            "\(100 * Double(within) / Double(max(1, counted))) % within,",
            "mean signed \(100 * signed / Double(max(1, counted))) %")
    }
}
