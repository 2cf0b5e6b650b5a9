package import ArgumentParser
import Foundation

/// Turns what a command line led to into an exit code.
package enum Outcome {
    /// What a program's exit tells a script.
    private enum Exit {
        static let refused: Int32 = 1
        static let wrongUse: Int32 = 2
    }

    /// Parses the arguments of `root`, runs the verb they name, and leaves the program when that
    /// fails.
    package static func run(_ root: (some AsyncParsableCommand).Type) async {
        var command: any ParsableCommand
        do { command = try await root.asyncParseAsRoot() } catch { leave(root, after: error) }
        do {
            if var asyncCommand = command as? any AsyncParsableCommand {
                try await asyncCommand.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch let error as ValidationError {
            // The library knows nothing of the verb that was running and would explain the root.
            let usage = root.usageString(for: type(of: command))
            Console.note("Error: \(error.message)\nUsage: \(usage)")
            exit(Exit.wrongUse)
        } catch {
            leave(root, after: error)
        }
    }

    private static func leave(
        _ root: (some AsyncParsableCommand).Type, after error: any Error
    ) -> Never {
        switch root.exitCode(for: error) {
        case .success:
            print(root.fullMessage(for: error))
            exit(0)
        case .validationFailure:
            Console.note(root.fullMessage(for: error))
            exit(Exit.wrongUse)
        default:
            Console.note("grevy: \(Console.sentence(for: error))")
            exit(Exit.refused)
        }
    }
}
