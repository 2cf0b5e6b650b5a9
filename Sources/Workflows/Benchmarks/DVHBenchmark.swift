import DICOM

/// Histograms of real files, reading included, for Benchmarks/dvh.py to compare with its peer.
package enum DVHBenchmark {
    /// What was measured.
    package struct Timing: Encodable, Sendable {
        /// Wall time with the start of the reader's workers.
        package let seconds: Double
        package let structures: [DVHSummary]
    }

    /// Computes all structures of pairs of RTDOSE and RTSTRUCT until there are `count` or more.
    ///
    /// - Throws: As ``DVHWorkflow/run(dosePath:structuresPath:source:)``.
    package static func timed(
        pairs: [(dose: String, structures: String)], count: Int, mode: DVHMode
    ) async throws -> Timing {
        let workflow = DVHWorkflow(mode: mode)
        var structures: [DVHSummary] = []
        let start = ContinuousClock.now
        let reader = DicomReader()
        var last = -1
        // A round over all pairs that finds nothing ends it.
        while structures.count < count, structures.count > last {
            last = structures.count
            for pair in pairs where structures.count < count {
                structures += try await workflow.run(
                    dosePath: pair.dose, structuresPath: pair.structures, source: reader
                ).structures
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return Timing(seconds: seconds, structures: structures)
    }
}
