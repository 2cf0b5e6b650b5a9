/// Where a target lesion lies; lymph nodes of all regions count as one organ.
package enum LesionSite: String, Hashable, Sendable, CaseIterable {
    case liver
    case lymphNode = "lymph-node"
    case pancreas
    case smallIntestine = "small-intestine"
    case stomach
    case colon
    case lung
    case mediastinum
    case bone
    case peritoneum
    case softTissue = "soft-tissue"
    case adrenal
    case kidney
    case spleen
    case ovary
    case brain
    case other

    /// As people read it.
    package var title: String {
        switch self {
        case .liver: "Liver"
        case .lymphNode: "Lymph node"
        case .pancreas: "Pancreas"
        case .smallIntestine: "Small intestine"
        case .stomach: "Stomach"
        case .colon: "Colon"
        case .lung: "Lung"
        case .mediastinum: "Mediastinum"
        case .bone: "Bone"
        case .peritoneum: "Peritoneum"
        case .softTissue: "Soft tissue"
        case .adrenal: "Adrenal gland"
        case .kidney: "Kidney"
        case .spleen: "Spleen"
        case .ovary: "Ovary"
        case .brain: "Brain"
        case .other: "Elsewhere"
        }
    }
}

/// A lesion whose size stands for the disease in a patient.
package struct TargetLesion: Hashable, Sendable {
    /// Of the patient's targets, from 1; kept for good.
    package let number: Int
    package let site: LesionSite

    /// A node is read by its short axis, anything else by its longest diameter.
    package var isNode: Bool { site == .lymphNode }

    package init(number: Int, site: LesionSite) { (self.number, self.site) = (number, site) }
}

/// What the images of one day say of the targets.
package struct TargetReading: Hashable, Sendable {
    /// `YYYY-MM-DD`, of the images.
    package let day: String
    /// Diameters in mm by the target's number.
    ///
    /// Short axis of a node, longest diameter of anything else; 0 of a lesion that is gone. A target
    /// without an entry was not read.
    package let diametersMM: [Int: Double]
    package let hasNewLesion: Bool

    package init(day: String, diametersMM: [Int: Double], hasNewLesion: Bool) {
        (self.day, self.diametersMM) = (day, diametersMM)
        self.hasNewLesion = hasNewLesion
    }
}

/// How targets and new lesions answer to treatment on one day, by RECIST 1.1.
package struct TumourResponse: Hashable, Sendable {
    package enum Category: String, Hashable, Sendable, CaseIterable {
        case baseline
        case complete = "CR"
        case partial = "PR"
        case stable = "SD"
        case progressive = "PD"
        case notEvaluable = "NE"

        /// As people read it.
        package var title: String {
            switch self {
            case .baseline: "Baseline"
            case .complete: "Complete response (CR)"
            case .partial: "Partial response (PR)"
            case .stable: "Stable disease (SD)"
            case .progressive: "Progressive disease (PD)"
            case .notEvaluable: "Not evaluable (NE)"
            }
        }
    }

    package let reading: TargetReading
    /// Of the targets that were read.
    package let sumMM: Double
    /// Whether every target was read.
    package let isComplete: Bool
    /// Against the sum at baseline; `nil` where one of both is not complete.
    package let changeFromBaselineMM: Double?
    /// As a fraction of the sum at baseline; `nil` too where that is 0.
    package let relativeToBaseline: Double?
    /// Against the smallest complete sum before, baseline among them.
    package let changeFromNadirMM: Double?
    package let relativeToNadir: Double?
    package let category: Category

    /// Sizes in whole tenths of a millimetre meet a limit of 20 % or 30 % exactly.
    private static let roundingMM = 1e-9
    private static let partialFraction = 0.3
    private static let progressiveFraction = 0.2
    private static let progressiveMM = 5.0
    /// A node below this short axis is of normal size.
    private static let normalNodeMM = 10.0

    /// Assesses the days on which targets were read, in their order.
    ///
    /// The first day on which a target was read is the baseline; a new lesion noted before it says
    /// nothing. Of a day on which not every target was read the sum is a lower bound: it may be
    /// progression already, and is not evaluable else. Nodes that are all of normal size, with
    /// everything else gone, are a complete response, whatever the change of their sum.
    ///
    /// - Parameters:
    ///   - readings: One of each day.
    ///   - targets: The targets that stand.
    /// - Returns: One assessment of each day from the baseline on.
    ///
    /// Source: Eisenhauer et al., New response evaluation criteria in solid tumours: revised RECIST
    /// guideline (version 1.1), Eur J Cancer 2009;45:228–247, sections 4.3 and 4.4.
    package static func assessed(
        _ readings: [TargetReading], of targets: [TargetLesion]
    ) -> [TumourResponse] {
        guard !targets.isEmpty else { return [] }
        let numbers = Set(targets.map(\.number))
        let days = readings.sorted { $0.day < $1.day }
            .drop { numbers.isDisjoint(with: $0.diametersMM.keys) }
        var (baselineMM, nadirMM): (Double?, Double?)
        return days.enumerated().map { n, reading in
            let read = targets.compactMap { reading.diametersMM[$0.number] }
            let sumMM = read.reduce(0, +)
            let isComplete = read.count == targets.count
            let category: Category =
                n == 0
                ? (isComplete ? .baseline : .notEvaluable)
                : Self.category(
                    reading, targets, sumMM, isComplete, baselineMM: baselineMM, nadirMM: nadirMM)
            let known = isComplete ? sumMM : nil
            let result = TumourResponse(
                reading: reading, sumMM: sumMM, isComplete: isComplete,
                changeFromBaselineMM: Self.change(known, from: baselineMM),
                relativeToBaseline: Self.relative(known, to: baselineMM),
                changeFromNadirMM: Self.change(known, from: nadirMM),
                relativeToNadir: Self.relative(known, to: nadirMM), category: category)
            if isComplete {
                if n == 0 { baselineMM = sumMM }
                nadirMM = min(nadirMM ?? sumMM, sumMM)
            }
            return result
        }
    }

    private static func category(
        _ reading: TargetReading, _ targets: [TargetLesion], _ sumMM: Double, _ isComplete: Bool,
        baselineMM: Double?, nadirMM: Double?
    ) -> Category {
        if reading.hasNewLesion { return .progressive }
        let areGone = targets.allSatisfy { target in
            guard let diameter = reading.diametersMM[target.number] else { return false }
            return target.isNode ? diameter < normalNodeMM : diameter == 0
        }
        guard let baselineMM, let nadirMM else { return .notEvaluable }
        if areGone { return .complete }
        let growthMM = sumMM - nadirMM
        if growthMM >= progressiveMM - roundingMM,
            growthMM >= progressiveFraction * nadirMM - roundingMM
        {
            return .progressive
        }
        guard isComplete else { return .notEvaluable }
        return baselineMM - sumMM >= partialFraction * baselineMM - roundingMM
            ? .partial : .stable
    }

    private static func change(_ sumMM: Double?, from otherMM: Double?) -> Double? {
        guard let sumMM, let otherMM else { return nil }
        return sumMM - otherMM
    }

    private static func relative(_ sumMM: Double?, to otherMM: Double?) -> Double? {
        guard let otherMM, otherMM > 0 else { return nil }
        return change(sumMM, from: otherMM).map { $0 / otherMM }
    }
}

/// Where the choice of targets is not as RECIST 1.1 has it; said, never forbidden.
package enum TargetDeparture: Hashable, Sendable {
    case tooMany(Int)
    case tooManyOf(LesionSite, Int)
    /// Short axis of a node, longest diameter else, at baseline.
    case tooSmall(TargetLesion, diameterMM: Double)
    case notReadAtBaseline(TargetLesion)

    private static let mostTargets = 5
    private static let mostOfSite = 2
    private static let leastMM = 10.0
    private static let leastNodeMM = 15.0

    /// Holds targets against the rule; `baseline` is the first day on which one was read.
    package static func all(
        of targets: [TargetLesion], baseline: TargetReading?
    ) -> [TargetDeparture] {
        var found: [TargetDeparture] = []
        if targets.count > mostTargets { found.append(.tooMany(targets.count)) }
        for site in LesionSite.allCases where site != .other {
            let count = targets.count { $0.site == site }
            if count > mostOfSite { found.append(.tooManyOf(site, count)) }
        }
        guard let baseline else { return found }
        for target in targets {
            guard let diameter = baseline.diametersMM[target.number] else {
                found.append(.notReadAtBaseline(target))
                continue
            }
            if !(diameter >= (target.isNode ? leastNodeMM : leastMM)) {
                found.append(.tooSmall(target, diameterMM: diameter))
            }
        }
        return found
    }

    /// As people read it.
    package var sentence: String {
        switch self {
        case .tooMany(let count): "\(count) targets; RECIST 1.1 has at most \(Self.mostTargets)."
        case .tooManyOf(let site, let count):
            "\(count) targets in one organ (\(site.title)); RECIST 1.1 has at most "
                + "\(Self.mostOfSite)."
        case .tooSmall(let target, let diameter):
            "T\(target.number) has \(Self.tenths(diameter)) mm at baseline; RECIST 1.1 asks for "
                + (target.isNode ? "a short axis of 15 mm." : "10 mm.")
        case .notReadAtBaseline(let target):
            "T\(target.number) was not read at baseline, so that no sum can be compared."
        }
    }

    private static func tenths(_ value: Double) -> String {
        let whole = (value * 10).rounded()
        guard abs(whole) < 1e9 else { return "\(value)" }
        return "\(Int(whole) / 10).\(abs(Int(whole) % 10))"
    }
}
