import Dosimetry
import Imaging
import Quantities

/// Masses and mean doses of labels, energy over mass, without voxels of gas unless asked.
///
/// What a Monte Carlo engine gave for a label stays where no voxel of it is left out; else its
/// sigma, which is that of the label with its gas, stands beside the mean without.
struct LabelMeans {
    let means: [DoseReport.Label]
    /// What each structure loses; label 0, what is in no structure, is not told of.
    let findings: [Finding]

    /// What the voxels of one label add up to.
    struct Sum {
        fileprivate(set) var kg = 0.0
        /// Mass times dose.
        fileprivate(set) var joules = 0.0
        fileprivate(set) var voxels = 0
        /// How many of them hold gas and were left out.
        fileprivate(set) var gas = 0
    }

    /// Adds up a dose over labels.
    static func sums(
        _ dose: Volume<Float>, _ inputs: DoseInputs, _ labels: Volume<UInt16>, countsGas: Bool
    ) -> [Int: Sum] {
        let kgPerDensity = dose.geometry.voxelVolumeML * 1e-3
        var sums: [Int: Sum] = [:]
        labels.withVoxels { labels in
            dose.withVoxels { grays in
                inputs.density.gramsPerML.withVoxels { rho in
                    for n in labels.indices {
                        var sum = sums[Int(labels[n])] ?? Sum()
                        sum.voxels += 1
                        if !countsGas, rho[n] < Float(DensityMap.gasFloorGPerML) {
                            sum.gas += 1
                        } else {
                            let kg = Double(rho[n]) * kgPerDensity
                            sum.kg += kg
                            sum.joules += kg * Double(grays[n])
                        }
                        sums[Int(labels[n])] = sum
                    }
                }
            }
        }
        return sums
    }

    init(
        _ result: DoseRun.Result, _ inputs: DoseInputs, _ labels: DoseLabels, countsGas: Bool
    ) {
        let voxelML = result.dose.geometry.voxelVolumeML
        let sums = Self.sums(result.dose, inputs, labels.map, countsGas: countsGas)
        let drawn = Dictionary(uniqueKeysWithValues: result.labels.map { ($0.label, $0) })
        let sorted = sums.sorted { $0.key < $1.key }
        let found = sorted.compactMap { label, sum -> DoseReport.Label? in
            if sum.gas == 0, let known = drawn[label] { return known }
            guard sum.kg > 0 else {
                // Gas alone: the label is there, without dose.
                return sum.gas > 0
                    ? DoseReport.Label(label: label, massKg: 0, meanGy: 0, relativeUncertainty: 0)
                    : nil
            }
            return DoseReport.Label(
                label: label, massKg: sum.kg, meanGy: sum.joules / sum.kg,
                relativeUncertainty: drawn[label]?.relativeUncertainty ?? 0)
        }
        means = labels.rows(found)
        var voxels: [Int: (all: Int, gas: Int)] = [:]
        for (label, sum) in sums {
            for number in labels.numbers(of: label) where number > 0 {
                let known = voxels[number] ?? (0, 0)
                voxels[number] = (known.all + sum.voxels, known.gas + sum.gas)
            }
        }
        findings = voxels.sorted { $0.key < $1.key }.compactMap { number, count in
            .gasLeftOut(
                volumeML: Double(count.gas) * voxelML, of: Double(count.all) * voxelML,
                subject: "label \(number)")
        }
    }
}
