package import Imaging

/// Body, lungs and liver from a CT by thresholds, parts that hang together, and morphology.
///
/// A proposal, never more: a person looks at it, corrects it, accepts it. Everything is done on
/// voxels of about 3 mm and brought back to the CT's grid.
package struct VOIProposal: Sendable {
    package enum Organ: String, Hashable, Sendable, CaseIterable {
        case body, lungs, liver
    }

    private let ct: VolumeGeometry
    /// CT numbers on the coarse grid.
    private let coarse: Volume<Float>

    private static let spacingMM = 3.0
    /// Between air and fat, HU.
    private static let skinHU: Float = -350
    /// Between lung and soft tissue, HU.
    private static let lungHU: Float = -400
    /// Closes vessels.
    private static let closingMM = 6.0
    private static let leastLungML = 700.0
    private static let leastCutLungML = 20.0

    package init(ct: Volume<Float>) throws {
        self.ct = ct.geometry
        let spacing = ct.geometry.spacingMM
        let grid = try ct.geometry.withSpacing(
            Vector3(
                max(spacing.x, Self.spacingMM), max(spacing.y, Self.spacingMM),
                max(spacing.z, Self.spacingMM)))
        coarse = ct.averaged(onto: grid, outside: -1000)
    }

    /// The proposed region on the CT's grid.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the CT shows no such organ, or what was
    ///   found cannot be a liver.
    package func region(_ organ: Organ) throws -> RegionMask {
        let region =
            switch organ {
            case .body: try body()
            case .lungs: try lungs(in: try body())
            case .liver: try liver()
            }
        guard !region.isEmpty else {
            throw WorkflowError.refused(
                sentence: "No \(organ.rawValue) was found in this CT; draw it, or import it.")
        }
        return region.interpolated(onto: ct)
    }

    private func body() throws -> RegionMask {
        // Opened, so that the table's edge and clothes that touch the skin fall off.
        try RegionMask(of: coarse) { $0 > Self.skinHU }.withMargin(-4).largestPart()
            .withMargin(4).filled(inSlices: true)
    }

    private func lungs(in body: RegionMask) throws -> RegionMask {
        let thin = try RegionMask(of: coarse) { $0 < Self.lungHU }.intersection(
            body.withMargin(-Self.spacingMM))
        // What the image cuts off at the head's end may be small; gas in the bowel lies elsewhere.
        let found = thin.parts().filter { part in
            let volumeML = Double(part.count) * coarse.geometry.voxelVolumeML
            return volumeML >= (reachesHead(part) ? Self.leastCutLungML : Self.leastLungML)
        }.prefix(2)
        return try RegionMask(voxels: found.flatMap { $0 }, on: coarse.geometry)
            .closed(Self.closingMM).filled()
    }

    private func liver() throws -> RegionMask {
        let body = try body()
        guard !body.isEmpty else { return body }
        return try LiverProposal(ct: coarse, body: body, lungs: lungs(in: body)).region()
    }

    private func reachesHead(_ part: [Int]) -> Bool {
        let shape = coarse.geometry.shape
        let end = coarse.geometry.axes.rows.z.z > 0 ? shape.z - 1 : 0
        return part.contains { $0 / (shape.x * shape.y) == end }
    }
}
