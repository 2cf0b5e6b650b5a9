import Foundation
package import Quantities

/// What a dose run did, as `grevy dose` shows it; the maps are in files.
package struct DoseReport: Hashable, Sendable, Encodable {
    package struct Label: Hashable, Sendable, Encodable {
        package let label: Int
        /// What a person called a structure of a series.
        package var name: String?
        package let massKg: Double
        package let meanGy: Double
        /// One standard deviation of the mean over its value; 0 where there is no statistics.
        package let relativeUncertainty: Double
    }

    /// What turned CT numbers into density.
    package struct Curve: Hashable, Sendable, Encodable {
        package let name: String
        package let source: String
        package let date: String
    }

    package let engine: String
    package let nuclide: String
    /// `medium` or `water`: what takes the dose.
    package let doseTo: String
    /// Decays in the whole map.
    package let decays: Double
    package let emittedJ: Double
    package let depositedJ: Double
    /// What left the grid; for local deposition, what photons carry away; for kernels, also what
    /// voxels of gas would take.
    package let escapedJ: Double
    /// Decays simulated; 0 for local deposition and kernels.
    package let histories: Int
    /// By processor time of the run itself; 0 for local deposition and kernels.
    package let historiesPerSecondPerCore: Double
    /// Wall time of the run itself.
    package let seconds: Double
    /// `nil` for local deposition and kernels, which draw nothing.
    package let seed: UInt64?
    package let threads: Int?
    /// With a label map only.
    package let labels: [Label]?
    /// SHA-256 of each file or series that was read, and of the overrides, by option.
    package let inputs: [String: String]
    /// With a CT only.
    package let densityCurve: Curve?
    /// Structures whose matter was set by hand.
    package let overrides: [MatterOverride]
    /// What was assumed, and what a person should check.
    package let findings: [Finding]
    package let version: String

    /// The result for a person.
    package var text: String {
        func number(_ value: Double) -> String { String(format: "%.5g", value) }
        var lines = [
            "\(nuclide), engine \(engine): \(number(decays)) decays, dose to \(doseTo)",
            "Emitted \(number(emittedJ)) J, deposited \(number(depositedJ)) J, "
                + "escaped \(number(escapedJ)) J",
        ]
        if histories > 0 {
            let speed = String(format: "%.0f", historiesPerSecondPerCore)
            lines.append(
                "\(histories) histories in \(String(format: "%.1f", seconds)) s, "
                    + "\(speed) per second and core")
        }
        if let labels {
            lines.append("label    mass kg    mean Gy   ± % (statistical, 1 sigma)")
            lines += labels.map {
                String(
                    format: "%5d  %9.5g  %9.5g  %7.3f", $0.label, $0.massKg, $0.meanGy,
                    100 * $0.relativeUncertainty) + ($0.name.map { "  \($0)" } ?? "")
            }
        }
        return lines.joined(separator: "\n")
    }
}
