import ArgumentParser
import Workflows

/// `grevy kernel`: dose per decay of the voxels around one with activity.
struct KernelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel",
        abstract: "Simulate the doses per decay around a voxel, in a uniform medium.",
        discussion: """
            The activity is spread evenly over the voxel. One octant is given; the others are its \
            mirror images.
            """)

    @OptionGroup var matter: MaterialOptions
    @Option(
        name: .customLong("voxel-mm"), parsing: .upToNextOption,
        help: ArgumentHelp("The three sides of a voxel.", valueName: "mm mm mm"))
    var voxelMM: [Double]
    @Option(help: "The greatest offset along each axis, in voxels.")
    var radius = 10
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard voxelMM.count == 3 else {
            throw ValidationError("'--voxel-mm' needs three numbers, as in: --voxel-mm 3 3 3")
        }
        guard KernelReport.allowedRadius.contains(radius) else {
            let allowed = KernelReport.allowedRadius
            throw ValidationError(
                "'--radius' must be from \(allowed.lowerBound) to \(allowed.upperBound) voxels.")
        }
    }

    func run() throws {
        let report = try KernelReport(
            nuclide: matter.nuclide, material: matter.material, densityGPerML: matter.density,
            voxelMM: voxelMM, radius: radius, run: engine.settings())
        try output.show(report, text: \.text)
    }
}
