import ArgumentParser
import Foundation
import Terminal
import Workflows

/// The verbs of `grevy voi` that make a version.
extension VOICommand {
    /// `grevy voi import`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take structures of an RTSTRUCT or SEG series over.")
        @Argument(help: "The series, as 'grevy list' names it.") var series: String
        @Option(parsing: .upToNextOption, help: "Which structures (default: all).")
        var structure: [String] = []
        @Option(help: "What new ones are for (\(VOIRole.names); default: by their names).")
        var role: VOIRole?
        @Option(
            name: .customLong("on"),
            help: "The CT that new ones lie on (default: that of the case's other volumes).")
        var ct: String?
        @OptionGroup var options: CaseOptions

        func run() async throws {
            try options.show(
                try await options.open().takeOver(
                    series, names: structure, on: ct, role: role))
        }
    }

    /// `grevy voi propose`.
    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose body, lungs or liver from the CT.",
            discussion: """
                Thresholds, parts that hang together, and morphology; Docs/VOIs.md says how good \
                they were. A proposal must be looked at, corrected and accepted by a person.
                """)
        @Argument(help: "body, lungs or liver.") var organ: VOIProposal.Organ
        @Option(help: "The volume's name (default: Body, Lungs, Liver).") var name: String?
        @Option(
            name: .customLong("on"),
            help: "The CT that a new one lies on (default: that of the case's other volumes).")
        var ct: String?
        @OptionGroup var options: CaseOptions

        func run() async throws {
            let target = VOITarget(
                name: name ?? organ.rawValue.capitalized,
                role: VOIRole(rawValue: organ.rawValue) ?? .other, series: ct, base: .current)
            try options.show([
                try await options.open().make(.proposal(organ), in: target)
            ])
        }
    }

    struct MakingOptions: ParsableArguments {
        @OptionGroup var target: TargetOptions
        @OptionGroup var options: CaseOptions

        func make(_ operation: VOIOperation) async throws {
            try options.show([
                try await options.open().make(operation, in: target.target)
            ])
        }
    }

    /// `grevy voi sphere`.
    struct Sphere: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A sphere at a point, partly covered voxels at its border.")
        @Option(parsing: .unconditional, help: "Centre, 'X,Y,Z' in mm (LPS).") var centre: Point
        @Option(help: "Diameter in mm.") var diameter: Double
        @OptionGroup var making: MakingOptions

        func run() async throws {
            try await making.make(.sphere(centreMM: centre.mm, diameterMM: diameter))
        }
    }

    /// `grevy voi threshold`.
    struct Threshold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What of a region has values in a range of an image.",
            discussion: """
                The image is read in its own voxels, linear between them; one in another frame \
                of reference needs an accepted registration. Give '--lowest' and '--highest', or \
                '--share' of the highest value in the region.
                """)
        @Option(help: "The image, as 'grevy list' names it.") var layer: String
        @Option(parsing: .unconditional, help: "Lowest value, in the image's unit.")
        var lowest: Double?
        @Option(parsing: .unconditional, help: "Highest value, in the image's unit.")
        var highest: Double?
        @Option(help: "Share of the highest value, such as 0.41.") var share: Double?
        @Option(help: "The region: a volume of interest.") var within: String?
        @Option(parsing: .unconditional, help: "The region: a sphere's centre, 'X,Y,Z' in mm.")
        var centre: Point?
        @Option(help: "That sphere's diameter in mm.") var diameter: Double?
        @OptionGroup var making: MakingOptions

        func run() async throws {
            try await making.make(.threshold(layer: layer, limits: limits, within: region))
        }

        private var limits: VOIOperation.Limits {
            get throws {
                switch (lowest, highest, share) {
                case (nil, nil, let share?): return .shareOfHighest(share)
                case (let lowest, let highest, nil) where lowest != nil || highest != nil:
                    return .values(lowest: lowest ?? -1e9, highest: highest ?? 1e9)
                default:
                    throw ValidationError(
                        "Give either '--lowest', '--highest' or both, or '--share'.")
                }
            }
        }

        private var region: VOIOperation.Within {
            get throws {
                switch (within, centre, diameter) {
                case (let name?, nil, nil): return .voi(name)
                case (nil, let centre?, let diameter?):
                    return .sphere(centreMM: centre.mm, diameterMM: diameter)
                default:
                    throw ValidationError(
                        "Give either '--within', or '--centre' and '--diameter'.")
                }
            }
        }
    }

    /// `grevy voi combine`.
    struct Combine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Union, intersection, or the first without the others.")
        @Argument(help: "union, difference or intersection.")
        var combination: VOIOperation.Combination
        @Argument(help: "Names of two or more volumes of interest.") var names: [String]
        @OptionGroup var making: MakingOptions

        func run() async throws {
            try await making.make(.combination(combination, of: names))
        }
    }

    /// `grevy voi margin`.
    struct Margin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Grow a volume by a distance, or shrink it by a negative one.")
        @Argument(help: "The volume of interest.") var of: String
        @Option(parsing: .unconditional, help: "Distance in mm; negative shrinks.") var mm: Double
        @OptionGroup var making: MakingOptions

        func run() async throws { try await making.make(.margin(of: of, mm: mm)) }
    }

    /// `grevy voi smooth`.
    struct Smooth: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take away what is thinner than twice a distance, fill what is narrower.")
        @Argument(help: "The volume of interest.") var of: String
        @Option(help: "Distance in mm.") var mm: Double
        @OptionGroup var making: MakingOptions

        func run() async throws { try await making.make(.smoothing(of: of, mm: mm)) }
    }

    /// `grevy voi fill`.
    struct Fill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Fill what a volume encloses.")
        @Argument(help: "The volume of interest.") var of: String
        @Flag(help: "Fill what it encloses in each slice.") var inSlices = false
        @OptionGroup var making: MakingOptions

        func run() async throws { try await making.make(.fill(of: of, inSlices: inSlices)) }
    }

    /// `grevy voi interpolate`.
    struct Interpolate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fill the slices between those that were drawn.")
        @Argument(help: "The volume of interest.") var of: String
        @OptionGroup var making: MakingOptions

        func run() async throws { try await making.make(.interpolation(of: of)) }
    }

    /// A position as it is typed.
    struct Point: ExpressibleByArgument {
        let mm: [Double]

        init?(argument: String) {
            let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
                .map { Double($0.trimmingPrefix(while: \.isWhitespace)) }
            guard parts.count == 3, parts.allSatisfy({ $0?.isFinite == true }) else { return nil }
            mm = parts.compactMap { $0 }
        }
    }
}
