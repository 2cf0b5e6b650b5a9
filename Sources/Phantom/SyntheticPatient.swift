import DICOM
package import Foundation
import Imaging
import Physics
import Quantities

/// Makes synthetic patients with known truth, as DICOM.
package enum SyntheticPatient {
    /// Writes a patient into an empty or new folder: `dicom/<series>/*.dcm` and `truth.json`.
    ///
    /// The same case and options give the same bytes on any number of threads.
    ///
    /// - Parameters:
    ///   - phantom: Which patient.
    ///   - options: Seed and variants.
    ///   - folder: Where to; created when it does not exist.
    ///   - progress: Called before each step.
    /// - Returns: What is true of the patient.
    /// - Throws: ``PhantomError/folderNotEmpty`` when something is in the folder already,
    ///   ``PhantomError/notWritten(reason:)`` when the file system refuses, `DicomError`, and
    ///   `CancellationError` between steps.
    @concurrent
    package static func write(
        _ phantom: PhantomCase, options: PhantomOptions, to folder: URL,
        progress: @Sendable (PhantomProgress) -> Void = { _ in }
    ) async throws -> PhantomTruth {
        try refuseUnlessEmpty(folder)
        var writer = PatientWriter(options: options, folder: folder)
        let steps: [(name: String, weight: Double, run: (inout PatientWriter) throws -> Void)] = [
            ("diagnostic CT", 45, { try $0.writeDiagnosticCT() }),
            ("structures and segments", 20, { try $0.writeRegions() }),
            ("planar MAA views", 5, { try $0.writePlanar() }),
            ("SPECT/CT", 15, { try $0.writeSpect() }),
            ("PET/CT", 15, { try $0.writePet() }),
        ]
        var done = 0.0
        for step in steps {
            try Task.checkCancellation()
            progress(PhantomProgress(fraction: done / 100, step: step.name))
            try step.run(&writer)
            done += step.weight
        }
        let truth = try PhantomTruth(
            phantom, options: options, planarShunt: writer.expectedPlanarShunt)
        try wrapped { try truth.json().write(to: folder.appending(path: "truth.json")) }
        progress(PhantomProgress(fraction: 1, step: "done"))
        return truth
    }

    private static func refuseUnlessEmpty(_ folder: URL) throws {
        let manager = FileManager.default
        if manager.fileExists(atPath: folder.path) {
            let content = try wrapped { try manager.contentsOfDirectory(atPath: folder.path) }
            guard content.isEmpty else { throw PhantomError.folderNotEmpty }
        }
    }

    /// Turns what Foundation throws into a reason without paths.
    static func wrapped<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as CocoaError {
            throw PhantomError.notWritten(reason: words(error))
        }
    }

    /// What the system says, `No space left on device`.
    private static func words(_ error: CocoaError) -> String {
        (error.underlying ?? error).localizedDescription
            .replacing("The operation could not be completed. ", with: "")
    }
}
