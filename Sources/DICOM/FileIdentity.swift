import CDicomShim
import Foundation

/// Which file was read, and in which state: a path may lead to another file a moment later.
///
/// Header and pixels are read at different times, and an image whose values are another's would be
/// a wrong number without a trace.
package struct FileIdentity: Hashable, Sendable {
    let device, inode, size: UInt64
    /// When content or facts last changed, in nanoseconds since 1970; programs cannot set it.
    let changedNS: UInt64

    /// The file at a path now; `nil` when there is none.
    package init?(path: String) {
        var facts = stat()
        // Here and below the system fills `facts`, which outlives the call, or says that it has not.
        guard unsafe stat(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    init(_ identity: dcm_identity) {
        device = identity.device
        inode = identity.inode
        size = identity.size
        changedNS = identity.changed_ns
    }

    /// The identity in a worker's answer, four words.
    init(words: ArraySlice<UInt64>) {
        let words = Array(words)
        (device, inode, size, changedNS) = (words[0], words[1], words[2], words[3])
    }

    var words: [UInt64] { [device, inode, size, changedNS] }

    private init(_ facts: stat) {
        device = UInt64(facts.st_dev)
        inode = UInt64(facts.st_ino)
        size = UInt64(clamping: facts.st_size)
        changedNS =
            UInt64(clamping: facts.st_ctim.tv_sec) &* 1_000_000_000
            &+ UInt64(clamping: facts.st_ctim.tv_nsec)
    }

    /// Makes sure that this still is the file that was read before; anything goes when `nil`.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `file.changed`.
    func check(isStill before: FileIdentity?) throws {
        guard let before, before != self else { return }
        throw Self.changed
    }

    /// Makes sure that an open file is a regular one and still the one that was read before.
    ///
    /// - Throws: As ``check(isStill:)``.
    static func check(descriptor: Int32, isStill before: FileIdentity?) throws {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw changed
        }
        try FileIdentity(facts).check(isStill: before)
    }

    package static let changed = DicomError.refused(
        code: "file.changed",
        reason: "a file was replaced or written to between the reading of its header and that of "
            + "its pixels; read it again when nothing writes to it any more")
}
