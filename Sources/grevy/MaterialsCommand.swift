import ArgumentParser
import Workflows

/// `grevy materials`: the media that medium maps and kernels name.
struct MaterialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "materials",
        abstract: "List the media of the dose engines: index, density, I value, source.")

    @OptionGroup var output: OutputOptions

    func run() throws { try output.show(try MaterialsReport(), text: \.text) }
}
