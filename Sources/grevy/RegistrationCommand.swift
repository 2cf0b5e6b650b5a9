import ArgumentParser
import Workflows

/// `grevy registration`: a person's word on a kept registration.
struct RegistrationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registration",
        abstract: "Accept a kept registration, or take the acceptance back.",
        subcommands: [Accept.self, Withdraw.self])

    struct Options: ParsableArguments {
        @Argument(help: ArgumentHelp("The registration's id.", valueName: "registration"))
        var id: String

        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func show(_ shown: ComputedShown) throws {
            try output.show(shown) { shown in
                shown.acceptance.map { "\(shown.id) is accepted by \($0.acceptedBy)." }
                    ?? "\(shown.id) is not accepted; plans made with it are outdated."
            }
        }
    }

    /// `grevy registration accept`.
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the actor has looked at a registration and it may be used.")

        @OptionGroup var options: Options
        @Option(help: "What was looked at.")
        var note = ""

        func run() async throws {
            try options.show(
                try await options.data.open().acceptRegistration(options.id, note: note))
        }
    }

    /// `grevy registration withdraw`.
    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an acceptance back; what was made with it becomes outdated.")

        @OptionGroup var options: Options
        @Option(help: "Why.")
        var reason: String

        func run() async throws {
            try options.show(
                try await options.data.open().withdrawRegistration(options.id, reason: reason))
        }
    }
}
