/// A fixed block of plain values that the transport loop reads and writes without checks.
///
/// Why not `Span`: the loop's state holds a dozen tables, and a struct cannot store spans without
/// experimental language features. Debug builds check each index. Copies share the memory, which
/// lives until the last copy is gone.
@safe struct RawTable<Element: BitwiseCopyable> {
    private let storage: RawStorage<Element>
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    /// Copies an array.
    init(_ elements: [Element]) {
        let storage = RawStorage<Element>(count: elements.count)
        for (index, element) in elements.enumerated() {
            unsafe (storage.base + index).initialize(to: element)
        }
        self.storage = storage
        unsafe base = storage.base
        count = elements.count
    }

    /// Creates a table that holds `value` everywhere.
    init(repeating value: Element, count: Int) {
        let storage = RawStorage<Element>(count: count)
        unsafe storage.base.initialize(repeating: value, count: count)
        self.storage = storage
        unsafe base = storage.base
        self.count = count
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count, "index \(index) of \(count)")
            return unsafe base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < count, "index \(index) of \(count)")
            unsafe base[index] = newValue
        }
    }

    /// Calls `body` with every number that is not 0, in rising order of places.
    @inline(__always)
    static func forEachNonZero(
        of table: RawTable<Double>, _ body: (_ index: Int, _ value: Double) -> Void
    ) {
        var index = 0
        while index < table.count {
            // Eight at a time: most of a table holds nothing.
            if index + 8 <= table.count {
                var bits: UInt64 = 0
                for next in index ..< index + 8 { bits |= unsafe table.base[next].bitPattern }
                if bits == 0 {
                    index += 8
                    continue
                }
            }
            let end = min(index + 8, table.count)
            while index < end {
                let value = unsafe table.base[index]
                if value != 0 { body(index, value) }
                index += 1
            }
        }
    }

    /// Adds to an element.
    @inline(__always)
    static func add(_ value: Double, to table: RawTable<Double>, at index: Int) {
        assert(index >= 0 && index < table.count, "index \(index) of \(table.count)")
        unsafe table.base[index] += value
    }
}

// No race: tables that workers share (matter, spectra, cross sections, sites) are filled before the
// workers start and only read from then on. All others belong to one worker at a time: a tracker's
// own, which live as long as its batch, and a batch's tally, which goes through a lock to whoever
// adds it.
extension RawTable: @unchecked Sendable {}

/// Owns the memory of a table.
@safe private final class RawStorage<Element: BitwiseCopyable> {
    let base: UnsafeMutablePointer<Element>

    init(count: Int) { unsafe base = .allocate(capacity: max(1, count)) }

    deinit { unsafe base.deallocate() }
}
