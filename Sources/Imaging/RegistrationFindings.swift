import Quantities

/// What the residual report of a registration says to a person.
enum RegistrationFindings {
    /// Other starts that end further away than this, at the middle of the image, found another
    /// optimum: half a usual SPECT voxel.
    private static let spreadLimitMM = 2.0

    /// With less of the compared points inside the moving image, the metric may prefer a chance
    /// overlap.
    private static let overlapLimit = 0.5

    static func findings(of result: RegistrationResult, run: RegistrationRun) -> [Finding] {
        var findings: [Finding] = []
        if result.spread.centreMM > spreadLimitMM {
            findings.append(
                Finding(
                    "registration.spread", .warning,
                    "Searches from other starts end up to \(oneDigit(result.spread.centreMM)) mm "
                        + "away at the middle of the fixed image; check the overlay, or give a "
                        + "manual start."))
        }
        if result.overlap < overlapLimit {
            findings.append(
                Finding(
                    "registration.little-overlap", .warning,
                    "Only \(Int((result.overlap * 100).rounded())) % of the compared points lie "
                        + "inside the moving image."))
        }
        if !(result.metricEnd < result.metricStart) {
            findings.append(
                Finding(
                    "registration.no-gain", .warning,
                    "The images are not more alike after the registration than before."))
        }
        if !run.isConverged {
            findings.append(
                Finding(
                    "registration.step-limit", .note,
                    "A level used all its steps before the step size reached its limit."))
        }
        return findings
    }

    private static func oneDigit(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
