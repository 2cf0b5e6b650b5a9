import ArgumentParser
import Workflows

/// What the numbers of an activity image mean.
struct ActivityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("All activity in the image, at administration.", valueName: "GBq"))
    var injectedGbq: Double?
    @Option(
        help: ArgumentHelp(
            "How long after administration a series in Bq/mL holds (default: its header).",
            valueName: "h"))
    var hours: Double?

    func validate() throws {
        guard injectedGbq == nil || hours == nil else {
            throw ValidationError("Name '--injected-gbq' or '--hours', not both.")
        }
        guard injectedGbq.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("'--injected-gbq' must be above 0.")
        }
        guard hours.map({ $0 >= 0 && $0.isFinite }) ?? true else {
            throw ValidationError("'--hours' must be 0 or more.")
        }
    }

    var calibration: ActivityCalibration {
        if let injectedGbq { return .injected(gigabecquerels: injectedGbq) }
        if let hours { return .hoursAfterAdministration(hours) }
        return .asStated
    }
}
