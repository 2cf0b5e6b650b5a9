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

    private let files: [SeriesFile]
    private let frames: [SeriesFrame]
    private let order: [Int]
    private let duplicates: [Int: [Int]]
    private let geometry: VolumeGeometry

    init(
        files: [SeriesFile], frames: [SeriesFrame], order: SliceOrder, geometry: VolumeGeometry
    ) {
        self.files = files
        self.frames = frames
        self.order = order.order
        self.geometry = geometry
        duplicates = Dictionary(grouping: order.duplicates, by: \.kept)
            .mapValues { $0.map(\.other) }
    }

    /// Whether every slice, also one that is there twice, is a file of its own.
    var isFilePerSlice: Bool {
        let all = order + duplicates.values.joined()
        return Set(all.map { frames[$0].file }).count == all.count
    }

    /// Decodes slices of the volume.
    ///
    /// - Throws: ``DicomError`` from the source; ``DicomError/refused(code:reason:)`` with
    ///   `series.duplicate-conflict` when two images at one position differ.
    func load(
        _ slices: Range<Int>, from source: some DicomSource, subject: String
    ) async throws -> Loaded {
        let (columns, rows) = (geometry.shape.x, geometry.shape.y)
        let chosen = Array(order[slices])
        let loaded = try await source.slices(requests(chosen), rows: rows, columns: columns)
        var tally = loaded.tally
        tally.isLossy =
            tally.isLossy
            || Set(chosen.map { frames[$0].file }).contains { files[$0].header.hasLossyPixels }
        let volume = try Volume(voxels: loaded.values, geometry: grid(of: slices))
        // Which slice of the volume, and which other frame lies there.
        let copies = chosen.enumerated().flatMap { k, index in
            (duplicates[index] ?? []).map { (k: k, frame: $0) }
        }
        guard !copies.isEmpty else { return Loaded(volume: volume, tally: tally, findings: []) }
        let others = try await source.slices(
            requests(copies.map(\.frame)), rows: rows, columns: columns
        ).values
        let size = rows * columns
        let different = copies.enumerated().filter { n, copy in
            !loaded.values[copy.k * size ..< (copy.k + 1) * size]
                .elementsEqual(others[n * size ..< (n + 1) * size])
        }
        let findings = try judge(
            copies: copies.map(\.frame), different: different.map(\.element.frame),
            subject: subject)
        return Loaded(volume: volume, tally: tally, findings: findings)
    }

    private func grid(of slices: Range<Int>) throws -> VolumeGeometry {
        let shape = geometry.shape
        guard slices.count < shape.z else { return geometry }
        return try geometry.cropped(
            to: IndexBox(
                lower: Vector3(0, 0, slices.lowerBound),
                upper: Vector3(shape.x, shape.y, slices.upperBound)))
    }

    private func requests(_ chosen: [Int]) -> [SliceRequest] {
        chosen.map { index in
            let frame = frames[index]
            return SliceRequest(
                file: files[frame.file], frame: frame.frame, values: frame.values)
        }
    }

    private func judge(
        copies: [Int], different: [Int], subject: String
    ) throws -> [Finding] {
        let normal = frames[order[0]].plane.normal
        func places(_ chosen: [Int]) -> String {
            chosen.prefix(5).map { "\(shown(frames[$0].plane.positionMM.dot(normal))) mm" }
                .joined(separator: ", ")
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
