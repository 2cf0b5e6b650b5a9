import Foundation
import HTTPTypes
import Logging
import Pathway
import Server
import Storage
import Testing
import Workflows
import _TestSupport

/// Jobs in the built program, started by a runner in this process or by the built server.
@Suite("Jobs", .serialized)
struct JobTests {
    /// Longer than any test waits: only a cancelled or killed run of it ends.
    private static let endless = 2_000_000_000

    @Test("A job says how far it is and ends as done, with what it made")
    func done() async throws {
        let fixture = try await ServerFixture("job-done")
        let account = try await fixture.browser(.physicist).account
        let job = try await fixture.enqueueImport(await fixture.phantom(), by: account)
        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        let running = try await fixture.wait(for: job) { $0.fraction ?? 0 > 0 }
        #expect(running.process != nil)
        let over = try await fixture.wait(for: job) { $0.state.isOver }
        #expect(over.state == .done && over.fraction == 1, "\(over.sentence)")
        #expect(over.made?.hasPrefix("import-") == true && over.sentence.contains(" 0 refused"))
        let actions = try await fixture.folder.audit.entries(last: 200)
            .filter { $0.subject == "job-\(job)" }
        #expect(actions.map(\.action) == ["job.enqueue", "job.start", "job.end"])
        #expect(actions.allSatisfy { $0.actor == "account-\(account.id)" })
        let own = fixture.folder.jobs.folder(of: job)
        #expect(!FileManager.default.fileExists(atPath: own.path))
    }

    @Test("A killed process fails its job, nothing is lost, and another job ends the work")
    func killed() async throws {
        let fixture = try await ServerFixture("job-killed")
        let account = try await fixture.browser(.physicist).account
        let dicom = try await fixture.phantom()
        let job = try await fixture.enqueueImport(dicom, by: account)
        let stepwise = JobRunner(
            folder: fixture.folder, program: try fixture.stoppedProgram(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let first = Task { await stepwise.run() }
        let waiting = try await fixture.wait(for: job) { $0.process != nil }
        let process = Int32(try #require(waiting.process))
        while try await fixture.imported() <= fixture.patients.count {
            kill(process, SIGCONT)
            try await Task.sleep(for: .milliseconds(20))
            kill(process, SIGSTOP)
        }
        let before = try await fixture.imported()
        kill(process, SIGKILL)
        let over = try await fixture.wait(for: job) { $0.state.isOver }
        #expect(over.state == .failed && over.sentence.contains("signal 9"), "\(over.sentence)")
        #expect(try await fixture.imported() >= before)
        first.cancel()
        await first.value
        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        let again = try await fixture.enqueueImport(dicom, by: account)
        let end = try await fixture.wait(for: again) { $0.state.isOver }
        #expect(end.state == .done && !end.sentence.contains(" 0 known already"))
        #expect(try await fixture.folder.check(rereadingObjects: true).isEmpty)
        guard case .intact = try await fixture.folder.audit.verify() else {
            Issue.record("the audit chain is broken")
            return
        }
    }

    @Test("A Monte Carlo plan is cancelled at once, by its owner or who may")
    func cancelled() async throws {
        let fixture = try await ServerFixture("job-cancel")
        let patient = try await fixture.phantomCase()
        let radiologist = try await fixture.browser(.radiologist)
        let form = ["csrf": radiologist.csrf, "spec": ServerFixture.plan(histories: Self.endless)]
        let reply = try await fixture.send(
            .post, "/cases/\(patient)/plans", radiologist, form: form)
        #expect(reply.status == 303)
        let job = try #require(
            try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id).first)
        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        let running = try await fixture.wait(for: job.id) { $0.sentence.contains("decays") }
        let process = Int32(try #require(running.process))
        let path = "/jobs/\(job.id)/cancel"
        let stranger = try await fixture.browser(.physicist, organisation: 1)
        #expect(try await fixture.send(.post, path, stranger).status == 404)
        let surgeon = try await fixture.browser(.surgeon)
        #expect(try await fixture.send(.post, path, surgeon).status == 403)
        let physicist = try await fixture.browser(.physicist)
        #expect(try await fixture.send(.post, path, physicist).status == 303)
        // Hours early.
        let over = try await fixture.wait(for: job.id) { $0.state.isOver }
        #expect(over.state == .cancelled)
        #expect(kill(process, 0) != 0)
        #expect(try await fixture.send(.post, path, physicist).status == 409)
        let entry = try await fixture.folder.audit.entries(last: 20).last {
            $0.action == "job.end"
        }
        #expect(entry?.actor == "account-\(physicist.account.id)")
    }

    @Test("A plan from the browser reads no file of the server and no other patient's images")
    func confined() async throws {
        let fixture = try await ServerFixture("job-confined")
        let patient = try await fixture.phantomCase()
        let browser = try await fixture.browser(.physicist)
        for line in ["densityCurve: /etc/passwd", "densityCurve: ../secret.csv"] {
            let spec = ServerFixture.plan(histories: 100)
                .replacing("gridSpacingMM: 5", with: "gridSpacingMM: 5, density: ct, \(line)")
            let reply = try await fixture.send(
                .post, "/cases/\(patient)/plans", browser,
                form: ["csrf": browser.csrf, "spec": spec])
            #expect(reply.status == 400 && reply.text.contains("densityCurve"), "\(reply.text)")
        }
        let signed = ServerFixture.plan(histories: 100)
            .replacing("kind: identity", with: "kind: identity, acceptedBy: Somebody")
        let refused = try await fixture.send(
            .post, "/cases/\(patient)/plans", browser, form: ["csrf": browser.csrf, "spec": signed])
        #expect(refused.status == 400)
        // The images belong to another case than the one that the plan is asked for.
        let account = browser.account
        let job = try await JobWorkflow(folder: fixture.folder).plan(
            yaml: ServerFixture.plan(histories: 100), patient: fixture.patients[0], by: account)
        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        let over = try await fixture.wait(for: job.id) { $0.state.isOver }
        #expect(over.state == .failed && over.sentence.contains("There is no series"))
    }

    @Test("A killed server takes its jobs' processes along, and the next one ends the work")
    func restart() async throws {
        let fixture = try await ServerFixture("job-restart")
        let patient = try await fixture.phantomCase()
        let account = try await fixture.browser(.physicist).account
        let job = try await JobWorkflow(folder: fixture.folder).plan(
            yaml: ServerFixture.plan(histories: Self.endless), patient: patient, by: account)
        let web = ReferenceFiles.project.appending(path: "Web").path
        let arguments = ["--data", fixture.folder.url.path, "--port", "0", "--web", web]
        let first = try Built.start("grevy-server", arguments)
        let running = try await fixture.wait(for: job.id) { $0.sentence.contains("decays") }
        let process = Int32(try #require(running.process))
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
        let end = ContinuousClock.now + .seconds(30)
        while kill(process, 0) == 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(kill(process, 0) != 0, "the job's process went with its server")
        #expect(try await fixture.folder.jobs.job(job.id).state == .running)
        let second = try Built.start("grevy-server", arguments)
        let again = try await fixture.wait(for: job.id) {
            $0.starts == 2 && $0.sentence.contains("decays")
        }
        #expect(again.state == .running)
        // Told to stop, it parks the job for the next one.
        second.terminate()
        second.waitUntilExit()
        #expect(second.terminationReason == .exit)
        #expect(try await fixture.folder.jobs.job(job.id).state == .running)
        for _ in 0 ..< JobStore.mostStarts { try? await fixture.folder.jobs.requeue(job.id) }
        guard case .intact = try await fixture.folder.audit.verify() else {
            Issue.record("the audit chain is broken")
            return
        }
    }

    @Test("A job that has ended its server three times is not started again")
    func tooOften() async throws {
        let fixture = try await ServerFixture("job-often")
        let account = try await fixture.browser(.physicist).account
        let job = try await fixture.enqueueImport(fixture.home, by: account)
        for start in 1 ... JobStore.mostStarts {
            #expect(try await fixture.folder.jobs.takeNext()?.starts == start)
            try await fixture.folder.jobs.requeue(job)
        }
        #expect(try await fixture.folder.jobs.job(job).state == .failed)
        #expect(try await fixture.folder.jobs.takeNext() == nil)
    }

    @Test("Of more than eight streams of one session the oldest ends")
    func manyStreams() async throws {
        let fixture = try await ServerFixture("job-streams", eventSeconds: 120)
        let browser = try await fixture.browser(.physicist)
        func stream(_ heard: Collector) -> Task<Int, any Error> {
            Task { try await fixture.send(.get, "/jobs/events", browser, into: heard).status }
        }
        let heard = Collector()
        let oldest = stream(heard)
        try await heard.holds(1)
        let start = ContinuousClock.now
        let others = (0 ..< 8).map { _ in stream(Collector()) }
        #expect(try await oldest.value == 200)
        #expect(ContinuousClock.now - start < .seconds(60))
        for task in others { task.cancel() }
        for task in others { _ = await task.result }
    }

    @Test("Events say how jobs are, and end with the session")
    func events() async throws {
        let fixture = try await ServerFixture("job-events", eventSeconds: 120)
        let browser = try await fixture.browser(.physicist)
        let job = try await fixture.enqueueImport(fixture.home, by: browser.account)
        let heard = Collector()
        async let reply = fixture.send(.get, "/jobs/events", browser, into: heard)
        try await heard.holds(1)
        try await fixture.folder.jobs.end(job, .cancelled, sentence: "Cancelled.")
        try await heard.holds(2)
        let start = ContinuousClock.now
        try await fixture.accounts.signOut(token: browser.token)
        let text = try await reply.text
        #expect(ContinuousClock.now - start < .seconds(60))
        let events = text.split(separator: "\n\n")
        #expect(events.count == 2 && events[0].hasPrefix("retry: "))
        #expect(events[0].contains("\"state\":\"queued\""))
        #expect(events[1].hasPrefix("data: [") && events[1].contains("\"state\":\"cancelled\""))
        #expect(try await fixture.send(.get, "/jobs/events", browser).status == 401)
    }

    @Test("What a page asks by itself keeps no session alive")
    func idle() async throws {
        let fixture = try await ServerFixture("job-idle")
        let browser = try await fixture.browser(.physicist)
        let minute = 60.0
        // Each look is ten minutes after the last, so only a use would keep the session alive.
        let clock = ServerFixture.moment
        var limits = SessionLimits()
        limits.idleSeconds = 15 * minute
        let later = try DataFolder.open(
            at: fixture.folder.url, create: false, now: { clock + 10 * minute })
        let accounts = AccountWorkflow(folder: later, limits: limits)
        #expect(try await accounts.session(token: browser.token, isUse: false) != nil)
        let muchLater = try DataFolder.open(
            at: fixture.folder.url, create: false, now: { clock + 20 * minute })
        let then = AccountWorkflow(folder: muchLater, limits: limits)
        #expect(try await then.session(token: browser.token, isUse: false) == nil)
    }

    @Test("The jobs of one organisation are not those of another")
    func apart() async throws {
        let fixture = try await ServerFixture("job-apart")
        let home = try await fixture.browser(.physicist)
        let other = try await fixture.browser(.physicist, organisation: 1)
        _ = try await fixture.enqueueImport(fixture.home, by: other.account)
        #expect(try await fixture.send(.get, "/jobs/events", home).text.contains("data: []"))
        #expect(try await fixture.send(.get, "/jobs", other).text.contains("import"))
    }
}

extension ServerFixture {
    /// How many files are listed.
    func imported() async throws -> Int {
        var count = 0
        for patient in try await folder.records.patients() {
            for series in try await folder.records.series(patient: patient.id) {
                count += series.instanceCount
            }
        }
        return count
    }
}
