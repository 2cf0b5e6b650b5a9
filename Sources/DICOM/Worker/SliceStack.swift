import CDicomShim
import Dispatch
import Synchronization

/// Slices that lie in one file and follow each other in the stack.
struct SliceRun: Sendable {
    let path: String
    /// Index of the first slice in the stack.
    let first: Int
    let slices: [SliceRequest]

    static func runs(of slices: [SliceRequest]) -> [SliceRun] {
        var runs: [SliceRun] = []
        var start = 0
        for n in slices.indices where n + 1 == slices.count || slices[n + 1].path != slices[n].path
        {
            runs.append(
                SliceRun(path: slices[n].path, first: start, slices: Array(slices[start ... n])))
            start = n + 1
        }
        return runs
    }
}

/// Room for the values of a volume, filled slice by slice by several workers.
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

    /// Reads all runs; each worker takes the next run when it is done with one.
    ///
    /// - Throws: the first ``DicomError``.
    func filled(
        with runs: [SliceRun], by team: [WorkerProcess],
        seconds: @escaping @Sendable (String) -> Double
    ) throws -> [Float] {
        let next = Mutex(0)
        let failure = Mutex<(any Error)?>(nil)
        return try unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Half a gigabyte in pages of 4 KiB costs as much as reading it.
            unsafe preferLargePages(buffer)
            // Workers write disjoint slices, and the buffer outlives concurrentPerform.
            nonisolated(unsafe) let values = unsafe buffer
            DispatchQueue.concurrentPerform(iterations: team.count) { member in
                while failure.withLock({ $0 == nil }) {
                    let index = next.withLock { value in
                        defer { value += 1 }
                        return value
                    }
                    guard index < runs.count else { return }
                    do {
                        try unsafe fill(
                            values, run: runs[index], worker: team[member],
                            seconds: seconds(runs[index].path))
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                }
            }
            if let error = failure.withLock({ $0 }) { throw error }
            initialized = count
        }
    }

    private func fill(
        _ values: UnsafeMutableBufferPointer<Float>, run: SliceRun, worker: WorkerProcess,
        seconds: Double
    ) throws {
        let answer = try worker.request(.pixels, path: run.path, seconds: seconds)
        guard let layout = answer.layout, Int(layout.rows) == rows,
            Int(layout.columns) == columns, layout.samples == 1
        else { throw DicomError.malformed(reason: "the slices of a volume differ in size") }
        let size = rows * columns
        for (n, slice) in run.slices.enumerated() {
            guard slice.frame >= 0, slice.frame < Int(layout.frames) else {
                throw DicomError.malformed(
                    reason: "frame \(slice.frame + 1) of \(layout.frames) is not there")
            }
            let start = (run.first + n) * size
            let target = unsafe UnsafeMutableBufferPointer(
                rebasing: values[start ..< start + size])
            try unsafe worker.withPixels(layout) { pixels in
                try unsafe RescaledValues.convert(
                    pixels, layout: layout, first: slice.frame * size, slope: slice.slope,
                    intercept: slice.intercept, into: target)
            }
        }
    }

    /// Asks the system for large pages; it may decline.
    private func preferLargePages(_ buffer: UnsafeMutableBufferPointer<Float>) {
        unsafe dcm_prefer_large_pages(buffer.baseAddress, buffer.count * MemoryLayout<Float>.size)
    }
}
