import ArgumentParser
import Foundation

/// Parses the command line, runs the verb, and turns every outcome into an exit code.
@main
enum Main {
    /// What the program's exit tells a script.
    private enum Exit {
        static let refused: Int32 = 1
        static let wrongUse: Int32 = 2
    }

    static func main() async {
        do {
            var command = try await Grevy.asyncParseAsRoot()
            if var asyncCommand = command as? any AsyncParsableCommand {
                try await asyncCommand.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            leave(after: error)
        }
    }

    private static func leave(after error: any Error) -> Never {
        switch Grevy.exitCode(for: error) {
        case .success:
            print(Grevy.fullMessage(for: error))
            exit(0)
        case .validationFailure:
            Console.note(Grevy.fullMessage(for: error))
            exit(Exit.wrongUse)
        default:
            Console.note("grevy: \(Console.sentence(for: error))")
            exit(Exit.refused)
        }
    }
}
