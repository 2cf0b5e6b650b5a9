import Foundation

/// The program's two voices: results on standard output, everything else on standard error.
enum Console {
    /// Says something that is no result.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Prints a result.
    static func result(_ data: Data) { FileHandle.standardOutput.write(data) }

    /// Prints a result as text.
    static func result(_ text: String) { result(Data((text + "\n").utf8)) }

    /// The sentence an error shows to a person.
    static func sentence(for error: any Error) -> String {
        switch error {
        case let error as any CustomStringConvertible: error.description
        case let error as any LocalizedError: error.errorDescription ?? "\(error)"
        default: "\(error)"
        }
    }

    /// A progress line that rewrites itself on a terminal and is one line per step elsewhere.
    static func progress(_ text: String) {
        if isTerminal {
            FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
        } else {
            note(text)
        }
    }

    /// Ends a progress line.
    static func endProgress() {
        if isTerminal { FileHandle.standardError.write(Data("\n".utf8)) }
    }

    private static let isTerminal = isatty(2) == 1
}
