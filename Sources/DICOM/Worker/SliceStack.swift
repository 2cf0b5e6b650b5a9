import CDicomShim
import Dispatch
import Synchronization

/// Slices that lie in one file, and where they go in the stack.
struct SliceRun: Sendable {
    let path: String
    /// Where plain values lie; `nil` when the file must be decoded.
    let native: NativePixels?
    let identity: FileIdentity?
    /// Indices of the slices in the stack and among the requests.
    let places: [Int]

    /// The most slices of one native file that are read in one go, so that all workers have some.
    private static let nativeSlices = 8

    /// Groups slices by file, files in the order of their first slice.
    static func runs(of slices: [SliceRequest]) -> [SliceRun] {
        var order: [String] = []
        var places: [String: [Int]] = [:]
        for (index, slice) in slices.enumerated() {
            if places[slice.path] == nil { order.append(slice.path) }
            places[slice.path, default: []].append(index)
        }
        return order.flatMap { path -> [SliceRun] in
            let all = places[path] ?? []
            let first = all.first.map { slices[$0] }
            let native = first?.native
            return all.batches(of: native == nil ? all.count : nativeSlices).map {
                SliceRun(
                    path: path, native: native, identity: first?.identity, places: $0)
            }
        }
    }
}

/// Room for the values of a volume, filled by several workers, slice by slice.
struct SliceStack: Sendable {
    let rows, columns: Int
    let count: Int

    /// - Throws: ``DicomError/limitExceeded(what:)`` when the values do not fit the limit.
    init(slices: Int, rows: Int, columns: Int) throws {
        self.rows = rows
        self.columns = columns
        let (slice, first) = rows.multipliedReportingOverflow(by: columns)
        let (all, second) = slice.multipliedReportingOverflow(by: slices)
        guard rows > 0, columns > 0, !first, !second,
            all <= ReadingLimits.volumeBytes / MemoryLayout<Float>.size
        else {
            throw DicomError.limitExceeded(what: "\(slices) slices of \(rows) x \(columns) values")
        }
        count = all
    }

    /// Reads all slices; each worker takes the next runs when it is done with some.
    ///
    /// Runs are taken several at a time: where neighbouring slices are written by two threads at
    /// once, both wait for the system to clear the same large page, or clear it twice. Plain values come straight from the file, everything else through the worker.
    ///
    /// - Throws: the first ``DicomError``.
    func filled(
        with slices: [SliceRequest], by team: [WorkerProcess],
        seconds: @escaping @Sendable (String) -> Double
    ) throws -> SliceValues {
        let runs = SliceRun.runs(of: slices)
        let share = Self.share(of: runs.count, among: team.count)
        try probe(runs, by: team, seconds: seconds)
        let next = Mutex(0)
        let failure = Mutex<(any Error)?>(nil)
        let tally = Mutex(ConversionTally())
        let values = try unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Half a gigabyte in pages of 4 KiB costs as much as reading it.
            unsafe preferLargePages(buffer)
            // No race: every place of the stack is in one run, and each run is taken by one worker,
            // so workers write disjoint slices; concurrentPerform returns after all of them.
            nonisolated(unsafe) let values = unsafe buffer
            DispatchQueue.concurrentPerform(iterations: team.count) { member in
                let piece = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: NativePixelFile.pieceBytes, alignment: 64)
                defer { unsafe piece.deallocate() }
                while failure.withLock({ $0 == nil }) {
                    let first = next.withLock { value in
                        defer { value += share }
                        return value
                    }
                    guard first < runs.count else { return }
                    do {
                        for run in runs[first ..< min(first + share, runs.count)] {
                            let noticed =
                                try unsafe fillNative(
                                    values, run: run, slices: slices, piece: piece)
                                ?? (unsafe fill(
                                    values, run: run, slices: slices, worker: team[member],
                                    seconds: seconds(run.path)))
                            tally.withLock { $0.add(noticed) }
                        }
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                }
            }
            if let error = failure.withLock({ $0 }) { throw error }
            // Without a failure every run was taken, and with them every place was filled.
            initialized = count
        }
        return SliceValues(values: values, tally: tally.withLock { $0 })
    }

    /// The most runs that a worker takes at once, and the least shares for each, so that none waits
    /// long for the last one.
    private static let (mostRuns, sharesPerWorker) = (16, 8)

    private static func share(of runs: Int, among workers: Int) -> Int {
        min(max(runs / (workers * sharesPerWorker), 1), mostRuns)
    }

    /// Volumes above this are not given room before a first file of theirs has been decoded.
    private static let trustedBytes = 256 << 20

    /// Makes sure that a header which claims a large volume has pixels to show for it.
    private func probe(
        _ runs: [SliceRun], by team: [WorkerProcess], seconds: (String) -> Double
    ) throws {
        // The worker has compared native pixels with the size of their file.
        guard count > Self.trustedBytes / MemoryLayout<Float>.size,
            let run = runs.first(where: { $0.native == nil }), let worker = team.first
        else { return }
        _ = try worker.request(.pixels, path: run.path, seconds: seconds(run.path))
    }

    /// Reads plain values; `nil` when there are none.
    private func fillNative(
        _ values: UnsafeMutableBufferPointer<Float>, run: SliceRun, slices: [SliceRequest],
        piece: UnsafeMutableRawBufferPointer
    ) throws -> ConversionTally? {
        guard let native = run.native else { return nil }
        let file = try NativePixelFile(
            path: run.path, pixels: native, identity: run.identity)
        var tally = ConversionTally()
        for place in run.places {
            let target = try unsafe room(for: place, slices[place], in: values, native.layout)
            tally.add(
                try unsafe file.convert(
                    frame: slices[place].frame, by: slices[place].values, buffer: piece,
                    into: target))
        }
        try file.check()
        return tally
    }

    private func fill(
        _ values: UnsafeMutableBufferPointer<Float>, run: SliceRun, slices: [SliceRequest],
        worker: WorkerProcess, seconds: Double
    ) throws -> ConversionTally {
        let answer = try worker.request(.pixels, path: run.path, seconds: seconds)
        try answer.identity.check(isStill: run.identity)
        guard let layout = answer.layout else {
            throw DicomError.malformed(reason: "no pixel data")
        }
        var tally = ConversionTally()
        for place in run.places {
            let target = try unsafe room(for: place, slices[place], in: values, layout)
            tally.add(
                try unsafe worker.withPixels(layout) { pixels in
                    try unsafe slices[place].values.convert(
                        pixels, layout: layout, first: slices[place].frame * target.count,
                        into: target)
                })
        }
        return tally
    }

    /// The part of the stack that a slice fills, when the file has that slice.
    private func room(
        for place: Int, _ slice: SliceRequest, in values: UnsafeMutableBufferPointer<Float>,
        _ layout: PixelLayout
    ) throws -> UnsafeMutableBufferPointer<Float> {
        guard Int(layout.rows) == rows, Int(layout.columns) == columns else {
            throw DicomError.malformed(reason: "the slices of a volume differ in size")
        }
        let size = rows * columns
        try slice.values.check(layout, frame: slice.frame, size: size)
        return unsafe UnsafeMutableBufferPointer(
            rebasing: values[place * size ..< (place + 1) * size])
    }

    /// Asks the system for large pages; it may decline.
    private func preferLargePages(_ buffer: UnsafeMutableBufferPointer<Float>) {
        unsafe dcm_prefer_large_pages(buffer.baseAddress, buffer.count * MemoryLayout<Float>.size)
    }
}

extension Array {
    /// The elements in runs of at most `size`.
    func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map {
            Array(self[$0 ..< Swift.min($0 + size, count)])
        }
    }
}
