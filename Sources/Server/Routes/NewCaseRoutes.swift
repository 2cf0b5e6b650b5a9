import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// A case that begins before its images.
    var newCaseRoutes: [Route] {
        [
            Route(.get, "/new-case", .right(.prepareCase)) { call in
                try newCasePage(call, sentence: nil, status: .ok)
            },
            Route(.post, "/new-case", .right(.prepareCase), beginCase),
        ]
    }

    struct NewCasePage: Sendable {
        struct Choice: Sendable {
            let value: String
            let title: String
            let isChosen: Bool
        }

        /// What is wrong with what was typed; `nil` on a fresh page.
        let sentence: String?
        let family: String
        let given: String
        let birthDate: String
        let patientID: String
        let issuer: String
        let sexes: [Choice]
        let longest: Int
        let csrf: String
    }

    private func newCasePage(
        _ call: Call, sentence: String?, status: HTTPResponse.Status
    ) throws -> Response {
        func typed(_ name: String) -> String { call.form[name] ?? "" }
        let sexes = [("F", "female"), ("M", "male"), ("O", "other")].map { value, title in
            let isChosen = typed("sex") == value
            return NewCasePage.Choice(value: value, title: title, isChosen: isChosen)
        }
        let page = NewCasePage(
            sentence: sentence, family: typed("family"), given: typed("given"),
            birthDate: typed("birthDate"), patientID: typed("patientID"),
            issuer: typed("issuer"), sexes: sexes, longest: ReferredPatient.longest,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("new-case", title: "New case", session: call.session, page),
            status: status)
    }

    private func beginCase(_ call: Call) async throws -> Response {
        do {
            let patient = try ReferredPatient(
                family: call.field("family"), given: call.form["given"] ?? "",
                birthDate: call.field("birthDate"), sex: call.form["sex"] ?? "",
                patientID: call.field("patientID"), issuer: call.form["issuer"] ?? "")
            let id = try await folder.records.refer(patient.identity, by: call.account)
            return Answer.seeOther("/cases/\(id)")
        } catch WorkflowError.refused(let sentence) {
            return try newCasePage(call, sentence: sentence, status: .badRequest)
        } catch is CaseExists {
            return try newCasePage(
                call,
                sentence: "Your organisation has a case of this identifier; find it in the "
                    + "worklist.", status: .conflict)
        }
    }
}
