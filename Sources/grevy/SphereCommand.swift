import ArgumentParser
import Workflows

/// `grevy sphere`: what a sphere with activity in it receives itself.
struct SphereCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sphere",
        abstract: "Simulate the dose per decay of a sphere to itself, in a uniform medium.",
        discussion: "The sphere is exact, not made of voxels; the same medium is around it.")

    @OptionGroup var matter: MaterialOptions
    @Option(name: .customLong("mass-g"), help: "The mass of the sphere, in grams.")
    var massG: Double
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = try SphereReport(
            nuclide: matter.nuclide, material: matter.material, densityGPerML: matter.density,
            massG: massG, run: engine.settings())
        try output.show(report, text: \.text)
    }
}
