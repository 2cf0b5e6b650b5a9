import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy voi`: volumes of interest of a case, in versions.
struct VOICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "voi",
        abstract: "Make, list, accept and export volumes of interest.",
        discussion: """
            A volume lies on the voxels of one CT and has versions; the latest counts. Each \
            begins as a proposal until a person accepts it. What was made with an earlier \
            version becomes outdated. Plans use accepted ones with 'structures: {from: vois}'.
            Positions are millimetres in the patient (LPS: left, posterior, head are positive).
            """,
        subcommands: [
            List.self, Import.self, Propose.self, Sphere.self, Threshold.self, Combine.self,
            Margin.self, Smooth.self, Fill.self, Interpolate.self, Rename.self, Withdraw.self,
            Restore.self, Accept.self, Export.self,
        ])

    struct CaseOptions: ParsableArguments {
        @OptionGroup var data: DataOptions
        @Option(
            name: .customLong("case"),
            help: "The case's number, as in its pages' addresses (default: the only one).")
        var caseNumber: Int64?
        @OptionGroup var output: OutputOptions

        func open() async throws -> VOISession {
            try await data.open().vois(ofCase: caseNumber)
        }

        func show(
            _ vois: [VOIShown],
            whenNone: String = "The case has no volume of interest; try 'grevy voi propose liver'."
        ) throws {
            try output.show(vois) { vois in
                vois.isEmpty
                    ? whenNone
                    : vois.map(Self.line).joined(separator: "\n")
            }
        }

        private static func line(_ voi: VOIShown) -> String {
            let current = voi.current
            let state = current.acceptedBy.map { "accepted by \($0)" } ?? current.state
            let volume = current.making.volumeML.formatted(.number.precision(.fractionLength(1)))
            return Console.line(
                "\(voi.name)  \(voi.role)  \(volume) mL  \(current.id)  \(current.making.making)  "
                    + "\(state)  \(current.time) by \(current.author)")
                + (voi.versions.last { $0.id != current.id && !$0.isAside }.map {
                    "  (before: \($0.id) \($0.making.making), \($0.state))"
                } ?? "")
                + (current.outdated.map { "  OUTDATED: \(Console.line($0))" } ?? "")
        }
    }

    /// Where a version goes.
    struct TargetOptions: ParsableArguments {
        @Option(help: "The volume of interest; a new version when there is one of that name.")
        var name: String
        @Option(help: "What a new one is for (\(VOIRole.names); default: by its name).")
        var role: VOIRole?
        @Option(
            name: .customLong("on"),
            help: "The CT that a new one lies on (default: that of the case's other volumes).")
        var ct: String?

        var target: VOITarget {
            VOITarget(
                name: name, role: role ?? VOIRole(structureName: name), series: ct, base: .current)
        }
    }

    /// `grevy voi list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the volumes of interest with volume, state and author.")
        @Flag(help: "List those that were taken out of use instead.") var withdrawn = false
        @OptionGroup var options: CaseOptions

        func run() async throws {
            let session = try await options.open()
            if withdrawn {
                try options.show(
                    try await session.withdrawn(), whenNone: "Nothing was taken out of use.")
            } else {
                try options.show(try await session.list())
            }
        }
    }

    /// `grevy voi rename`.
    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a volume another name, as a new version.")
        @Argument(help: "The volume of interest.") var name: String
        @Option(help: "Its new name.") var to: String
        @OptionGroup var options: CaseOptions

        func run() async throws {
            try options.show([try await options.open().rename(name, to: to)])
        }
    }

    /// `grevy voi withdraw`.
    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a volume out of use; its versions stay, 'restore' takes it up again.")
        @Argument(help: "The volume of interest.") var name: String
        @Option(help: "Why.") var reason: String
        @OptionGroup var options: CaseOptions

        func run() async throws {
            try options.show([try await options.open().withdraw(name, reason: reason)])
        }
    }

    /// `grevy voi restore`.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take up again a volume that was taken out of use.")
        @Argument(help: "The volume of interest.") var name: String
        @Option(help: "Which, where several of that name were taken out of use.")
        var number: Int64?
        @OptionGroup var options: CaseOptions

        func run() async throws {
            try options.show([try await options.open().restore(name, number: number)])
        }
    }

    /// `grevy voi accept`.
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the actor has looked at the versions that count.")
        @Argument(help: "Names of volumes of interest.") var names: [String]
        @Option(help: "What was looked at.") var note = ""
        @OptionGroup var options: CaseOptions

        func run() async throws {
            let session = try await options.open()
            var accepted: [VOIShown] = []
            for name in names {
                accepted.append(try await session.accept(name, note: note))
            }
            try options.show(accepted)
        }
    }

    /// `grevy voi export`.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write accepted volumes as RTSTRUCT, SEG and NIfTI masks.")
        @Argument(help: "Names (default: every accepted one).") var names: [String] = []
        @Option(help: "The folder for what is written; made when absent.", completion: .directory)
        var out: String
        @Flag(help: "Write those too that nobody has accepted.") var includeProposals = false
        @OptionGroup var options: CaseOptions

        func run() async throws {
            let answer = try await options.open().export(
                names, includingProposals: includeProposals, to: URL(filePath: out))
            for finding in answer.findings {
                Console.note("\(finding.severity.rawValue) \(finding.code): \(finding.sentence)")
            }
            try options.output.show(answer) { "\(out): \($0.files.joined(separator: ", "))" }
        }
    }
}

extension VOIRole: ExpressibleByArgument {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
extension VOIProposal.Organ: ExpressibleByArgument {}
extension VOIOperation.Combination: ExpressibleByArgument {}
