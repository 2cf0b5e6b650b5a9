import Imaging
import Quantities

/// Decodes the frames of a stack and lays them into one volume.
struct SliceLoader: Sendable {
    /// A volume and what was noticed while it was filled.
    struct Loaded: Sendable {
        var volume: Volume<Float>
        var tally: ConversionTally
        var findings: [Finding]
    }

    /// Decodes running at a time; the converted slices of so many files wait in memory.
    static let filesInFlight = 4

    private let paths: [String]
    private let frames: [SeriesFrame]
    private let order: [Int]
    private let duplicates: [Int: [Int]]
    private let geometry: VolumeGeometry

    init(
        files: [SeriesFile], frames: [SeriesFrame], order: SliceOrder, geometry: VolumeGeometry
    ) {
        paths = files.map(\.path)
        self.frames = frames
        self.order = order.order
        self.geometry = geometry
        duplicates = Dictionary(grouping: order.duplicates, by: \.kept)
            .mapValues { $0.map(\.other) }
    }

    /// A slice of the volume, or a second frame for the same slice.
    private struct Job: Sendable {
        let k: Int
        let frame: SeriesFrame
        let isDuplicate: Bool
    }

    private struct Result: Sendable {
        var slices: [(job: Job, values: [Float])]
        var tally: ConversionTally
    }

    /// Decodes everything; each file once.
    ///
    /// - Throws: ``DicomError`` from the source; ``DicomError/refused(code:reason:)`` with
    ///   `series.duplicate-conflict` when two images at one position differ.
    func load(from source: some DicomSource, subject: String) async throws -> Loaded {
        let byFile = Dictionary(grouping: jobs(), by: \.frame.file)
        // Originals before copies, so that a copy finds what it is compared with.
        let files = byFile.keys.sorted {
            let a = byFile[$0]?.allSatisfy(\.isDuplicate) ?? false
            let b = byFile[$1]?.allSatisfy(\.isDuplicate) ?? false
            return a == b ? $0 < $1 : !a
        }
        let sliceSize = geometry.shape.x * geometry.shape.y
        var voxels: [Float] = []
        var copies: [(job: Job, values: [Float])] = []
        var tally = ConversionTally()
        try await withThrowingTaskGroup(of: Result.self) { group in
            var waiting = files.makeIterator()
            func start() {
                guard let file = waiting.next(), let jobs = byFile[file] else { return }
                let path = paths[file]
                group.addTask { try await Self.decode(path, jobs: jobs, from: source) }
            }
            for _ in 0 ..< Self.filesInFlight { start() }
            while let result = try await group.next() {
                start()
                // Not before a file of this size has really been decoded.
                if voxels.isEmpty { voxels = Array(repeating: 0, count: geometry.count) }
                tally.add(result.tally)
                for slice in result.slices {
                    if slice.job.isDuplicate {
                        copies.append(slice)
                    } else {
                        let start = slice.job.k * sliceSize
                        voxels.replaceSubrange(start ..< start + sliceSize, with: slice.values)
                    }
                }
            }
        }
        let findings = try compare(copies, with: voxels, sliceSize: sliceSize, subject: subject)
        return Loaded(
            volume: try Volume(voxels: voxels, geometry: geometry), tally: tally,
            findings: findings)
    }

    private func jobs() -> [Job] {
        order.enumerated().flatMap { k, index in
            [Job(k: k, frame: frames[index], isDuplicate: false)]
                + (duplicates[index] ?? []).map {
                    Job(k: k, frame: frames[$0], isDuplicate: true)
                }
        }
    }

    private static func decode(
        _ path: String, jobs: [Job], from source: some DicomSource
    ) async throws -> Result {
        let pixels = try await source.frames(path: path)
        var result = Result(slices: [], tally: ConversionTally())
        for job in jobs {
            try Task.checkCancellation()
            let plane = job.frame.plane
            var values = [Float](repeating: 0, count: plane.rows * plane.columns)
            var span = values.mutableSpan
            let tally = try job.frame.values.convert(
                pixels, frame: job.frame.frame, into: &span)
            if !job.isDuplicate { result.tally.add(tally) }
            result.slices.append((job, values))
        }
        return result
    }

    private func compare(
        _ copies: [(job: Job, values: [Float])], with voxels: [Float], sliceSize: Int,
        subject: String
    ) throws -> [Finding] {
        guard !copies.isEmpty else { return [] }
        let normal = frames[order[0]].plane.normal
        func places(_ chosen: [(job: Job, values: [Float])]) -> String {
            chosen.prefix(5).map { "\(shown($0.job.frame.plane.positionMM.dot(normal))) mm" }
                .joined(separator: ", ")
        }
        let different = copies.filter { copy in
            let start = copy.job.k * sliceSize
            return !voxels[start ..< start + sliceSize].elementsEqual(copy.values)
        }
        guard different.isEmpty else {
            throw DicomError.refused(
                code: "series.duplicate-conflict",
                reason: "\(different.count) images lie where another with other pixels lies, "
                    + "at \(places(different)) along the slice normal, and nothing in their "
                    + "headers tells them apart")
        }
        return [
            Finding(
                "series.duplicate-slice", .warning,
                "\(copies.count) images are there twice with equal pixels, at \(places(copies)) "
                    + "along the slice normal; one of each was used.", subject: subject)
        ]
    }
}
