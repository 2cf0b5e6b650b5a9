import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// The JSON interface: what the pages show, for programs.
    var apiRoutes: [Route] { [documentRoute] + apiCaseRoutes + apiPlanRoutes + apiJobRoutes }

    private var documentRoute: Route {
        Route(
            .get, "\(Route.apiPath)/openapi.json", .anyone,
            api: APIOperation("openapi", "This description.", scope: nil)
        ) { _ in
            try Answer.json(try OpenAPIDocument.document(of: apiRoutes + dicomwebRoutes))
        }
    }

    private var apiCaseRoutes: [Route] {
        var cases = APIOperation(
            "cases", "The cases of the organisation, the latest first.", scope: .api)
        cases.query = Self.caseFields
        return [
            .api(.get, "/cases", .right(.readCase), cases, apiCases),
            .api(
                .get, "/cases/{case}", .ofCase(.readCase),
                APIOperation("case", "A case with its state and everything computed.", scope: .api),
                apiCase),
            .api(
                .get, "/cases/{case}/studies", .ofCase(.readCase),
                APIOperation("studies", "A case's studies with their series.", scope: .api)
            ) { call in
                API.Studies(
                    studies: try await Listing.studies(
                        of: call.caseOwner.id, records: folder.records))
            },
            .api(
                .get, "/cases/{case}/findings", .ofCase(.readCase),
                APIOperation(
                    "findings", "What should be known about a case's series and current plans.",
                    scope: .api), apiFindings),
        ]
    }

    private var apiPlanRoutes: [Route] {
        var request = APIOperation(
            "requestPlan", "Asks for a plan to be computed, as a job.", scope: .plan)
        (request.body, request.status) = (.planFile, .accepted)
        return [
            .api(
                .get, "/cases/{case}/plans", .ofCase(.readCase),
                APIOperation("plans", "A case's plans, the latest first.", scope: .api)
            ) { call in
                let records = try await apiComputed(call, kind: "plan")
                return API.Plans(plans: records.map(Listing.Computed.init))
            },
            .api(
                .get, "/cases/{case}/plans/{plan}", .ofCase(.readCase),
                APIOperation(
                    "plan", "A plan: its record, its signatures and the document that is signed.",
                    scope: .api), apiPlan),
            .api(.post, "/cases/{case}/plans", .ofCase(.plan), request) { call in
                let bytes = try await FormBody.bytes(of: call.request)
                guard let yaml = String(validating: bytes, as: UTF8.self) else {
                    throw Refusal.badRequest("The plan file is not UTF-8.")
                }
                return API.Job(
                    try await JobWorkflow(folder: folder).plan(
                        yaml: yaml, patient: call.caseOwner.id, by: call.account))
            },
            .api(
                .get, "/cases/{case}/doses", .ofCase(.readCase),
                APIOperation("doses", "A case's computed doses, the latest first.", scope: .api)
            ) { call in
                let plans = try await apiComputed(call, kind: "plan")
                return API.Doses(
                    doses: try await apiComputed(call, kind: "dose").map { dose in
                        let plan = plans.first {
                            $0.draft.inputs.contains { $0.source == .derived(dose.id) }
                        }
                        return API.Dose(
                            record: Listing.Computed(dose), kind: dose.draft.kind,
                            mediaType: dose.draft.mediaType, sha256: dose.draft.content.hex,
                            plan: plan?.id)
                    })
            },
        ]
    }

    private var apiJobRoutes: [Route] {
        [
            .api(
                .get, "/cases/{case}/jobs", .ofCase(.readCase),
                APIOperation("caseJobs", "A case's jobs, those that run first.", scope: .api)
            ) { call in try await apiJobs(call, patient: call.caseOwner.id) },
            .api(
                .get, "/jobs", .right(.readCase),
                APIOperation("jobs", "The organisation's latest jobs.", scope: .api)
            ) { call in try await apiJobs(call, patient: nil) },
            .api(
                .get, "/jobs/{job}", .right(.readCase),
                APIOperation("job", "A job.", scope: .api)
            ) { call in
                guard let id = Int64(try call.parameter("job")),
                    let job = try await folder.jobs.jobs(
                        organisation: call.account.organisation.id, job: id
                    ).first
                else { throw Refusal.notFound }
                return API.Job(job)
            },
        ]
    }

    /// How many cases one answer holds at most, and unless asked otherwise.
    private static let mostCases = (limit: 200, usual: 50)

    private static let caseFields = [
        APIOperation.QueryField(
            name: "search", about: "Words that name or identifier must hold.",
            schema: ["type": "string"]),
        APIOperation.QueryField(
            name: "state", about: "Only cases in this state.",
            schema: [
                "type": "string", "enum": .array(CaseState.allCases.map { .string($0.rawValue) }),
            ]),
        APIOperation.QueryField(
            name: "waiting", about: "Only cases that wait for whoever asks.",
            schema: ["type": "string", "enum": ["true", "false"]]),
        APIOperation.QueryField(
            name: "limit", about: "How many at most; \(mostCases.usual) unless given.",
            schema: ["type": "integer", "minimum": 1, "maximum": .number(Double(mostCases.limit))]),
        APIOperation.QueryField(
            name: "offset", about: "How many to leave out.",
            schema: ["type": "integer", "minimum": 0, "maximum": 1_000_000]),
    ]

    private func apiCases(_ call: Call) async throws -> API.Cases {
        let query = try call.query
        func number(_ name: String, _ range: ClosedRange<Int>, _ usual: Int) throws -> Int {
            guard let text = query[name] else { return usual }
            guard let value = Int(text), range.contains(value) else {
                throw Refusal.badRequest(
                    "'\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        }
        let limit = try number("limit", 1 ... Self.mostCases.limit, Self.mostCases.usual)
        let offset = try number("offset", 0 ... 1_000_000, 0)
        let state = try query["state"].map { text in
            guard let state = CaseState(rawValue: text) else {
                throw Refusal.badRequest("There is no such state.")
            }
            return state
        }
        guard ["true", "false", nil].contains(query["waiting"]) else {
            throw Refusal.badRequest("'waiting' is true or false.")
        }
        var asked = Worklist.Query()
        (asked.search, asked.state) = (query["search"] ?? "", state)
        (asked.isWaiting, asked.offset, asked.limit) = (query["waiting"] == "true", offset, limit)
        let list = try await Worklist(for: call.account, asked, folder: folder)
        return API.Cases(
            cases: list.rows.map(API.CaseLine.init), total: list.total, offset: offset,
            limit: limit)
    }

    private func apiCase(_ call: Call) async throws -> API.Case {
        let patient = try call.caseOwner
        let file = try await CaseFile(reader(call), for: call.account)
        let identity = patient.identity
        return API.Case(
            id: patient.id,
            patient: API.Patient(
                name: ReadableIdentity.name(identity.name), patientID: identity.patientID,
                issuer: identity.issuer, birthDate: ReadableIdentity.date(identity.birthDate),
                sex: identity.sex), state: file.state, moves: file.moves.map(API.Move.init),
            computed: file.computed.map(Listing.Computed.init))
    }

    private func apiFindings(_ call: Call) async throws -> API.Findings {
        let patient = try call.caseOwner
        var findings: [API.SourceFinding] = []
        for study in try await Listing.studies(of: patient.id, records: folder.records) {
            for series in study.series {
                findings += series.findings.map { API.SourceFinding($0, of: series.id) }
            }
        }
        let scenes = SceneWorkflow(try reader(call), patient: patient)
        for plan in try await apiComputed(call, kind: "plan") where plan.state == .current {
            findings += try await scenes.plan(plan.id).document.findings.map {
                API.SourceFinding($0, of: plan.id)
            }
        }
        return API.Findings(findings: findings)
    }

    private func apiPlan(_ call: Call) async throws -> API.Plan {
        let (record, document) = try await SceneWorkflow(
            reader(call), patient: call.caseOwner
        ).plan(call.parameter("plan"))
        return API.Plan(
            record: Listing.Computed(record),
            signatures: try await folder.records.signatures(plan: record.id)
                .map(API.Signature.init), document: document)
    }

    private func apiComputed(_ call: Call, kind: String) async throws -> [DerivedRecord] {
        try await reader(call).derived(kind: kind).reversed()
    }

    private func apiJobs(_ call: Call, patient: Int64?) async throws -> API.Jobs {
        API.Jobs(
            jobs: try await folder.jobs.jobs(
                organisation: call.account.organisation.id, patient: patient
            ).map(API.Job.init))
    }
}
