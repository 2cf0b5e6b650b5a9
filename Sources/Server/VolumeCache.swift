/// Encoded volumes of the last cases, so that several people open one without encoding it again.
///
/// Whoever asks must have been let through first: the cache knows no rights.
actor VolumeCache {
    private struct Entry {
        let bytes: [UInt8]
        var lastUse: Int
    }

    private var entries: [String: Entry] = [:]
    private var running: [String: Task<[UInt8], any Error>] = [:]
    private var uses = 0
    private let limitBytes: Int

    init(limitBytes: Int = 512 << 20) { self.limitBytes = limitBytes }

    /// Returns the bytes of a tag; of several who ask at once one makes them.
    func bytes(
        _ tag: String, make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        uses += 1
        if let entry = entries[tag] {
            entries[tag]?.lastUse = uses
            return entry.bytes
        }
        let task = running[tag] ?? Task { try await make() }
        running[tag] = task
        defer { running[tag] = nil }
        let bytes = try await task.value
        entries[tag] = Entry(bytes: bytes, lastUse: uses)
        while entries.values.reduce(0, { $0 + $1.bytes.count }) > limitBytes, entries.count > 1,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            entries[oldest] = nil
        }
        return bytes
    }
}
