import ArgumentParser
import Terminal

/// Becomes the program `grevy-server`, which lies beside this one.
///
/// The server brings a network stack that takes longer to build than all the rest; who only
/// computes need not build it.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the workspace of a data folder to browsers.")

    @Argument(parsing: .captureForPassthrough, help: "See 'grevy serve --help'.")
    var arguments: [String] = []

    func run() throws { try Neighbour.become("grevy-server", arguments: arguments) }
}
