import Dosimetry
import Imaging

/// The drawn outlines of a plan, and which of them each structure rests on.
///
/// Two structures with one outline move together when its border does; a normal tissue loses what
/// a tumour's border gains.
struct PlanOutlines {
    let names: [String]
    let masks: [RegionMask]
    let territories: [Int?]
    private let tumours: [Int]
    private let liver: Int?

    init(spec: PlanSpec, regions: PlanRegions) {
        var names: [String] = []
        var masks: [RegionMask] = []
        func place(_ name: String, _ mask: RegionMask) -> Int {
            if let known = names.firstIndex(of: name) { return known }
            names.append(name)
            masks.append(mask)
            return names.count - 1
        }
        liver = regions.first(.liver).map { place($0.name, $0.mask) }
        tumours = regions.all(.tumour).map { place($0.name, $0.mask) }
        territories = zip(spec.territories, regions.all(.territory)).map { territory, region in
            territory.structure.map { place($0, region.mask) }
        }
        for region in regions.all(.other) { _ = place(region.name, region.mask) }
        self.names = names
        self.masks = masks
    }

    /// What a region is cut from.
    func structure(_ region: PlanRegions.Region, in regions: PlanRegions) -> ShareModel.Structure {
        func territory(_ region: PlanRegions.Region) -> Int? {
            regions.territory(of: region).flatMap { territories[$0] }
        }
        switch region.role {
        case .liver: return .init(region: region.mask, outline: liver)
        case .normalLiver:
            return .init(region: region.mask, outline: liver, without: tumours)
        case .territory:
            return .init(region: region.mask, outline: territory(region))
        case .perfusedNormal:
            return .init(region: region.mask, outline: territory(region), without: tumours)
        case .tumour, .other, .lungs:
            return .init(region: region.mask, outline: names.firstIndex(of: region.name))
        }
    }
}
