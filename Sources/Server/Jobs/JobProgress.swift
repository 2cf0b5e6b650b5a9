/// Writes down how far a job is, not more often than is bearable; what it says last is written too,
/// for a job that waits for somebody says nothing more.
package actor JobProgress {
    private let seconds: Double
    private let write: @Sendable (Double?, String) async -> Void
    private var latest: (fraction: Double?, sentence: String)?
    private var writing: Task<Void, Never>?

    /// - Parameters:
    ///   - seconds: How long nothing is written after something was.
    ///   - write: Keeps a fraction, `nil` while nobody can say, and a sentence.
    package init(every seconds: Double, write: @escaping @Sendable (Double?, String) async -> Void)
    {
        (self.seconds, self.write) = (seconds, write)
    }

    package func note(_ fraction: Double?, _ sentence: String) {
        latest = (fraction, sentence)
        guard writing == nil else { return }
        writing = Task { await self.writeLatest() }
    }

    private func writeLatest() async {
        while let next = latest {
            latest = nil
            await write(next.fraction, next.sentence)
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { break }
        }
        writing = nil
    }

    /// Nothing is written after this returns.
    package func end() async {
        latest = nil
        writing?.cancel()
        await writing?.value
    }
}
