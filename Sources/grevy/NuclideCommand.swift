import ArgumentParser
import Workflows

/// `grevy nuclide`: what a decay emits.
struct NuclideCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nuclide",
        abstract: "Show half-life, betas, electrons and photons of a nuclide, with sources.",
        discussion: """
            Means of betas are computed from theory. Intensities are per decay in the JSON \
            document and per 100 decays in the text.
            """)

    @Argument(help: "The nuclide, written like Lu-177.")
    var nuclide: String

    @Option(
        help: ArgumentHelp(
            "A folder with your own ICRP-07.RAD and ICRP-07.BET, to compare with.",
            valueName: "folder"))
    var icrp107: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.show(try NuclideReport(name: nuclide, icrp107: icrp107), text: \.text)
    }
}
