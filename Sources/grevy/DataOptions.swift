import ArgumentParser
import Foundation
import Terminal
import Workflows

/// The data folder a verb works on.
struct DataOptions: ParsableArguments {
    @Option(name: .long, help: "The data folder.")
    var data: String

    @Option(name: .long, help: "Who acts, for the audit trail (default: the login name).")
    var actor: String?

    /// Opens the folder for the actor.
    func open(create: Bool = false) throws -> DataSession {
        try DataSession(
            path: data, create: create, actor: actor ?? ProcessInfo.processInfo.userName)
    }
}

/// How a verb speaks.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON document.")
    var json = false

    /// Prints `value` as JSON, or what `text` makes of it.
    func show<Value: Encodable>(_ value: Value, text: (Value) -> String) throws {
        if json {
            Console.result(try CanonicalJSON.encoded(value))
        } else {
            Console.result(text(value))
        }
    }
}
