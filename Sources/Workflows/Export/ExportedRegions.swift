import DICOM
import Dosimetry
import Imaging
import Quantities

/// What exported doses without the shunt's share say of themselves.
enum ExportedDose {
    /// For the end of a Series Description.
    static let withoutShunt = "without lung shunt"
    /// For the beginning of a Dose Comment, whose 64 characters cut what comes last.
    static let comment = "No lung-shunt dose"
    /// Said of the lungs' outline, over which others would find next to 0 Gy.
    static let ofLungs = "The planned dose map holds no lung-shunt dose; the report states it."
}

/// The regions of a plan as its DICOM objects number them.
struct ExportedRegions: Sendable {
    /// Every region but those that are empty or fill the whole grid: such have no outline.
    let numbered: [(number: Int, region: PlanRegions.Region)]

    init(_ regions: PlanRegions) {
        numbered = regions.regions.filter {
            $0.mask.volumeML > 0 && $0.mask.box.count < $0.mask.geometry.count
        }.enumerated().map { ($0 + 1, $1) }
    }

    /// The outlines, and a finding for each whose volume is not the region's.
    func structures() -> (structures: [StructureSet.Structure], findings: [Finding]) {
        var findings: [Finding] = []
        let structures = numbered.map { number, region in
            let outline = VolumeOutline(region.mask)
            if let finding = outline.finding(subject: region.name) { findings.append(finding) }
            return StructureSet.Structure(
                number: number, name: region.name,
                interpretedType: region.role == .tumour ? "GTV" : "ORGAN",
                note: region.role == .lungs ? ExportedDose.ofLungs : nil,
                contours: outline.contours)
        }
        return (structures, findings)
    }

    /// How a dose is spread over each region.
    ///
    /// Negative doses count as 0, as RTDOSE stores them; the mean is that of the map itself. A map
    /// of what stays in the liver says nothing of the lungs, whose dose is that of the shunt: a
    /// histogram of them would state next to 0 Gy.
    ///
    /// - Throws: ``DoseError``.
    func histograms(of dose: DoseMap, withLungs: Bool) throws -> [StoredDVH] {
        let finestBinGy = 0.1
        return try numbered.filter { withLungs || $0.region.role != .lungs }.map { number, region in
            let histogram = try DoseVolumeHistogram(
                dose: dose, region: region.dosed, name: region.name)
            let curve = try histogram.cumulative(
                binGy: finestBinGy, maximumPoints: StoredDVH.mostBins)
            let above = zip(curve.doseGy, curve.volumePercent).filter { $0.0 > 0 && $0.1 > 0 }
            return StoredDVH(
                roiNumber: number, binGy: curve.binGy,
                volumesCM3: [histogram.volumeML]
                    + above.map { $0.1 / 100 * histogram.volumeML },
                minimumGy: max(0, histogram.minGy), maximumGy: histogram.maxGy,
                meanGy: histogram.meanGy)
        }
    }
}
