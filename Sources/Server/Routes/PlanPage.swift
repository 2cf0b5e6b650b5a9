import Foundation
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// What the page of a plan shows.
    struct PlanPage: Sendable {
        struct Territory: Sendable {
            let number: Int
            let name: String
            let gbq: String
            /// Not rounded.
            let exactGBq: Double
            let mostGBq: String
            let aim: String
        }

        struct Limit: Sendable {
            let name: String
            let value: String
            let limit: String
            let margin: String
            let isBinding: Bool
            let isMet: Bool
            let chance: String?
            let source: String
        }

        struct Dose: Sendable {
            let name: String
            let role: String
            let volumeML: String?
            let meanGy: String
            let interval: Interval?
            let d98Gy: String
            let d98Interval: Interval?
            let bedGy: String
            let bedInterval: Interval?
            let uncertainty: String
            let colour: String
            let dash: String
        }

        /// A 95 % interval; a line may end behind the first bound.
        struct Interval: Sendable {
            let lower: String
            let upper: String
        }

        struct Vial: Sendable {
            let territory: String
            let gbq: String
            let calibration: String
            let treatment: String
            let atTreatmentGBq: String
            let offTarget: String
            let perfusedGy: String
            let isBelowNeed: Bool
            let exceeds: String?
            let isKept: Bool
            let late: String
        }

        struct Fact: Sendable {
            let label: String
            let value: String
        }

        struct Other: Sendable {
            let id: String
            let name: String
        }

        let banner: Banner
        let base: String
        let casePath: String
        let plan: String
        let name: String
        let engine: String
        let profile: String
        let injectedGBq: String
        let vialGBq: String
        let residual: String
        let shunt: String
        /// Why; `nil` while the plan is current.
        let outdated: String?
        /// Settings of which newer versions exist, one sentence each.
        let newer: [String]
        let territories: [Territory]
        let limits: [Limit]
        let doses: [Dose]
        let vials: [Vial]
        let treatmentTime: String?
        let findings: [CasePage.FindingLine]
        let origin: [Fact]
        let others: [Other]
        let hasOthers: Bool
        let state: String
        let digest: String
        /// Why the activities are not to be changed; `nil` when they may be.
        let obstacle: String?
        let mayChange: Bool
        /// Whether the reader's own organisation has the case.
        let isOwners: Bool
        /// Whether the reader's organisation may add plans to the case.
        let mayAdd: Bool
        /// Whether the case's treatment was given: an image of it can be held against the plan.
        let wasGiven: Bool
        let csrf: String
    }
}

extension GrevyServer.PlanPage {
    init(
        _ record: DerivedRecord, _ document: PlanDocument, patient: PatientRecord,
        others: [DerivedRecord], newer: [String], names: [String: String], state: CaseState,
        obstacle: String?, isOwners: Bool, mayAdd: Bool, csrf: String
    ) {
        (self.isOwners, self.mayAdd) = (isOwners, mayAdd)
        wasGiven = state.wasGiven
        self.newer = newer
        banner = Banner(patient)
        casePath = "/cases/\(patient.id)"
        base = "/cases/\(patient.id)/plans/\(record.id)"
        (plan, name) = (record.id, document.name)
        engine = document.software.engine
        profile = document.profile.name
        injectedGBq = Figures.gbq(document.totalInjectedActivityGBq)
        vialGBq = Figures.gbq(document.totalVialActivityGBq)
        residual = Figures.percent(document.residualFraction)
        shunt = Figures.percent(document.lungShunt.usedFraction)
        if case .outdated(let reason) = record.state { outdated = reason } else { outdated = nil }
        territories = document.territories.enumerated().map { Territory($1, $0, of: document) }
        limits = document.limits.map(Limit.init)
        doses =
            document.structures.enumerated().map { Dose($1, style: .numbered($0)) }
            + [Dose(lungsOf: document, style: .numbered(document.structures.count))]
        vials = (document.order?.options ?? []).map(Vial.init)
        treatmentTime = document.order.map { ReadableTime.text($0.treatmentTime) }
        findings = document.findings.map(GrevyServer.CasePage.FindingLine.init)
        origin = Fact.origin(record, document, names: names)
        // Versions of the same plan first.
        let same = others.reversed().filter { $0.draft.name == record.draft.name }
        let rest = others.reversed().filter { $0.draft.name != record.draft.name }
        self.others = (same + rest).map { other in
            let isCurrent = other.state == .current
            return Other(
                id: other.id,
                name: "\(other.id), \(other.draft.name)\(isCurrent ? "" : ", outdated")")
        }
        hasOthers = !others.isEmpty
        self.state = state.rawValue
        digest = record.draft.content.hex
        self.obstacle = obstacle
        mayChange = obstacle == nil
        self.csrf = csrf
    }
}

extension GrevyServer.PlanPage.Territory {
    /// A slider ends well above what the plan, the wish and the limits ask for.
    fileprivate init(_ territory: PlanDocument.Territory, _ number: Int, of plan: PlanDocument) {
        let injected = territory.injectedActivityGBq
        let room =
            plan.totalInjectedActivityGBq > 0
            ? plan.limits.compactMap(\.maximumTotalInjectedActivityGBq).min().map {
                1.5 * injected * $0 / plan.totalInjectedActivityGBq
            } : nil
        let most = [2 * injected, territory.wishedInjectedActivityGBq, room ?? 0].max() ?? injected
        let steps = (10 * min(most, 100)).rounded(.up)
        var aim = territory.aim
        if injected < territory.wishedInjectedActivityGBq * (1 - 1e-6) {
            aim +=
                "; needs \(Figures.gbq(territory.wishedInjectedActivityGBq)) GBq, lowered by a limit"
        }
        self.init(
            number: number, name: territory.name, gbq: Figures.gbq(injected), exactGBq: injected,
            mostGBq: Figures.fixed(steps / 10, 1), aim: aim)
    }
}

extension GrevyServer.PlanPage.Limit {
    fileprivate init(_ limit: PlanDocument.Limit) {
        self.init(
            name: limit.name, value: Figures.gy(limit.valueGy), limit: Figures.gy(limit.limitGy),
            margin: Figures.gy(limit.marginGy), isBinding: limit.isBinding, isMet: limit.isMet,
            chance: limit.probabilityMet.map { "\(Figures.chance($0)) %" }, source: limit.source)
    }
}

extension GrevyServer.PlanPage.Interval {
    fileprivate init(_ lower: Double, _ upper: Double) {
        self.init(lower: Figures.gy(lower), upper: Figures.gy(upper))
    }
}

private typealias PlanInterval = GrevyServer.PlanPage.Interval

extension GrevyServer.PlanPage.Dose {
    fileprivate init(_ structure: PlanDocument.Structure, style: ReportLineStyle) {
        let known = structure.uncertainty
        var bedInterval: PlanInterval?
        if let lower = known?.bedLowerGy, let upper = known?.bedUpperGy {
            bedInterval = PlanInterval(lower, upper)
        }
        self.init(
            name: structure.name, role: structure.role,
            volumeML: Figures.amount(structure.volumeML), meanGy: Figures.gy(structure.meanDoseGy),
            interval: known.map { PlanInterval($0.lowerGy, $0.upperGy) },
            d98Gy: Figures.gy(structure.d98Gy),
            d98Interval: known.flatMap { known in
                structure.d98Gy.map { PlanInterval($0 * known.lowerFactor, $0 * known.upperFactor) }
            }, bedGy: Figures.gy(structure.bedGy), bedInterval: bedInterval,
            uncertainty: Self.text(known), colour: style.colour, dash: Self.text(style))
    }

    /// The lungs, whose dose follows from the shunt alone.
    fileprivate init(lungsOf document: PlanDocument, style: ReportLineStyle) {
        let known = document.lungDoseUncertainty
        self.init(
            name: "Lungs (shunt)", role: "lungs", volumeML: nil,
            meanGy: Figures.gy(document.lungDoseGy),
            interval: known.map { PlanInterval($0.lowerGy, $0.upperGy) }, d98Gy: Figures.missing,
            d98Interval: nil, bedGy: Figures.missing, bedInterval: nil,
            uncertainty: Self.text(known), colour: style.colour, dash: Self.text(style))
    }

    /// What makes an interval up, each as one standard deviation of the dose.
    private static func text(_ uncertainty: PlanDocument.Uncertainty?) -> String {
        guard let uncertainty else { return "No uncertainty is kept." }
        let parts = uncertainty.components.map {
            "\($0.kind) \(Figures.percent($0.relativeSigma)) %"
        }
        return "1 sigma: \(parts.joined(separator: ", "))"
    }

    private static func text(_ style: ReportLineStyle) -> String {
        style.dash.map { Figures.fixed($0, 1) }.joined(separator: " ")
    }
}

extension GrevyServer.PlanPage.Vial {
    fileprivate init(_ option: PlanDocument.VialOption) {
        let exceeded = option.limitsExceeded ?? []
        self.init(
            territory: option.territory, gbq: Figures.constant(option.vialGBq),
            calibration: ReadableTime.text(option.calibrationTime),
            treatment: option.treatmentTime.map(ReadableTime.text) ?? "",
            atTreatmentGBq: Figures.gbq(option.activityAtTreatmentGBq),
            offTarget: Figures.signedPercent(option.offTargetFraction),
            perfusedGy: Figures.gy(option.perfusedDoseGy), isBelowNeed: option.belowNeed,
            exceeds: exceeded.isEmpty ? nil : exceeded.joined(separator: ", "),
            isKept: option.limitsExceeded?.isEmpty == true,
            late: Figures.gy(option.perfusedDoseFourHoursLaterGy))
    }
}

extension GrevyServer.PlanPage.Fact {
    /// Everything that a number of a plan comes from; who has no full name in `names` is named as kept.
    static func origin(
        _ record: DerivedRecord, _ document: PlanDocument, names: [String: String]
    ) -> [GrevyServer.PlanPage.Fact] {
        let registration = document.registration
        let who = names[record.createdBy] ?? record.createdBy
        let accepter = registration.acceptedBy.map { names[$0] ?? $0 }
        return [
            Self(
                label: "Plan", value: "\(record.id), version \(record.version)"),
            Self(label: "Made", value: "\(Moment.text(record.createdAt)) by \(who)"),
            Self(
                label: "Engine",
                value: "\(document.software.engine), \(document.software.program) "
                    + document.software.version),
            Self(
                label: "Method and profile",
                value: "\(document.method), \(document.profile.name) "
                    + "(\(Figures.constant(document.profile.doseConstantGyKgPerGBq)) Gy·kg/GBq)"),
            Self(
                label: "Inputs",
                value: document.inputs.map {
                    "\($0.role) \($0.series) (\(Figures.shortDigest($0.digest)))"
                }.joined(separator: ", ")),
            Self(
                label: "Registration",
                value: "\(registration.kind), accepted by \(accepter ?? "nobody")"),
            Self(label: "Digest (SHA-256)", value: record.draft.content.hex),
        ]
    }
}
