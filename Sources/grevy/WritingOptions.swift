import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// What the verbs ask for that compute from a file of wishes and write a folder of results.
struct WritingOptions: ParsableArguments {
    @Argument(
        help: "The file that says what to compute.", completion: .file(extensions: ["yaml", "yml"]))
    var spec: String

    @OptionGroup var data: DataOptions
    @Option(name: .long, help: "The folder for what is written; made when absent.")
    var out: String
    @Flag(name: .long, help: "Leave the PDF out (it needs the Python environment of ./run setup).")
    var noPdf = false
    @OptionGroup var output: OutputOptions

    var specURL: URL { URL(filePath: spec) }
    var outURL: URL { URL(filePath: out) }

    /// The file's text; what would only fail after minutes of computing is refused here.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func specText() throws -> String {
        try InputFile.check([specURL.path])
        guard let text = try? String(contentsOf: specURL, encoding: .utf8) else {
            throw WorkflowError.refused(
                sentence: "'\(specURL.path)' cannot be read as UTF-8 text.")
        }
        try OutputFolder.check(outURL)
        if !noPdf { _ = try ReportPDF.pythonExecutable() }
        return text
    }

    /// Writes out what is kept already; when that fails, says what is kept and how to go on.
    func write<Written>(_ id: String, _ body: () async throws -> Written) async throws -> Written {
        do { return try await body() } catch {
            Console.note(
                "\(id) is kept; only its files are not all written. 'grevy export' writes them again."
            )
            throw error
        }
    }

    /// Ends the progress line and prints the answer, with what the writers changed beside it.
    func show<Answer: Encodable>(
        _ answer: Answer, findings: [Finding], text: (Answer) -> String
    ) throws {
        Console.endProgress()
        for finding in findings {
            Console.note("\(finding.severity.rawValue) \(finding.code): \(finding.sentence)")
        }
        try output.show(answer, text: text)
    }
}
