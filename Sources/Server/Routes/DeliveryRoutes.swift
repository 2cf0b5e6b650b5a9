import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// What was delivered, asked for on a page: which image shows it, and what each territory got.
    var deliveryRoutes: [Route] {
        let path = "/cases/{case}/plans/{plan}/delivered"
        return [
            Route(.get, path, .ofCase(.plan)) { call in
                let desk = try await deliveryDesk(call)
                return try deliveryPage(call, desk, DeliveryForm.firstValues(desk))
            },
            Route(.post, path, .ofCase(.plan), computeDelivered),
        ]
    }

    private func deliveryDesk(_ call: Call) async throws -> DeliveryDesk {
        let patient = try call.caseOwner
        return try await DeliveryDesk(
            call.parameter("plan"), of: patient,
            treatments: TreatmentWorkflow(folder: folder, accounts: accounts, patient: patient),
            folder: folder, source: source)
    }

    private func computeDelivered(_ call: Call) async throws -> Response {
        let desk = try await deliveryDesk(call)
        do {
            let draft = try DeliveryForm(values: call.form).draft(for: desk)
            _ = try await JobWorkflow(folder: folder).delivered(
                draft, patient: call.caseOwner.id, by: call.account)
        } catch {
            guard let refusal = Refusal(error) else { throw error }
            return try deliveryPage(call, desk, call.form, refusal: refusal)
        }
        return Answer.seeOther("/jobs")
    }

    private func deliveryPage(
        _ call: Call, _ desk: DeliveryDesk, _ values: [String: String], refusal: Refusal? = nil
    ) throws -> Response {
        let page = DeliveryPage(
            desk, values: values, sentence: refusal?.sentence, patient: try call.caseOwner,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render(
                "delivery", title: "What was delivered", session: call.session, page),
            status: refusal?.status ?? .ok)
    }
}

/// The fields of the page, read into a draft.
struct DeliveryForm {
    let values: [String: String]

    /// Begins with what the treatment sheets say; where there is none, nothing is taken as given.
    static func firstValues(_ desk: DeliveryDesk) -> [String: String] {
        let suggestion = desk.suggestion
        var values = ["image": suggestion.image ?? "", "imageCT": suggestion.imageCT ?? ""]
        values["registration"] =
            switch suggestion.registration {
            case .identity: "identity"
            case .rigidCT: "rigid-ct"
            case .rigidActivity: "rigid-activity"
            case .kept(let id): id
            }
        for (n, given) in desk.given.enumerated() {
            values["given-\(n)"] = given.administeredActivityGBq.map(Figures.gbq) ?? ""
            values["stasis-\(n)"] = given.stasis ? "yes" : "no"
        }
        return values
    }

    /// - Throws: ``Refusal/badRequest(_:)`` naming the field.
    func draft(for desk: DeliveryDesk) throws -> DeliveryDraft {
        guard let image = values["image"], !image.isEmpty else {
            throw Refusal.badRequest("Choose the image that shows what was delivered.")
        }
        guard values["imageCT"] != NewPlanPage.Field.unchosen else {
            throw Refusal.badRequest("Choose the CT of the machine, or none.")
        }
        let territories = try desk.given.enumerated().compactMap { n, given in
            try activity("given-\(n)", given.territory).map {
                DeliveryDraft.Territory(
                    name: given.territory, injectedActivityGBq: $0,
                    stasis: values["stasis-\(n)"] == "yes")
            }
        }
        guard !territories.isEmpty else {
            throw Refusal.badRequest("Say what at least one territory got.")
        }
        return DeliveryDraft(
            plan: desk.plan.record.id, image: image,
            imageCT: values["imageCT"].flatMap { $0.isEmpty ? nil : $0 },
            registration: try registration(),
            hoursAfterAdministration: try number(
                "hours", "the hours after administration", atLeast: 0),
            territories: territories)
    }

    private func registration() throws -> DeliveryDraft.Registration {
        switch values["registration"] ?? "" {
        case "": throw Refusal.badRequest("Give a registration onto the planning CT.")
        case "rigid-ct": .rigidCT
        case "rigid-activity": .rigidActivity
        case "identity": .identity
        case let record: .kept(record)
        }
    }

    /// A territory that got nothing is left out.
    private func activity(_ field: String, _ territory: String) throws -> Double? {
        let value = try number(field, "the activity of '\(territory)'", atLeast: 0)
        return value == 0 ? nil : value
    }

    private func number(_ field: String, _ what: String, atLeast least: Double) throws -> Double? {
        let text = values[field]?.trimmingCharacters(in: .whitespaces) ?? ""
        guard !text.isEmpty else { return nil }
        guard let value = Double(text), value.isFinite, value >= least else {
            throw Refusal.badRequest(
                "For \(what) a number of \(Int(least)) or more is needed, with a point, not a comma."
            )
        }
        return value
    }
}

/// The page with what was typed.
struct DeliveryPage: Sendable {
    struct Row: Sendable {
        let number: Int
        let name: String
        let planned: String
        /// Which sheets say so; `nil` where none does.
        let sheets: String?
        let given: String
        let isStasis: Bool
    }

    let banner: Banner
    let path: String
    let planPath: String
    let plan: String
    let name: String
    /// Why nothing was begun.
    let sentence: String?
    let elsewhere: [String]
    let hasNoImage: Bool
    let hasNoSheet: Bool
    let groups: [NewPlanPage.Group]
    let rows: [Row]
    let csrf: String

    init(
        _ desk: DeliveryDesk, values: [String: String], sentence: String?, patient: PatientRecord,
        csrf: String
    ) {
        banner = Banner(patient)
        plan = desk.plan.record.id
        planPath = "/cases/\(patient.id)/plans/\(plan)"
        path = "\(planPath)/delivered"
        name = desk.plan.document.name
        (self.sentence, elsewhere, self.csrf) = (sentence, desk.elsewhere, csrf)
        hasNoImage = desk.images.isEmpty
        hasNoSheet = desk.given.allSatisfy(\.sheets.isEmpty)
        groups = [Self.group(desk, values)]
        rows = desk.given.enumerated().map { n, given in
            Row(
                number: n, name: given.territory,
                planned: Figures.gbq(given.plannedInjectedActivityGBq),
                sheets: given.sheets.isEmpty ? nil : given.sheets.joined(separator: ", "),
                given: values["given-\(n)"] ?? "", isStasis: values["stasis-\(n)"] == "yes")
        }
    }

    private static func group(
        _ desk: DeliveryDesk, _ values: [String: String]
    ) -> NewPlanPage.Group {
        func choice(
            _ name: String, _ label: String, _ options: [(String, String)], help: String? = nil
        ) -> NewPlanPage.Field {
            NewPlanPage.Field(choice: name, label, options, values: values, help: help)
        }
        let kept = desk.registrations.map {
            ($0.id, "\($0.id): \($0.label)\($0.isAccepted ? "" : ", not accepted yet")")
        }
        return NewPlanPage.Group(
            title: "Image after the treatment",
            fields: [
                choice(
                    "image", "PET or SPECT", desk.images.map { ($0.id, $0.label) },
                    help: "The latest first; the image that the plan was made from is the last."),
                choice(
                    "imageCT", "CT of the same machine",
                    [("", "none")] + desk.cts.map { ($0.id, $0.label) }),
                choice(
                    "registration", "Registration onto the planning CT",
                    kept + [
                        ("rigid-ct", "search, by the CT of the same machine"),
                        ("rigid-activity", "search, by the image itself"),
                        ("identity", "none: they coincide"),
                    ],
                    help: "With a registration that nobody has accepted the result says so and "
                        + "verifies nothing."),
                NewPlanPage.Field(
                    name: "hours", label: "Hours from administration to the image's values",
                    value: values["hours"] ?? "", type: "number", step: "any",
                    help: "Empty: by the times in the image's own header.", choices: [],
                    isChoice: false, isRequired: false),
            ])
    }
}
