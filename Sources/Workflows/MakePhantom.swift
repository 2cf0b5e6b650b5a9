package import Foundation
import Phantom

/// Makes a synthetic patient with known truth.
package enum MakePhantom {
    /// What the user asked for.
    package struct Request: Sendable {
        package var folder: URL
        package var caseName: String
        package var seed: UInt64
        package var isHalfSize: Bool
        package var hasTruncatedLungs: Bool

        package init(
            folder: URL, caseName: String = "sirt-net", seed: UInt64 = 1, isHalfSize: Bool = false,
            hasTruncatedLungs: Bool = false
        ) {
            self.folder = folder
            self.caseName = caseName
            self.seed = seed
            self.isHalfSize = isHalfSize
            self.hasTruncatedLungs = hasTruncatedLungs
        }
    }

    /// Writes the patient and returns the bytes of `truth.json`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the folder is none or cannot be made,
    ///   `PhantomError` when the case is unknown or the folder not empty.
    package static func run(
        _ request: Request, progress: @Sendable (_ fraction: Double, _ step: String) -> Void
    ) async throws -> Data {
        try OutputFolder.check(request.folder, as: "the synthetic patient")
        let truth = try await SyntheticPatient.write(
            try PhantomCase.named(request.caseName),
            options: PhantomOptions(
                seed: request.seed, isHalfSize: request.isHalfSize,
                hasTruncatedLungs: request.hasTruncatedLungs),
            to: request.folder, progress: { progress($0.fraction, $0.step) })
        return try truth.json()
    }
}
