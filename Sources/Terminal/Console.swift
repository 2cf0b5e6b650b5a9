package import Foundation

/// The program's two voices: results on standard output, everything else on standard error.
package enum Console {
    /// Says something that is no result.
    package static func note(_ text: String) {
        FileHandle.standardError.write(Data((visible(text) + "\n").utf8))
    }

    /// Prints a result.
    package static func result(_ data: Data) { FileHandle.standardOutput.write(data) }

    /// Prints a result as text.
    package static func result(_ text: String) { result(Data((visible(text) + "\n").utf8)) }

    /// The text with everything a terminal would obey, not show, written as `\u{1B}`.
    ///
    /// Names in files and on disks come from anywhere; escape sequences in them could clear the
    /// screen or hide a line, and marks that turn the writing direction could reorder a number.
    package static func visible(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard commands(scalar) else {
                shown.append(scalar)
                continue
            }
            let code = String(scalar.value, radix: 16, uppercase: true)
            shown.append(contentsOf: "\\u{\(code)}".unicodeScalars)
        }
        return String(shown)
    }

    /// The text as ``visible(_:)`` gives it and on one line, so that a name cannot add lines.
    package static func line(_ text: String) -> String {
        visible(text).replacing("\n", with: "\\u{A}")
    }

    private static func commands(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A: false
        case 0x00 ..< 0x20, 0x7F ..< 0xA0, 0x2028 ... 0x2029, 0x202A ... 0x202E, 0x2066 ... 0x2069:
            true
        default: false
        }
    }

    /// The sentence an error shows to a person.
    package static func sentence(for error: any Error) -> String {
        switch error {
        case let error as CocoaError: sentence(forFile: error)
        case let error as any CustomStringConvertible: error.description
        case let error as any LocalizedError: error.errorDescription ?? "\(error)"
        default: "\(error)"
        }
    }

    private static func sentence(forFile error: CocoaError) -> String {
        let file = error.filePath ?? error.url?.path ?? "a file"
        let cause = (error.underlying as? POSIXError).map { ": \($0.localizedDescription)" } ?? ""
        return "Reading or writing '\(file)' failed\(cause). "
            + "Check the path, its rights and the room on the disk."
    }

    /// A progress line that rewrites itself on a terminal and is one line per step elsewhere.
    package static func progress(_ text: String) {
        if isTerminal {
            FileHandle.standardError.write(Data("\r\u{1B}[K\(visible(text))".utf8))
        } else {
            note(text)
        }
    }

    /// Ends a progress line.
    package static func endProgress() {
        if isTerminal { FileHandle.standardError.write(Data("\n".utf8)) }
    }

    private static let isTerminal = isatty(2) == 1
}
