import DICOM
import Foundation
import Imaging
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Cases taken out")
struct CaseExportTests {
    /// The synthetic patient with a plan, and its case taken out.
    private struct Story {
        let work: URL
        let folder: DataFolder
        let patient: PatientRecord
        let key: SigningKey

        init(_ name: String, plan: Bool = false) async throws {
            (work, folder) = try await SmallPatient.imported(name)
            patient = try #require(try await folder.records.patients().first)
            key = try SigningKey()
            guard plan else { return }
            let yaml = SmallPatient.rightLobe(
                images:
                    #"planning: "CT portal venous, simulated", activity: "MAA SPECT no AC, simulated""#,
                registration: "{kind: identity}",
                lungShunt: "{use: typed, fraction: 0.05}")
            _ = try await PlanWorkflow(folder: folder, source: InProcessSource(), actor: "test")
                .run(yaml: yaml, specFolder: work) { _ in }
        }

        func export(
            _ name: String, _ options: CaseExportOptions, sight: CaseSight = .whole
        ) async throws -> (files: [String: [UInt8]], answer: CaseExport.Answer) {
            let file = work.appending(path: name)
            let answer = try await CaseExport(
                CaseReader(folder: folder, patient: patient.id, sight: sight), of: patient,
                source: InProcessSource(), key: key, actor: "test", options: options,
                say: { _, _ in }
            ).write(to: file, scratch: work.appending(path: "\(name).tree"))
            let archive = try ZipArchive(file: file)
            var files: [String: [UInt8]] = [:]
            let target = work.appending(path: "unpacked")
            for entry in archive.entries {
                try archive.unpack(entry, to: target)
                files[entry.name] = Array(try Data(contentsOf: target))
            }
            return (files, answer)
        }

        func header(_ bytes: [UInt8]) async throws -> DataSet {
            let file = work.appending(path: "one.dcm")
            try Data(bytes).write(to: file)
            return try await InProcessSource().header(path: file.path)
        }
    }

    @Test(
        "Images come out byte for byte, with the plan's objects, a DICOMDIR and a manifest that holds"
    )
    func kept() async throws {
        let story = try await Story("case-export", plan: true)
        defer { try? FileManager.default.removeItem(at: story.work) }
        let (files, answer) = try await story.export("case.zip", CaseExportOptions())
        var originals: Set<ObjectDigest> = []
        for series in try await story.folder.records.series(patient: story.patient.id) {
            let uid = series.description.seriesUID
            for instance in try await story.folder.records.instances(seriesUID: uid) {
                originals.insert(instance.object)
            }
        }
        let images = files.filter { $0.key.hasPrefix("DICOM/") }
        let found = Set(images.values.map { ObjectDigest(of: $0) })
        #expect(originals.isSubset(of: found))
        // Dose, structures, segmentation, numbers.
        #expect(images.count == originals.count + 4)
        #expect(answer.manifest.leftOut.contains { $0.what.hasPrefix("plan.json.sig") })
        let manifest = try JSONDecoder().decode(
            ExportManifest.self, from: Data(try #require(files["manifest.json"])))
        #expect(manifest == answer.manifest && manifest.identity == "kept")
        for file in manifest.files {
            let bytes = try #require(files[file.path], "\(file.path)")
            #expect(ObjectDigest(of: bytes).hex == file.sha256 && bytes.count == file.byteCount)
        }
        #expect(manifest.files.count == files.count - 2)
        #expect(manifest.files.allSatisfy { $0.isInDirectory != false })
        #expect(files["DICOMDIR"] != nil)
        #expect(files.keys.contains { $0.hasPrefix("plans/plan-") && $0.hasSuffix("/plan.json") })
        let left = try FileManager.default.contentsOfDirectory(atPath: story.work.path)
        #expect(!left.contains { $0.hasSuffix(".part") })
    }

    @Test("The manifest's signature holds, not for another byte, and the chain holds its head")
    func signature() async throws {
        let story = try await Story("case-export-signed")
        defer { try? FileManager.default.removeItem(at: story.work) }
        let (files, _) = try await story.export("case.zip", CaseExportOptions())
        let file = story.work.appending(path: "manifest.json")
        let sidecar = story.work.appending(path: "manifest.json.sig")
        var bytes = try #require(files["manifest.json"])
        try Data(bytes).write(to: file)
        try Data(try #require(files["manifest.json.sig"])).write(to: sidecar)
        let data = story.work.appending(path: "data")
        let good = try await SignedFile.verify(
            file, sidecar: sidecar, key: story.key.publicKey, data: data)
        #expect(good.holds, "\(good.reason ?? "")")
        let last = try #require(try await story.folder.audit.entries(last: 1).first)
        #expect(
            last.action == "export.case" && good.manifest?.auditHead.hasSuffix(last.hash) == true)
        bytes[40] ^= 1
        try Data(bytes).write(to: file)
        let bad = try await SignedFile.verify(
            file, sidecar: sidecar, key: story.key.publicKey, data: data)
        #expect(!bad.holds)
        let heads = try await AuditWorkflow.verify(
            data: data, expectedHead: nil,
            signedHeads: AuditWorkflow.SignedHeads(key: story.key.publicKey, files: [sidecar]),
            rereadingObjects: false)
        #expect(heads.isSound && heads.signedHeads == 1)
    }

    @Test(
        "Without identity no byte says whose it is, and references lead on",
        arguments: [true, false])
    func removed(moved: Bool) async throws {
        let story = try await Story("case-export-removed", plan: true)
        defer { try? FileManager.default.removeItem(at: story.work) }
        let options = try CaseExportOptions(isDeidentified: true, dates: moved ? .moved : .kept)
        let (files, answer) = try await story.export("case.zip", options)
        let person = story.patient.identity
        var secrets = person.name.split(separator: "^").map(String.init) + [person.patientID]
        if person.birthDate.count == 8 { secrets.append(person.birthDate) }
        for study in try await story.folder.records.studies(patient: story.patient.id) {
            secrets.append(study.description.studyUID)
            if moved { secrets.append(study.description.date) }
        }
        for series in try await story.folder.records.series(patient: story.patient.id) {
            secrets.append(series.description.seriesUID)
        }
        for (name, bytes) in files where name.hasPrefix("DICOM") || name.hasPrefix("plans") {
            let text = String(decoding: bytes, as: Unicode.ASCII.self)
            for secret in secrets where secret.count > 2 {
                #expect(!text.contains(secret), "\(name)")
            }
        }
        #expect(!files.keys.contains { $0.hasSuffix(".pdf") })
        var instances: Set<String> = []
        var referenced: Set<String> = []
        for (name, bytes) in files where name.hasPrefix("DICOM/") {
            let header = try await story.header(bytes)
            instances.insert(try #require(header.string(.sopInstanceUID)))
            referenced.formUnion(Self.references(in: header))
            #expect(header.string(.patientIdentityRemoved) == "YES")
        }
        #expect(!referenced.isEmpty)
        // A dose names the plan that it is of, which is no object here.
        #expect(referenced.subtracting(instances).count <= 2)
        #expect(answer.manifest.caseID == nil && answer.manifest.exportedBy == nil)
    }

    private static func references(in data: DataSet) -> Set<String> {
        var found: Set<String> = []
        for element in data.elements.values {
            guard case .items(let items) = element.value else { continue }
            for item in items {
                if let uid = item.string(.referencedSOPInstanceUID) { found.insert(uid) }
                found.formUnion(references(in: item))
            }
        }
        return found
    }

    @Test("Twice the same gives the same objects; another project or key gives other identifiers")
    func again() async throws {
        let story = try await Story("case-export-again")
        defer { try? FileManager.default.removeItem(at: story.work) }
        let options = try CaseExportOptions(isDeidentified: true, project: "A")
        let first = try await story.export("1.zip", options).files
        let second = try await story.export("2.zip", options).files
        let differing = first.keys.filter { first[$0] != second[$0] }.sorted()
        #expect(differing.allSatisfy { $0.hasPrefix("manifest.json") }, "\(differing)")
        let other = try await story.export(
            "3.zip", CaseExportOptions(isDeidentified: true, project: "B")
        ).files
        let name = try #require(first.keys.first { $0.hasPrefix("DICOM/") })
        let ids = try await [first, other].asyncMap {
            try await story.header($0[name] ?? []).string(.sopInstanceUID)
        }
        #expect(ids[0] != nil && ids[0] != ids[1])
    }

    @Test("A cancelled export leaves neither an archive nor a part of one, and no word of it")
    func cancelled() async throws {
        let story = try await Story("case-export-cancelled")
        defer { try? FileManager.default.removeItem(at: story.work) }
        let file = story.work.appending(path: "case.zip")
        let export = try CaseExport(
            CaseReader(folder: story.folder, patient: story.patient.id, sight: .whole),
            of: story.patient, source: InProcessSource(), key: story.key, actor: "test",
            options: CaseExportOptions(),
            say: { fraction, _ in
                // Half of it: the first file is packed.
                guard (fraction ?? 0) >= 0.5 else { return }
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            })
        let scratch = story.work.appending(path: "tree")
        let task = Task { try await export.write(to: file, scratch: scratch) }
        await #expect(throws: CancellationError.self) { try await task.value }
        let left = try FileManager.default.contentsOfDirectory(atPath: story.work.path)
        #expect(!left.contains { $0.hasSuffix(".zip") || $0.hasSuffix(".part") })
        let actions = try await story.folder.audit.entries(last: 5).map(\.action)
        #expect(!actions.contains("export.case"))
    }

    /// A comment with a place and an answer, and a meeting with a decision's question.
    private static func addWords(_ story: Story) async throws -> SeriesRecord {
        let (folder, patient) = (story.folder, story.patient.id)
        let home = try await folder.accounts.organisation(named: "centre", by: "test")
        try await folder.accounts.assignUnowned(to: home.id, by: "test")
        let account = try await folder.accounts.create(
            login: "rada", fullName: "Rada Quill", organisation: home.id, role: .radiologist,
            by: "test"
        ).id
        let series = try #require(try await folder.records.series(patient: patient).first)
        let first = try await folder.records.keep(
            CommentDraft(
                patient: patient, kind: .comment, text: "Liver lesion, Frau Phantom (Quill)",
                isInternal: true, anchor: .point(series: series.id, lpsMM: [1.5, -20, 300])),
            by: account)
        _ = try await folder.records.answer(
            first.id, of: patient, text: "Portal venous", isInternal: false, by: account)
        let meeting = try await folder.records.makeMeeting(
            of: home.id, day: "2026-11-26", title: "Quill round", chair: account, by: account)
        _ = try await folder.records.list(
            patient: patient, in: meeting.id, question: "Liver lesion of Sirtnet?", referral: "",
            by: account)
        return series
    }

    @Test(
        "Comments and minutes come along; without the identity only words that describe images are left",
        .enabled(if: hasEnvironment, "minutes are printed by the environment of ./run setup"))
    func words() async throws {
        let story = try await Story("case-export-words")
        defer { try? FileManager.default.removeItem(at: story.work) }
        let series = try await Self.addWords(story)
        let (kept, _) = try await story.export("kept.zip", CaseExportOptions())
        let (removed, answer) = try await story.export(
            "removed.zip", CaseExportOptions(isDeidentified: true))
        func comments(_ files: [String: [UInt8]]) throws -> [[String: Any]] {
            let bytes = try #require(files["comments.json"])
            let whole = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            #expect(whole?["schema"] as? String == "grevy-comments/1")
            return try #require(whole?["comments"] as? [[String: Any]])
        }
        let (whole, cleaned) = (try comments(kept), try comments(removed))
        #expect(whole.compactMap { $0["writtenBy"] as? String } == ["Rada Quill", "Rada Quill"])
        #expect(whole.last?["answers"] as? Int == 1 && cleaned.last?["answers"] as? Int == 1)
        let place = try #require(whole.first?["place"] as? [String: Any])
        #expect(place["seriesUID"] as? String == series.description.seriesUID)
        #expect(place["pointMM"] as? [Double] == [1.5, -20, 300])
        #expect(cleaned.compactMap { $0["text"] as? String } == ["Liver lesion", "Portal venous"])
        #expect(cleaned.allSatisfy { $0["writtenBy"] == nil })
        let moved = try #require(cleaned.first?["place"] as? [String: Any])
        #expect(moved["pointMM"] as? [Double] == [1.5, -20, 300])
        let uids = try await Self.seriesUIDs(removed, story)
        #expect(uids.contains(moved["seriesUID"] as? String ?? ""))
        let minutes = "meetings/meeting-1/minutes.pdf"
        func text(_ files: [String: [UInt8]]) throws -> String {
            let file = story.work.appending(path: "minutes.pdf")
            try Data(try #require(files[minutes])).write(to: file)
            return try textOfPDF(file)
        }
        let (said, left) = (try text(kept), try text(removed))
        #expect(said.contains("Liver lesion of Sirtnet?") && said.contains("Rada Quill"))
        #expect(left.contains("Question: Liver lesion") && left.contains("G-"))
        for word in ["Sirtnet", "Quill", "Rada", "centre", "2026-11-26"] {
            #expect(!left.contains(word), "\(word)")
        }
        #expect(answer.manifest.files.map(\.path).contains(minutes))
    }

    private static func seriesUIDs(
        _ files: [String: [UInt8]], _ story: Story
    ) async throws -> Set<String> {
        var found: Set<String> = []
        for (name, bytes) in files where name.hasPrefix("DICOM/") {
            if let uid = try await story.header(bytes).string(.seriesInstanceUID) {
                found.insert(uid)
            }
        }
        return found
    }

    @Test("A share's export holds what the share shows, and nothing of meetings")
    func shared() async throws {
        let story = try await Story("case-export-shared", plan: true)
        defer { try? FileManager.default.removeItem(at: story.work) }
        _ = try await Self.addWords(story)
        let series = try await story.folder.records.series(patient: story.patient.id)
        let one = try #require(series.first)
        let sight = CaseSight(
            .items(series: [one.id], records: []), .shares([1]), includesInternal: false)
        let (files, answer) = try await story.export("case.zip", CaseExportOptions(), sight: sight)
        let images = files.keys.filter { $0.hasPrefix("DICOM/") }
        #expect(images.count == one.instanceCount)
        #expect(!files.keys.contains { $0.hasPrefix("plans/") || $0.hasPrefix("meetings/") })
        #expect(files["comments.json"] == nil)
        #expect(answer.manifest.leftOut.isEmpty)
    }
}

extension Array {
    fileprivate func asyncMap<Value>(
        _ body: (Element) async throws -> Value
    ) async rethrows -> [Value] {
        var all: [Value] = []
        for element in self { all.append(try await body(element)) }
        return all
    }
}
