import Server
import Testing

@Suite("Progress of a job")
struct JobProgressTests {
    @Test("What is said last is written, what came between is not, and nothing after the end")
    func last() async {
        let (written, notes) = AsyncStream.makeStream(of: String.self)
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let progress = JobProgress(every: 0.001) { fraction, sentence in
            notes.yield("\(sentence) \(fraction ?? -1)")
            // The first one is being written until more has come.
            if sentence == "first" { for await _ in gate { break } }
        }
        var lines = written.makeAsyncIterator()
        await progress.note(0.25, "first")
        #expect(await lines.next() == "first 0.25")
        await progress.note(0.5, "second")
        await progress.note(nil, "third")
        opening.yield()
        #expect(await lines.next() == "third -1.0")
        await progress.end()
        notes.finish()
        #expect(await lines.next() == nil)
    }
}
