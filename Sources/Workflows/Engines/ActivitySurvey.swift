import Dosimetry
import Foundation
import Imaging
import Quantities

/// Looks at which matter the activity lies in, and tells what a person should check.
///
/// Noise counts with its sign: what lies below zero cancels what lies above, so that an empty place
/// holds nothing.
struct ActivitySurvey {
    let decays: [Float]
    let density: [Float]
    /// Mean CT numbers; empty without a CT.
    let hounsfieldUnits: [Float]
    /// `nil` without structures.
    let labels: DoseLabels?
    /// Labels whose matter was set by hand.
    let overridden: Set<Int>
    /// What to do about contrast medium; `nil` for the option that sets the density of a label.
    var remedy: String?

    /// With noise, less of all activity in gas is not told of.
    private static let noisyGasShare = 0.001
    /// Below it lies lung or gas, where liver activity gets by breathing or blur, in g/mL.
    private static let thin: Float = 0.5
    /// The share of all activity from which thin matter is worth a warning.
    private static let thinShare = 0.02
    /// From it on a median of soft tissue looks like contrast medium, in HU.
    ///
    /// Liver without contrast medium has 58 ± 9 HU (n = 64, one standard deviation; Int J Legal
    /// Med 2019;133:1861-1867); 2.5 of them above. Above the end, it is bone.
    private static let contrastHU: ClosedRange<Float> = 80 ... 200
    /// A structure with less of all activity is not looked at for contrast medium.
    private static let organShare = 0.05

    var findings: [Finding] {
        var (all, inGas, inThin, gasVoxels, isNoisy) = (0.0, 0.0, 0.0, 0, false)
        for (n, amount) in decays.enumerated() where amount != 0 {
            all += Double(amount)
            if density[n] < Float(DensityMap.gasFloorGPerML) {
                inGas += Double(amount)
                gasVoxels += 1
            }
            if density[n] < Self.thin { inThin += Double(amount) }
            isNoisy = isNoisy || amount < 0
        }
        var findings: [Finding] = []
        if inGas > (isNoisy ? Self.noisyGasShare * all : 0) {
            findings.append(
                Finding(
                    "dose.activity-in-air", .warning,
                    "\(gasVoxels) voxels of gas, below \(DensityMap.gasFloorGPerML) g/mL, hold "
                        + "\(Self.percent(inGas / all)) of the activity; their doses mean nothing.")
            )
        }
        if inThin > Self.thinShare * all {
            findings.append(
                Finding(
                    "dose.activity-in-thin-matter", .warning,
                    "\(Self.percent(inThin / all)) of the activity lies below \(Self.thin) g/mL, as "
                        + "breathing and blur put liver activity into lung; check the registration "
                        + "at the dome."))
        }
        return findings + contrast(all: all)
    }

    /// Structures whose median CT number is that of tissue with contrast medium.
    private func contrast(all: Double) -> [Finding] {
        guard !hounsfieldUnits.isEmpty else { return [] }
        var numbers: [Int: [(hu: Float, weight: Double)]] = [:]
        var amounts: [Int: Double] = [:]
        let map = labels?.map.voxels ?? []
        for n in decays.indices where !hounsfieldUnits[n].isNaN {
            // Without labels the activity itself says where the organ is.
            let weight = labels == nil ? Double(decays[n]) : 1
            let members = labels?.numbers(of: Int(map[n])) ?? [-1]
            guard weight != 0, overridden.isDisjoint(with: members) else { continue }
            for label in members where label != 0 {
                numbers[label, default: []].append((hounsfieldUnits[n], weight))
                amounts[label, default: 0] += Double(decays[n])
            }
        }
        return numbers.keys.sorted().compactMap { label in
            guard amounts[label, default: 0] >= Self.organShare * all,
                let median = Self.median(numbers[label, default: []]),
                Self.contrastHU.contains(median)
            else { return nil }
            let isLabel = label >= 0
            let subject = isLabel ? "label \(label)" : nil
            let hu = String(format: "%.0f HU", median)
            return Finding(
                "ct.contrast-suspected", .warning,
                "The median of \(subject ?? "the matter that holds the activity") is \(hu), which "
                    + "looks like contrast medium; the density is then too high. "
                    + (remedy
                        ?? "Give the true one with '--override "
                        + "\(isLabel ? "\(label)" : "LABEL")=soft-tissue:1.06'."),
                subject: subject)
        }
    }

    private static func median(_ numbers: [(hu: Float, weight: Double)]) -> Float? {
        let sorted = numbers.sorted { $0.hu < $1.hu }
        let half = sorted.reduce(0) { $0 + $1.weight } / 2
        guard half > 0 else { return nil }
        var sum = 0.0
        for number in sorted {
            sum += number.weight
            if sum >= half { return number.hu }
        }
        return nil
    }

    private static func percent(_ share: Double) -> String {
        String(format: "%.3g %%", 100 * share)
    }
}
