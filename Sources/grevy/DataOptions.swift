import ArgumentParser
import DICOM
import Foundation
import Storage
import Workflows

/// The data folder a verb works on.
struct DataOptions: ParsableArguments {
    @Option(name: .long, help: "The data folder.")
    var data: String

    func open(create: Bool = false) throws -> DataFolder {
        try DataFolder.open(at: URL(filePath: data), create: create)
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

/// Who acts; stands in the audit trail.
struct ActorOptions: ParsableArguments {
    @Option(name: .long, help: "Who acts, for the audit trail (default: the login name).")
    var actor: String?

    var name: String { actor ?? ProcessInfo.processInfo.userName }
}
