package import Foundation
import Synchronization

/// How long a plan takes, from images in the data folder to the kept record and to written files.
package enum PlanBenchmark {
    /// Seconds of the quickest round.
    package struct Timing: Encodable, Sendable {
        /// From the plan file's text to the kept record: what somebody at a page waits for.
        package let planSeconds: Double
        /// The stages of that round in their order.
        package let stages: [Stage]
        /// Writing plan, report page, DICOM and NIfTI to a folder; no PDF.
        package let writeSeconds: Double
        package let rounds: Int
    }

    /// From the beginning of a stage to that of the next.
    package struct Stage: Encodable, Sendable {
        package let name: String
        package let seconds: Double
    }

    /// Makes a plan several times in one running program, as a server does.
    ///
    /// A round before the first is not counted: it starts the workers that read files and, with a
    /// plan file that is new, finds the registration. Each round keeps a plan of its own.
    ///
    /// - Throws: What ``PlanWorkflow`` and ``PlanOutputs`` throw.
    package static func timed(
        session: DataSession, yaml: String, specFolder: URL, rounds: Int, out: URL
    ) async throws -> Timing {
        var best: (whole: Double, stages: [Stage])?
        var writing = Double.infinity
        for round in 0 ... rounds {
            let marks = Mutex<[(name: String, at: ContinuousClock.Instant)]>([])
            let kept = try await session.plan(yaml: yaml, specFolder: specFolder) { name in
                marks.withLock { $0.append((name, .now)) }
            }
            let end = ContinuousClock.now
            _ = try await session.write(kept, to: out, pdf: false)
            guard round > 0 else { continue }
            writing = min(writing, (ContinuousClock.now - end) / .seconds(1))
            let taken = marks.withLock { $0 }
            guard let start = taken.first?.at else { continue }
            let whole = (end - start) / .seconds(1)
            guard whole < best?.whole ?? .infinity else { continue }
            let ends = taken.dropFirst().map(\.at) + [end]
            best = (
                whole,
                zip(taken, ends).map {
                    Stage(name: $0.name, seconds: ($1 - $0.at) / .seconds(1))
                }
            )
        }
        return Timing(
            planSeconds: best?.whole ?? .nan, stages: best?.stages ?? [], writeSeconds: writing,
            rounds: rounds)
    }
}
