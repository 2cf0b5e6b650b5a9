import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy calculate`: quick numbers without any image.
struct CalculateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calculate",
        abstract: "Compute activities, doses, lung shunt, residual or vials from typed numbers.",
        discussion: Calculation.help)

    @Argument(help: ArgumentHelp("What to compute.", valueName: "kind"))
    var kind: Calculation

    @Option(help: ArgumentHelp("A JSON file, or - for standard input.", valueName: "file"))
    var input = "-"

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    func run() throws {
        let result = try kind.result(document: try bytes())
        if json { Console.result(try result.json()) } else { Console.result(result.text) }
    }

    /// The document, read no further than just past the largest one that is accepted.
    private func bytes() throws -> [UInt8] {
        let handle: FileHandle
        if input == "-" {
            handle = .standardInput
        } else {
            guard let file = FileHandle(forReadingAtPath: input) else {
                throw WorkflowError.unreadable(input)
            }
            handle = file
        }
        var data = Data()
        while data.count <= StrictJSON.maximumBytes {
            let part: Data?
            do { part = try handle.read(upToCount: StrictJSON.maximumBytes + 1 - data.count) } catch
            {
                throw WorkflowError.unreadable(input)
            }
            guard let part, !part.isEmpty else { break }
            data.append(part)
        }
        return [UInt8](data)
    }
}

extension Calculation: ExpressibleByArgument {}
