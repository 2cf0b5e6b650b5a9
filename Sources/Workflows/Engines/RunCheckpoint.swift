package import Foundation
import Storage
import Transport

/// Where the runs of one job leave their states, so that the job goes on after it was killed.
///
/// They only save time: a state of another run is replaced, and one that cannot be written is done
/// without.
package struct RunCheckpoints: Sendable {
    /// A folder of the job alone.
    package let folder: URL
    /// How often a state is written, in seconds.
    package let seconds: Double

    package static let usualSeconds = 30.0

    package init(folder: URL, seconds: Double = usualSeconds) {
        (self.folder, self.seconds) = (folder, seconds)
    }

    /// The file of a run.
    func file(_ number: Int) -> URL { folder.appending(path: "run-\(number).state") }
}

/// The state of a run in a file: one line that says what it is of, then the state.
struct RunCheckpoint: Sendable {
    let url: URL
    /// SHA-256 of inputs, settings, seed and software, which the run goes on with or not at all.
    private let key: String

    init(url: URL, identity: String) {
        self.url = url
        key = ObjectDigest(of: Array("\(Software.version); \(identity)".utf8)).hex
    }

    /// Returns what a killed run left; `nil` when there is no file.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a file of another run or a damaged one.
    func state() throws -> RunState? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let bytes = [UInt8](try Data(contentsOf: url))
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            bytes[..<end].elementsEqual(key.utf8)
        else {
            throw WorkflowError.refused(
                sentence: "'\(url.path)' is not a checkpoint of this run with these inputs, "
                    + "settings and seed. Name another file, or remove it to start anew.")
        }
        do { return try RunState(bytes: Array(bytes[(end + 1)...])) } catch {
            throw WorkflowError.refused(
                sentence: "The checkpoint '\(url.path)' is damaged. Remove it to start anew.")
        }
    }

    /// Replaces the file as a whole, so that a kill while writing leaves the one before.
    func write(_ state: RunState) throws {
        var data = Data("\(key)\n".utf8)
        data.append(contentsOf: state.bytes)
        try data.write(to: url, options: .atomic)
    }
}
