/// What was made last, kept so that several people who ask for one thing do not make it again.
///
/// Whoever asks must have been let through first: the cache knows no rights.
actor SharedCache<Value: Sendable> {
    private struct Entry {
        let value: Value
        let cost: Int
        var lastUse: Int
    }

    private var entries: [String: Entry] = [:]
    private var running: [String: Task<Value, any Error>] = [:]
    private var uses = 0
    private let limit: Int
    private let cost: @Sendable (Value) -> Int

    /// - Parameters:
    ///   - limit: Of the sum of costs; what was not used for longest goes first.
    ///   - cost: Of one value.
    init(limit: Int, cost: @escaping @Sendable (Value) -> Int) {
        (self.limit, self.cost) = (limit, cost)
    }

    /// The value of a tag where it is there already.
    func kept(_ tag: String) -> Value? {
        guard let entry = entries[tag] else { return nil }
        uses += 1
        entries[tag]?.lastUse = uses
        return entry.value
    }

    /// Returns the value of a tag; of several who ask at once one makes it.
    func value(
        _ tag: String, make: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        uses += 1
        if let entry = entries[tag] {
            entries[tag]?.lastUse = uses
            return entry.value
        }
        let task = running[tag] ?? Task { try await make() }
        running[tag] = task
        defer { running[tag] = nil }
        let value = try await task.value
        entries[tag] = Entry(value: value, cost: cost(value), lastUse: uses)
        while entries.values.reduce(0, { $0 + $1.cost }) > limit, entries.count > 1,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            entries[oldest] = nil
        }
        return value
    }
}
