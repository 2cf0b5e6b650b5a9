import Physics
import Quantities

extension PlanSpec {
    /// Reads a plan file.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` naming the key and the line.
    package init(yaml text: String) throws {
        let top = try SpecReader(document: text)
        name = try top.string("name")
        device = try top.choice("device")
        profile = try Self.profile(top)
        tumourEntity = try top.optionalString("tumourEntity") ?? "NET"
        evidence = try top.optionalSection("evidence") {
            EvidenceChoice(
                basis: try $0.string("basis"), recordedBy: try $0.string("recordedBy"),
                thresholds: try $0.strings("thresholds"))
        }
        images = try top.section("images", Self.images)
        registration = try Self.registration(in: top)
        structures =
            try top.optionalSection("structures", Self.structures)
            ?? StructureChoice(from: nil, liver: nil, lungs: nil, tumours: [], others: [])
        let isBodySurface = try top.optionalString("method") == MethodChoice.bsa.rawValue
        territories = try top.sections("territories") {
            try Self.territory($0, isBodySurface: isBodySurface)
        }
        method = try top.choice("method", default: MethodChoice.voxel)
        bodySurface = try top.optionalSection("bsa", Self.bodySurface)
        patient = try top.optionalSection("patient", Self.patient)
        lungShunt = try top.section("lungShunt", Self.lungShunt)
        residualFraction = try Self.fraction(top, "residualFraction")
        dose =
            try top.optionalSection("dose", Self.dose)
            ?? DoseChoice(
                grid: .spacingMM(3), density: .fixed, densityCurve: nil,
                engine: .localDeposition, overrides: [])
        limits = try top.sections("limits", Self.limit)
        lungLimits =
            try top.optionalSection("lungLimits") {
                LungLimitChoice(
                    singleGy: try Self.positive($0, "singleGy"),
                    cumulativeGy: try Self.positive($0, "cumulativeGy"),
                    earlierGy: try $0.optionalDecimal("earlierGy") ?? 0,
                    source: try $0.string("source"))
            }
            ?? LungLimitChoice(
                singleGy: 30, cumulativeGy: 50, earlierGy: 0,
                source: "30 Gy single, 50 Gy cumulative at the profile's lung mass")
        order = try top.optionalSection("order", Self.order)
        compareProfiles = try top.strings("compareProfiles")
        uncertainty = try top.optionalSection("uncertainty", Self.uncertainty) ?? .defaults
        try compareProfiles.forEach { try Self.checkProfile($0, top, "compareProfiles") }
        try top.finish()
        guard !territories.isEmpty else {
            throw WorkflowError.refused(sentence: "'territories' must list at least one territory.")
        }
        if let name = territories.map(\.name).firstRepeated {
            throw WorkflowError.refused(
                sentence: "Two territories have the same name, '\(name)'; rename one.")
        }
        try refuseMisplacedBodySurface()
        try refuseMisplacedPoints()
        try refuseMisplacedEngine()
    }

    /// Points of the histogram are read off a dose map.
    private func refuseMisplacedPoints() throws {
        for limit in limits {
            guard case .hottestPercent = limit.value, method == .partition || method == .single
            else { continue }
            throw WorkflowError.refused(
                sentence:
                    "The limit of '\(limit.structure)' is a point of its histogram, which 'method: \(method.rawValue)' does not have; use 'method: voxel'."
            )
        }
    }

    private static func profile(_ top: SpecReader) throws -> ProfileChoice {
        guard top.isMapping("profile") else {
            let name = try top.string("profile")
            try checkProfile(name, top, "profile")
            return .standard(name: name, tissueDensityGPerML: nil, lungMassKg: nil)
        }
        return try top.section("profile") { section in
            let density = try section.optionalDecimal("tissueDensityGPerML")
            let lungMass = try section.optionalDecimal("lungMassKg")
            if let name = try section.optionalString("standard") {
                try checkProfile(name, section, "standard")
                return .standard(name: name, tissueDensityGPerML: density, lungMassKg: lungMass)
            }
            return .own(
                name: try section.string("name"), nuclide: try section.string("nuclide"),
                doseConstantGyKgPerGBq: try positive(section, "doseConstantGyKgPerGBq"),
                halfLifeHours: try positive(section, "halfLifeHours"),
                tissueDensityGPerML: density ?? 1.03, lungMassKg: lungMass ?? 1,
                source: try section.string("source"))
        }
    }

    private static func checkProfile(
        _ name: String, _ section: SpecReader, _ key: String
    ) throws {
        let names = try ConventionProfile.all.map(\.name)
        guard names.contains(name) else {
            throw section.refusal(key, "one of \(names.joined(separator: ", "))")
        }
    }

    private static func images(_ section: SpecReader) throws -> ImageChoice {
        let activity: ActivitySource =
            section.isMapping("activity")
            ? .metaImage(path: try section.section("activity") { try $0.string("metaImage") })
            : .series(try section.string("activity"))
        return ImageChoice(
            planning: try section.string("planning"), activity: activity,
            activityCT: try section.optionalString("activityCT"),
            planar: try section.optionalString("planar"),
            activityResolutionMM: try section.optionalDecimal("activityResolutionMM").map { _ in
                try positive(section, "activityResolutionMM")
            })
    }

    /// Reads the section `registration`; without it the frames coincide.
    static func registration(in top: SpecReader) throws -> RegistrationChoice {
        try top.optionalSection("registration", readRegistration)
            ?? RegistrationChoice(
                kind: .identity, startTranslationMM: [0, 0, 0], startRotationDegrees: [0, 0, 0],
                acceptedBy: nil)
    }

    private static func readRegistration(_ section: SpecReader) throws -> RegistrationChoice {
        let kind: RegistrationChoice.Kind = try section.choice("kind")
        let acceptedBy = try section.optionalString("acceptedBy")
        guard kind != .kept else {
            return RegistrationChoice(
                kind: kind, startTranslationMM: [0, 0, 0], startRotationDegrees: [0, 0, 0],
                acceptedBy: acceptedBy, record: try section.string("record"))
        }
        return RegistrationChoice(
            kind: kind,
            startTranslationMM: try section.optionalDecimals("startTranslationMM", count: 3)
                ?? [0, 0, 0],
            startRotationDegrees: try section.optionalDecimals("startRotationDegrees", count: 3)
                ?? [0, 0, 0], acceptedBy: acceptedBy)
    }

    private static func structures(_ section: SpecReader) throws -> StructureChoice {
        StructureChoice(
            from: try section.string("from"), liver: try section.optionalString("liver"),
            lungs: try section.optionalString("lungs"), tumours: try section.strings("tumours"),
            others: try section.strings("others"))
    }

    private static func territory(
        _ section: SpecReader, isBodySurface: Bool
    ) throws -> TerritoryChoice {
        let activity = try section.optionalDecimal("injectedActivityGBq")
        let aim = try section.optionalSection("aim") {
            TerritoryChoice.Aim.meanDoseGy(
                structure: try $0.string("structure"),
                doseGy: try positive($0, "meanDoseGy", upTo: mostGrays))
        }
        let name = try section.string("name")
        let wish: TerritoryChoice.Aim
        switch (isBodySurface, activity, aim) {
        case (true, nil, nil): wish = .bodySurface
        case (false, let activity?, nil) where activity > 0:
            wish = .injectedActivityGBq(
                try positive(section, "injectedActivityGBq", upTo: mostGigabecquerels))
        case (false, nil, let aim?): wish = aim
        default:
            throw WorkflowError.refused(
                sentence: isBodySurface
                    ? "With 'method: bsa' the rule gives the activity of territory '\(name)'; remove 'injectedActivityGBq' and 'aim'."
                    : "Territory '\(name)' needs either 'injectedActivityGBq' above 0 or 'aim', and not both."
            )
        }
        return TerritoryChoice(
            name: name, structure: try section.optionalString("structure"),
            lungShuntFraction: try optionalFraction(section, "lungShuntFraction"), aim: wish)
    }

    private static func lungShunt(_ section: SpecReader) throws -> LungShuntChoice {
        let use: LungShuntChoice.Source = try section.choice("use")
        let typed = try optionalFraction(section, "fraction")
        let regions = try section.optionalSection("planarRegions") {
            PlanarRegions(
                lungs: try boxes($0, "lungs"), liver: try boxes($0, "liver"),
                background: try boxes($0, "background"),
                anteriorFrame: try frame($0, "anteriorFrame"),
                posteriorFrame: try frame($0, "posteriorFrame"))
        }
        if use == .typed, typed == nil {
            throw section.missing("fraction", " when 'use' is typed")
        }
        let drawn = try section.optionalString("drawnRegions")
        if use == .planar, regions == nil, drawn == nil {
            throw WorkflowError.refused(
                sentence:
                    "'lungShunt.planarRegions' or 'lungShunt.drawnRegions' must be given when 'use' is planar."
            )
        }
        if regions != nil, drawn != nil {
            throw WorkflowError.refused(
                sentence: "'lungShunt' has 'planarRegions' and 'drawnRegions'; give one of them.")
        }
        return LungShuntChoice(
            use: use, typedFraction: typed, planarRegions: regions, drawnRegions: drawn,
            lungMass: try section.choice("lungMass", default: .convention))
    }

    private static func frame(_ section: SpecReader, _ key: String) throws -> Int {
        guard let frame = Int(exactly: try section.decimal(key)), frame >= 1 else {
            throw WorkflowError.refused(sentence: "'\(key)' must be a frame number from 1.")
        }
        return frame
    }

    private static func boxes(_ section: SpecReader, _ key: String) throws -> [[Int]] {
        try section.sections(key) { box in
            let rows = try box.optionalDecimals("rows", count: 2) ?? []
            let columns = try box.optionalDecimals("columns", count: 2) ?? []
            let bounds = (rows + columns).compactMap { Int(exactly: $0) }
            guard bounds.count == 4, bounds[0] <= bounds[1], bounds[2] <= bounds[3], bounds[0] >= 0,
                bounds[2] >= 0
            else {
                throw WorkflowError.refused(
                    sentence:
                        "'\(key)' boxes need 'rows: [first, last]' and 'columns: [first, last]'.")
            }
            return bounds
        }
    }

    private static func dose(_ section: SpecReader) throws -> DoseChoice {
        let engine = try engine(section)
        let spacing = try section.optionalString("gridSpacingMM") ?? "3"
        let grid: DoseChoice.Grid
        if spacing == "ct" {
            grid = .planningCT
        } else if let value = Double(spacing), value >= 0.5, value <= 20 {
            grid = .spacingMM(value)
        } else {
            throw section.refusal("gridSpacingMM", "'ct' or a number from 0.5 to 20")
        }
        let density = try section.choice(
            "density", default: engine == .localDeposition ? DoseChoice.Density.fixed : .ct)
        return DoseChoice(
            grid: grid, density: density,
            densityCurve: try section.optionalString("densityCurve"), engine: engine,
            overrides: try overrides(section, density: density),
            to: try section.choice("to", default: DoseTarget.medium),
            gas: try section.choice("gas", default: DoseChoice.Gas.leftOut))
    }

    /// Far above any treatment: what exceeds these was typed in another unit.
    static let mostGrays = 10_000.0
    static let mostGigabecquerels = 100.0

    static func positive(
        _ section: SpecReader, _ key: String, upTo most: Double = .infinity
    ) throws -> Double {
        let value = try section.decimal(key)
        guard value > 0, value <= most else {
            throw section.refusal(
                key, most.isFinite ? "above 0 and up to \(Int(most))" : "above 0")
        }
        return value
    }

    static func fraction(_ section: SpecReader, _ key: String) throws -> Double {
        guard let value = try optionalFraction(section, key) else {
            throw section.missing(key, "; it has no default")
        }
        return value
    }

    private static func optionalFraction(_ section: SpecReader, _ key: String) throws -> Double? {
        guard let value = try section.optionalDecimal(key) else { return nil }
        guard value >= 0, value < 1 else {
            throw section.refusal(key, "a fraction from 0 to below 1")
        }
        return value
    }
}
