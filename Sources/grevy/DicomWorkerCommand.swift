import ArgumentParser
import Workflows

/// The child process in which DICOM files are parsed; only the program itself starts it.
struct DicomWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dicom-worker",
        abstract: "Parses DICOM files for the program that started it.",
        shouldDisplay: false)

    func run() throws {
        throw ExitCode(DicomWorkerEntry.run())
    }
}
