import ArgumentParser
import Foundation
import Workflows

/// The maps that a dose is computed from: NIfTI or NRRD files, or a CT of the data folder.
struct DoseInputOptions: ParsableArguments {
    @Option(
        help: """
            Time-integrated activity: a file in Bq s per voxel, or a series in Bq/mL with '--data'.
            """, completion: .file())
    var tia: String
    @OptionGroup var activityMeaning: ActivityOptions
    @Option(
        help: ArgumentHelp(
            "The edge of the dose grid's voxels, along the activity's axes (default: its grid).",
            valueName: "mm"))
    var gridMm: Double?
    @Option(
        help: "Mass density, in g/mL: a file, or a series with '--data'.", completion: .file())
    var density: String?
    @Option(
        help: """
            Medium of each voxel by its index, as `grevy materials` lists them: a file, or a series \
            with '--data'.
            """, completion: .file())
    var medium: String?
    @Option(
        help: "A CT in HU instead of density and medium: a file, or a series with '--data'.",
        completion: .file())
    var ct: String?
    @Option(
        help: ArgumentHelp(
            "The scanner's own table of CT number and density (default: a generic one).",
            valueName: "file"), completion: .file())
    var ctCurve: String?
    @Option(help: "The data folder that series are named of.", completion: .directory)
    var data: String?
    @Option(
        help: """
            Structures to get mean doses of: a file of whole numbers, or an RTSTRUCT or SEG with \
            '--data'.
            """, completion: .file())
    var labels: String?
    @Option(
        name: .customLong("override"),
        help: ArgumentHelp(
            "Sets medium and density in g/mL of a structure, as in 1=soft-tissue:1.06; either "
                + "may be left out.", valueName: "label=medium:density"))
    var overrides: [MatterOverride] = []

    func validate() throws {
        guard ct == nil ? density != nil && medium != nil : density == nil && medium == nil else {
            throw ValidationError("Name either '--ct' or both '--density' and '--medium'.")
        }
        guard ct != nil || ctCurve == nil else {
            throw ValidationError("'--ct-curve' goes with '--ct'.")
        }
        guard (0.5 ... 20).contains(gridMm ?? 1) else {
            throw ValidationError("'--grid-mm' must be from 0.5 to 20.")
        }
        guard overrides.isEmpty || labels != nil else {
            throw ValidationError("'--override' needs '--labels'.")
        }
        guard Set(overrides.map(\.label)).count == overrides.count else {
            throw ValidationError("'--override' names a label twice.")
        }
    }

    /// Where to read from; opens the data folder.
    func sources() throws -> DoseSources {
        let matter: DoseSources.Matter =
            if let density, let medium {
                .maps(density: density, medium: medium)
            } else {
                .ct(name: ct ?? "", curve: ctCurve.map { URL(filePath: $0) })
            }
        return DoseSources(
            tia: tia, calibration: activityMeaning.calibration, gridSpacingMM: gridMm,
            matter: matter,
            labels: labels, overrides: overrides,
            data: try data.map {
                try DataSession(path: $0, actor: ProcessInfo.processInfo.userName)
            })
    }
}

extension MatterOverride: ExpressibleByArgument {
    /// Reads the text of the option; another form is wrong use.
    public init?(argument: String) { self.init(text: argument) }
}
