import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Sharing a case")
struct ShareTests {
    @Test("The recipient sees what was chosen and what it stands on, and nothing else")
    func partial() async throws {
        let story = try await ShareStory("share-partial")
        #expect(try await story.get(story.base).status == 404)
        try await story.share(story.ours)
        let page = try await story.get(story.base)
        #expect(page.status == 200)
        for shown in [
            story.ours.plan, story.ours.report, story.ours.series, "NET centre", "second opinion",
        ] {
            #expect(page.text.contains(shown), "\(shown)")
        }
        for hidden in [story.foreign.plan, story.foreign.report, story.foreign.series] {
            #expect(!page.text.contains(hidden), "\(hidden)")
        }
        #expect(!page.text.contains("History") && !page.text.contains("\(story.base)/bring-in"))
        #expect(try await story.get("\(story.base)/plans/\(story.ours.plan)").status == 200)
        let worklist = try await story.get("/")
        #expect(worklist.text.contains("Phantom, Number0") && worklist.text.contains("NET centre"))
    }

    @Test("Share, preview and the end of a share, as people use the page")
    func page() async throws {
        let story = try await ShareStory("share-page")
        let (path, owner) = ("\(story.base)/shares", story.owner)
        var form = [
            "csrf": owner.csrf, "act": "preview", "purpose": "planning",
            "recipient": "\(story.fixture.organisations[1].id)", "days": "7",
            "item-\(story.ours.plan)": "yes",
        ]
        let preview = try await story.fixture.send(.post, path, owner, form: form)
        #expect(preview.status == 200 && preview.text.contains("What Referring hospital will see"))
        #expect(preview.text.contains(story.ours.series))
        #expect(!preview.text.contains(story.foreign.series))
        #expect(try await story.get(story.base).status == 404)
        form["act"] = "share"
        #expect(try await story.fixture.send(.post, path, owner, form: form).status == 303)
        #expect(try await story.get(story.base).status == 200)
        #expect(try await story.get("\(story.base)/plans/\(story.ours.plan)").status == 200)
        let list = try await story.get(path, owner)
        #expect(list.text.contains("Referring hospital") && list.text.contains(story.ours.plan))
        #expect(list.text.contains("Nuclear medicine physician"))
        let share = try #require(
            try await story.fixture.folder.shares.shares(
                of: story.patient, owner: owner.account.organisation.id
            ).first)
        let end = "\(path)/\(share.id)/end"
        let silent = ["csrf": owner.csrf, "reason": " "]
        #expect(try await story.fixture.send(.post, end, owner, form: silent).status == 400)
        let reason = ["csrf": owner.csrf, "reason": "answered"]
        #expect(try await story.fixture.send(.post, end, owner, form: reason).status == 303)
        #expect(try await story.fixture.send(.post, end, owner, form: reason).status == 409)
        #expect(try await story.get(story.base).status == 404)
        #expect(try await story.get(path, owner).text.contains("answered"))
        let actions = try await story.fixture.folder.audit.entries(last: 60)
            .filter { $0.subject == "share-\(share.id)" }.map(\.action)
        #expect(actions.first == "share.create" && actions.last == "share.revoke")
    }

    @Test(
        "What is not allowed is refused with a sentence",
        arguments: [
            ["purpose": " "], ["days": "91"], ["days": "0"], ["recipient": "1"],
            ["recipient": "999"], ["item-dose-77": "yes"], ["nothing": "chosen"],
        ])
    func refused(change: [String: String]) async throws {
        let story = try await ShareStory("share-refused")
        var form = [
            "csrf": story.owner.csrf, "act": "share", "purpose": "planning",
            "recipient": "\(story.fixture.organisations[1].id)", "days": "7",
        ].merging(change) { $1 }
        if change["nothing"] == nil { form["item-\(story.ours.plan)"] = "yes" }
        let reply = try await story.fixture.send(
            .post, "\(story.base)/shares", story.owner, form: form)
        #expect(reply.status == 400 && reply.text.contains("role=\"alert\""))
        #expect(try await story.get(story.base).status == 404)
    }

    @Test("Earlier studies are shared only when somebody says so, also below a result")
    func priors() async throws {
        let story = try await ShareStory("share-priors")
        let old = try await ShareStory.line(9, "20200101", story.fixture, study: "1.2.0.99")
        // The newest plan makes its studies present ones; another one comes after it.
        _ = try await ShareStory.line(3, "20260105", story.fixture)
        let shares = story.fixture.folder.shares
        await #expect(throws: ShareRefusal.priors(1)) {
            _ = try await shares.create(story.draft(old), by: story.owner.account)
        }
        _ = try await shares.create(story.draft(old, priors: true), by: story.owner.account)
        #expect(try await story.get(story.base).text.contains(old.series))
    }

    @Test("What comes later is seen only where it was asked for, and never beside what is hidden")
    func future() async throws {
        let story = try await ShareStory("share-future")
        let closed = try await story.share(story.ours)
        let later = try await ShareStory.line(5, "20260106", story.fixture)
        #expect(!(try await story.get(story.base).text.contains(later.series)))
        try await story.fixture.folder.shares.revoke(
            closed.id, of: story.patient, reason: "test", by: story.owner.account)
        try await story.share(story.ours, future: true)
        let newest = try await ShareStory.line(6, "20260107", story.fixture)
        let folder = story.fixture.folder
        let digest = try await folder.records.instances(seriesUID: story.foreign.seriesUID)
            .seriesDigest
        let mixed = try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(story.patient)", kind: "plan", name: "mixed",
                content: try await folder.objects.put(PlanJSON.bytes(activityGBq: 1)),
                mediaType: "application/json",
                inputs: [
                    DerivedInput("planning", .series(uid: story.foreign.seriesUID, digest: digest))
                ], softwareVersion: "0.1"), by: "test")
        let text = try await story.get(story.base).text
        #expect(text.contains(newest.series) && text.contains(newest.report))
        #expect(!text.contains(later.series) && !text.contains(">\(mixed.id)<"))
    }

    @Test("A series that gains files is another one, and is shared again or not at all")
    func grown() async throws {
        let story = try await ShareStory("share-grown")
        try await story.share(story.ours)
        let path = "\(story.base)/series/\(story.ours.series)"
        #expect(try await story.get(path).status != 404)
        try await ShareStory.add(
            2, to: story.ours.seriesUID, study: "1.2.0", "20260105", story.fixture)
        #expect(try await story.get(path).status == 404)
    }

    @Test("After the end a conditional request is told nothing, not even that nothing changed")
    func caches() async throws {
        let story = try await ShareStory("share-caches")
        let share = try await story.share(story.ours)
        let path = "\(story.base)/vois/versions/\(story.ours.voi)/mask"
        let first = try await story.get(path)
        let tag = try #require(first.headers[.eTag])
        let same: HTTPFields = [.ifNoneMatch: tag]
        let again = try await story.fixture.send(.get, path, story.recipient, headers: same)
        #expect(first.status == 200 && again.status == 304)
        let foreign = "\(story.base)/vois/versions/\(story.foreign.voi)/mask"
        _ = try await story.get(foreign, story.owner)
        #expect(try await story.get(foreign).status == 404)
        try await story.fixture.folder.shares.revoke(
            share.id, of: story.patient, reason: "test", by: story.owner.account)
        let over = try await story.fixture.send(.get, path, story.recipient, headers: same)
        #expect(over.status == 404 && over.headers[.eTag] == nil)
    }

    @Test("A running download stops when the share ends", arguments: ["revoked", "disabled"])
    func download(how: String) async throws {
        let story = try await ShareStory("share-download") { $0.lookSeconds = 0 }
        let folder = story.fixture.folder
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        let voi = try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(story.patient)", kind: "voi", name: "large",
                content: try await folder.objects.put(bytes), mediaType: "application/gzip",
                inputs: [], softwareVersion: "0.1"), by: "test")
        let share = try await folder.shares.create(
            ShareDraft(
                patient: story.patient, recipient: story.fixture.organisations[1].id,
                terms: try ShareTerms(purpose: "test"), series: [], records: [voi.id]),
            by: story.owner.account)
        let path = "\(story.base)/vois/versions/\(voi.id)/mask"
        #expect(try await story.get(path).bytes == bytes)
        let collector = Collector {
            if how == "revoked" {
                try await folder.shares.revoke(
                    share.id, of: story.patient, reason: "test", by: story.owner.account)
            } else {
                try await folder.accounts.set(
                    role: story.recipient.account.role, isDisabled: true,
                    of: story.recipient.account.id, by: "test")
            }
        }
        await #expect(throws: (any Error).self) {
            _ = try await story.fixture.send(.get, path, story.recipient, into: collector)
        }
        #expect(!collector.bytes.isEmpty && collector.bytes.count < bytes.count)
    }

    @Test("Download is a right of its own")
    func downloadRight() async throws {
        let story = try await ShareStory("share-right")
        try await story.share(story.ours)
        let path = "\(story.base)/plans/\(story.ours.plan)/signed/plan.json"
        #expect(try await story.get(path).status == 404)
        try await story.share(story.ours, rights: [.download])
        // Through, but the plan is not signed.
        #expect(try await story.get(path).status == 400)
    }

    @Test("Only the owner is offered to keep a comment from others")
    func internalComments() async throws {
        let story = try await ShareStory("share-internal")
        try await story.share(story.ours, rights: [.comment])
        for (browser, isOwner) in [(story.owner, true), (story.recipient, false)] {
            let page = try await story.fixture.send(.get, story.base, browser)
            #expect(page.text.contains("Write a comment"))
            #expect(page.text.contains("name=\"internal\"") == isOwner)
            let images = try await story.fixture.send(
                .get, "\(story.base)/images?left=\(story.ours.series)", browser)
            #expect(images.text.contains("data-may-comment=\"yes\""))
            #expect(images.text.contains("data-is-owners=\"yes\"") == isOwner)
        }
        // Whoever asks for it all the same is refused.
        let reply = try await story.fixture.send(
            .post, "\(story.base)/comments", story.recipient,
            form: ["csrf": story.recipient.csrf, "text": "among us", "internal": "on"])
        #expect(reply.status == 400)
    }

    @Test("Who has a case by a share cannot pass it on")
    func passingOn() async throws {
        let story = try await ShareStory("share-passing")
        try await story.share(story.ours, rights: [.comment, .download])
        let draft = ShareDraft(
            patient: story.patient, recipient: story.fixture.organisations[0].id,
            terms: try ShareTerms(purpose: "test"), series: [], records: [story.ours.plan])
        await #expect(throws: StorageError.notFound(entity: "patient")) {
            _ = try await story.fixture.folder.shares.create(
                draft, by: story.recipient.account)
        }
        #expect(try await story.get("\(story.base)/shares").status == 404)
    }
}
