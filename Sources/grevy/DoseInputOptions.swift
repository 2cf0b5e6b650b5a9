import ArgumentParser
import Foundation
import Workflows

/// The maps that a dose is computed from: NIfTI or NRRD files, or a CT of the data folder.
struct DoseInputOptions: ParsableArguments {
    @Option(help: "Time-integrated activity, in Bq s per voxel.", completion: .file())
    var tia: String
    @Option(help: "Mass density, in g/mL.", completion: .file())
    var density: String?
    @Option(
        help: "Medium of each voxel by its index; `grevy materials` lists them.",
        completion: .file())
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
    @Option(help: "The data folder that '--ct' names a series of.", completion: .directory)
    var data: String?
    @Option(help: "Structures by number, to get mean doses of.", completion: .file())
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
        guard ct != nil || (ctCurve == nil && data == nil) else {
            throw ValidationError("'--ct-curve' and '--data' go with '--ct'.")
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
                .maps(density: URL(filePath: density), medium: URL(filePath: medium))
            } else {
                .ct(name: ct ?? "", curve: ctCurve.map { URL(filePath: $0) })
            }
        return DoseSources(
            tia: URL(filePath: tia), matter: matter, labels: labels.map { URL(filePath: $0) },
            overrides: overrides,
            data: try data.map {
                try DataSession(path: $0, actor: ProcessInfo.processInfo.userName)
            })
    }
}

extension MatterOverride: ExpressibleByArgument {
    /// Reads the text of the option; another form is wrong use.
    public init?(argument: String) { self.init(text: argument) }
}
