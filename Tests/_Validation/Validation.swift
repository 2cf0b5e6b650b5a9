// SPDX-License-Identifier: Apache-2.0
//
// Holds the dose engines against independent codes and published values, and writes what came out.
// Usage: _Validation OUTPUT-FOLDER [scale=1] [seed=1] [only=NAME] [f=0.3] [wc=100] [loss=250] [cut=20]
// The settings after `only` are for studies of the transport scheme; a report is made without them.
import Foundation
import _Gates

@main
struct Validation {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard let folder = arguments.first, !folder.contains("=") else {
            print("usage: _Validation OUTPUT-FOLDER [scale=1] [seed=1] [only=NAME] ...")
            exit(2)
        }
        arguments.removeFirst()
        let setup = try GateSetup(arguments)
        var done: [Gate] = []
        for (name, run) in Gate.all where setup.only == nil || setup.only == name {
            let start = Date()
            let gate = try run(setup)
            print(gate.markdown)
            print("(\(name): \(Int(-start.timeIntervalSinceNow)) s)\n")
            done.append(gate)
        }
        try ValidationReport(gates: done, setup: setup).write(to: URL(filePath: folder))
        if done.contains(where: { $0.failures > 0 }) { exit(1) }
    }
}
