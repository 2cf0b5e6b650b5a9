import Dosimetry
import Imaging
import Therapy

/// Fused slices: CT, activity and dose in colour, isodose lines on top.
struct PlanPictures {
    let regions: PlanRegions
    let uptake: UptakeMap
    let dose: DoseMap
    let anatomy: HounsfieldMap

    init(
        regions: PlanRegions, uptake: UptakeMap, dose: DoseMap, anatomy: HounsfieldMap
    ) {
        self.regions = regions
        self.uptake = uptake
        self.dose = dose
        self.anatomy = anatomy
    }

    init(_ result: PlanResult) {
        self.init(
            regions: result.regions, uptake: result.uptake, dose: result.dose,
            anatomy: result.anatomy)
    }

    /// Axial with activity, then axial, coronal and sagittal with dose, through the main target.
    ///
    /// - Throws: ``ImagingError``.
    func pictures() throws -> [ReportPicture] {
        guard let target, let centre = target.mask.centroidMM else { return [] }
        let levels = try isodoseLevelsGy()
        let activity = SlicePicture.Overlay(
            uptake.amounts, range: uptakeRange, colours: .inferno, opacity: 0.55)
        let doses = SlicePicture.Overlay(
            dose.grays, range: Float(levels[0]) ... Float(levels[levels.count - 1]),
            colours: .inferno, opacity: 0.45)
        return [
            try picture(
                .axial, centre, overlay: activity, levels: [],
                caption: "Axial through \(target.name): CT with activity image"),
            try picture(
                .axial, centre, overlay: doses, levels: levels,
                caption: "Axial through \(target.name): CT, dose, isodose lines"),
            try picture(
                .coronal, centre, overlay: doses, levels: levels,
                caption: "Coronal through \(target.name): CT, dose, isodose lines"),
            try picture(
                .sagittal, centre, overlay: doses, levels: levels,
                caption: "Sagittal through \(target.name): CT, dose, isodose lines"),
        ]
    }

    /// The largest tumour, else the first territory.
    private var target: PlanRegions.Region? {
        regions.all(.tumour).max { $0.mask.volumeML < $1.mask.volumeML }
            ?? regions.first(.territory)
    }

    /// The corners of what the pictures hold: the liver with a margin, else the whole grid.
    private func frame() throws -> [Vector3<Double>]? {
        guard let liver = regions.first(.liver)?.mask, liver.box.count > 0 else {
            return nil
        }
        let marginMM = 15.0
        return try liver.geometry.cropped(to: liver.box).cornersMM.flatMap { corner in
            [-marginMM, marginMM].map { Vector3(corner.x + $0, corner.y + $0, corner.z + $0) }
        }
    }

    private var uptakeRange: ClosedRange<Float> {
        var highest: Float = 0
        uptake.amounts.withVoxels { voxels in
            for n in voxels.indices where voxels[n] > highest { highest = voxels[n] }
        }
        return 0.05 * highest ... max(highest, .leastNormalMagnitude)
    }

    /// Up to four round levels up to what the hottest 2 % of the target get.
    private func isodoseLevelsGy() throws -> [Double] {
        let round = try PlanConstants().values("isodose-levels", "levelsGy")
        guard let target else { return [1, 2] }
        let top = try DoseVolumeHistogram(
            dose: dose, region: target.dosed, name: target.name
        ).doseGy(hottestPercent: 2)
        let below = round.filter { $0 <= top }
        // Every second one: neighbours in the list would lie on each other.
        let spread = below.reversed().enumerated().filter { $0.offset.isMultiple(of: 2) }
        return spread.count >= 2 ? spread.prefix(4).map(\.element).reversed() : [1, 2]
    }

    private func picture(
        _ plane: SlicePlane, _ centre: Vector3<Double>, overlay: SlicePicture.Overlay,
        levels: [Double], caption: String
    ) throws -> ReportPicture {
        let grid = dose.grays.geometry
        let picture = try SlicePicture(
            plane, of: anatomy.hounsfieldUnits, through: centre, showing: frame(),
            pixelMM: max(1.5, grid.spacingMM.smallest / 2), overlay: overlay)
        return ReportPicture(
            png: try picture.png(), widthPX: picture.width, heightPX: picture.height,
            isolines: levels.enumerated().map { index, level in
                ReportPicture.Isoline(
                    label: "\(Figures.fixed(level, 0)) Gy", levelGy: level,
                    style: .numbered(index),
                    lines: picture.isolines(of: dose.grays, level: Float(level)).map {
                        $0.points.map { ReportPicture.Point(x: $0.u, y: $0.v) }
                    })
            }, caption: caption)
    }
}
