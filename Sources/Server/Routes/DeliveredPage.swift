import Foundation
import Hummingbird
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// What a verification shows beside its plan.
    struct DeliveredPage: Sendable {
        /// A limit of the plan, held against what was delivered.
        struct Limit: Sendable {
            let name: String
            let source: String
            let limit: String
            let planned: String
            let reached: [Reached]
        }

        struct Reached: Sendable {
            let value: String
            let isKept: Bool
            let isExceeded: Bool
            let chance: String?
        }

        let banner: Banner
        let record: String
        let plan: String
        let planPath: String
        let scenePath: String
        let name: String
        let outdated: String?
        let image: String
        let territories: [CompareRow]
        let doses: [CompareRow]
        let limits: [Limit]
        let hasLimits: Bool
        let hasAbsolute: Bool
        let findings: [CasePage.FindingLine]
        let origin: [PlanPage.Fact]
    }

    func deliveredPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let (record, document) = try await DeliveredScene(reader(call), patient: patient)
            .verification(call.parameter("record"))
        let page = DeliveredPage(
            record, document, patient: patient,
            who: try await fullName(of: record.createdBy, ofCase: patient.id))
        return Answer.page(
            try pages.render("delivered", title: "Delivered", session: call.session, page))
    }
}

extension GrevyServer.DeliveredPage {
    private typealias Row = GrevyServer.CompareRow

    fileprivate init(
        _ record: DerivedRecord, _ document: DeliveredDocument, patient: PatientRecord, who: String
    ) {
        banner = Banner(patient)
        self.record = record.id
        plan = document.plan
        planPath = "/cases/\(patient.id)/plans/\(document.plan)"
        scenePath = "/cases/\(patient.id)/delivered/\(record.id)/scene"
        name = document.planName
        if case .outdated(let reason) = record.state { outdated = reason } else { outdated = nil }
        image = "\(document.image.modality), \(document.image.unit)"
        territories = document.territories.map {
            Row(
                name: $0.name,
                cells: [
                    Figures.gbq($0.plannedInjectedActivityGBq),
                    Figures.gbq($0.injectedActivityGBq), Figures.gbq($0.imageActivityGBq),
                    $0.stasis ? "yes" : "",
                ])
        }
        doses =
            document.structures.map { structure in
                Self.row(
                    structure.name, planned: structure.plannedMeanDoseGy,
                    delivered: structure.relativeMeanDoseGy, structure.relativeUncertainty,
                    absolute: structure.absoluteMeanDoseGy, structure.absoluteUncertainty)
            } + [
                Self.row(
                    "Lungs (shunt)", planned: document.lungs.plannedMeanDoseGy,
                    delivered: document.lungs.deliveredMeanDoseGy, document.lungs.uncertainty,
                    absolute: nil, nil)
            ]
        limits = (document.limits ?? []).map(Limit.init)
        hasLimits = !limits.isEmpty
        hasAbsolute = document.absoluteDoseDigest != nil
        findings = document.findings.map(GrevyServer.CasePage.FindingLine.init)
        origin = PlanFact.origin(record, document, who: who)
    }

    private static func row(
        _ name: String, planned: Double, delivered: Double, _ known: PlanDocument.Uncertainty?,
        absolute: Double?, _ absoluteKnown: PlanDocument.Uncertainty?
    ) -> Row {
        func interval(_ known: PlanDocument.Uncertainty?) -> String {
            known.map { "\(Figures.gy($0.lowerGy))–\(Figures.gy($0.upperGy))" } ?? Figures.missing
        }
        return Row(
            name: name,
            cells: [
                Figures.gy(planned), Figures.gy(delivered), interval(known),
                Figures.gy(delivered - planned),
                Figures.signedPercent(planned > 0 ? delivered / planned - 1 : nil),
                Figures.gy(absolute), interval(absoluteKnown),
                Figures.gy(absolute.map { $0 - planned }),
            ])
    }
}

private typealias PlanFact = GrevyServer.PlanPage.Fact

extension GrevyServer.DeliveredPage.Limit {
    fileprivate init(_ limit: DeliveredDocument.Limit) {
        (name, source) = (limit.name, limit.source)
        (self.limit, planned) = (Figures.gy(limit.limitGy), Figures.gy(limit.plannedGy))
        reached = [limit.relative, limit.absolute].map { reached in
            GrevyServer.DeliveredPage.Reached(
                value: Figures.gy(reached?.valueGy), isKept: reached?.isMet == true,
                isExceeded: reached?.isMet == false,
                chance: reached?.probabilityMet.map { "\(Figures.chance($0)) %" })
        }
    }
}

extension GrevyServer.PlanPage.Fact {
    /// Everything that a number of a verification comes from.
    fileprivate static func origin(
        _ record: DerivedRecord, _ document: DeliveredDocument, who: String
    ) -> [Self] {
        [
            Self(label: "Verification", value: "\(record.id), version \(record.version)"),
            Self(label: "Made", value: "\(Moment.text(record.createdAt)) by \(who)"),
            Self(
                label: "Plan",
                value: "\(document.plan), SHA-256 \(Figures.shortDigest(document.planDigest))"),
            Self(
                label: "Engine",
                value: "\(document.software.engine), \(document.software.program) "
                    + document.software.version),
            Self(label: "Profile", value: document.profile.name),
            Self(
                label: "Inputs",
                value: document.inputs.map {
                    "\($0.role) \($0.series) (\(Figures.shortDigest($0.digest)))"
                }.joined(separator: ", ")),
            Self(
                label: "Image values hold",
                value: "\(Figures.fixed(document.image.hoursAfterAdministration, 2)) h after "
                    + "administration (\(document.image.hoursSource))"),
            Self(label: "Digest (SHA-256)", value: record.draft.content.hex),
        ]
    }
}
