import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Long work: starting, watching and ending it.
    var jobRoutes: [Route] {
        [
            Route(.get, "/jobs", .right(.readCase), jobsPage),
            Route(.get, "/jobs/events", .right(.readCase), isUse: false) { call in
                try jobEvents(call)
            },
            Route(
                .get, "/cases/{case}/jobs/events", .ofCase(.readCase, shared: .plan), isUse: false
            ) { call in
                try jobEvents(call)
            },
            Route(.post, "/jobs/{job}/cancel", .right(.readCase), cancelJob),
            Route(.post, "/cases/{case}/plans", .ofCase(.plan, shared: .plan)) { call in
                _ = try await JobWorkflow(folder: folder).plan(
                    yaml: call.field("spec"), patient: call.caseOwner.id, by: call.account)
                return Answer.seeOther("/jobs")
            },
        ]
    }

    /// A job as pages and events show it.
    struct JobLine: Encodable, Sendable {
        let id: Int64
        let kind: String
        let person: String
        /// `nil` for what belongs to no case.
        let casePath: String?
        let state: String
        /// Whole percent; `nil` while nobody can say.
        let percent: Int?
        let sentence: String
        let created: String
        /// Where it is ended; `nil` when it is over or somebody else's.
        let cancelPath: String?
        /// Where what it made opens.
        let madePath: String?
        let isOver: Bool
        let isBad: Bool

        init(_ job: JobRecord, for account: AccountRecord) {
            id = job.id
            kind = job.kind
            person = job.person
            casePath = job.patient.map { "/cases/\($0)" }
            state = job.state.rawValue
            percent = job.fraction.map { Int((min(max($0, 0), 1) * 100).rounded()) }
            sentence = job.sentence
            created = String(job.createdAt.prefix(16))
            isOver = job.state.isOver
            isBad = job.state == .failed
            cancelPath =
                !isOver && Self.mayCancel(job, account) ? "/jobs/\(job.id)/cancel" : nil
            let task = try? JSONDecoder().decode(JobTask.self, from: Data(job.taskJSON.utf8))
            madePath =
                if let casePath, let made = job.made, made.hasPrefix("plan-") {
                    "\(casePath)/plans/\(made)"
                } else if let casePath, case .delivered? = task, let made = job.made {
                    "\(casePath)/delivered/\(made)"
                } else if let casePath, case .registration(_, let moving, let fixed)? = task,
                    job.made != nil
                {
                    "\(casePath)/registrations?fixed=\(fixed)&moving=\(moving)"
                } else if let casePath, case .export? = task, job.made != nil {
                    "\(casePath)/exports"
                } else if case .upload(let id)? = task, job.account == account.id {
                    "/uploads/\(id)"
                } else { nil }
        }

        static func mayCancel(_ job: JobRecord, _ account: AccountRecord) -> Bool {
            job.account == account.id || account.role.rights.contains(.cancelJobs)
        }
    }

    struct JobsPage: Sendable {
        let rows: [JobLine]
        let isEmpty: Bool
        let eventsPath: String
        let csrf: String
    }

    private func jobsPage(_ call: Call) async throws -> Response {
        let rows = try await jobLines(call.account, patient: nil)
        let page = JobsPage(
            rows: rows, isEmpty: rows.isEmpty, eventsPath: "/jobs/events",
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(try pages.render("jobs", title: "Jobs", session: call.session, page))
    }

    private func jobLines(_ account: AccountRecord, patient: Int64?) async throws -> [JobLine] {
        try await folder.jobs.jobs(organisation: account.organisation.id, patient: patient)
            .map { JobLine($0, for: account) }
    }

    /// Ends with the session, and with the access to the case.
    private func jobEvents(_ call: Call) throws -> Response {
        let (account, patient) = (try call.account, call.patient?.id)
        guard let token = call.token else { throw Refusal.signInFirst }
        let events = ChangeEvents(seconds: settings.eventSeconds) {
            guard try await accounts.session(token: token, isUse: false) != nil else { return nil }
            if let patient {
                guard try await folder.shares.access(to: patient, for: account, as: .plan) != nil
                else { return nil }
            }
            let lines = try await jobLines(account, patient: patient)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(lines), as: UTF8.self)
        }
        return Answer.events(
            begin: { await streams.add(events, to: token) },
            end: { await streams.remove(events, from: token) }
        ) { try await events.next() }
    }

    private func cancelJob(_ call: Call) async throws -> Response {
        let account = try call.account
        guard let id = Int64(try call.parameter("job")),
            let job = try await folder.jobs.jobs(
                organisation: account.organisation.id, job: id
            ).first
        else { throw Refusal.notFound }
        guard JobLine.mayCancel(job, account) else { throw Refusal.notAllowed }
        guard !job.state.isOver else { throw Refusal.conflict("The job is over already.") }
        try await jobs.cancel(id, by: account.actor)
        return Answer.seeOther("/jobs")
    }
}
