import DICOM
import Foundation
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// Two organisations and their peers, without a network.
private struct Hospital {
    let home: URL
    let folder: DataFolder
    let first, second: OrganisationRecord
    let inbox: InstanceInbox
    let intake: NodeIntake
    let service: NodeService

    init(_ label: String) async throws {
        home = try ReferenceFiles.scratch(label)
        folder = try DataFolder.open(at: home.appending(path: "data"), create: true)
        first = try await folder.accounts.organisation(named: "NET centre", by: "test")
        second = try await folder.accounts.organisation(named: "Referring hospital", by: "test")
        inbox = try InstanceInbox(path: home.appending(path: "inbox").path)
        intake = NodeIntake(
            folder: folder, source: InProcessSource(), setAside: home.appending(path: "aside"),
            log: { _ in })
        service = NodeService(folder: folder, title: "GREVY", intake: intake, log: { _ in })
    }

    func add(_ name: String, of organisation: OrganisationRecord, _ lines: [String]) async throws {
        try await SettingWorkflow(folder: folder, organisation: organisation.id, actor: "test").add(
            .dicomPeer, name: name, table: (["key,value"] + lines).joined(separator: "\n"),
            date: "2026-11-22", reason: "for the test")
    }

    static func request(
        _ title: String, from address: String = "10.0.0.1", to called: String = "GREVY",
        fingerprint: String? = nil
    ) -> AssociationRequest {
        AssociationRequest(
            callingTitle: title, calledTitle: called, address: address,
            isTLS: fingerprint != nil, fingerprint: fingerprint)
    }

    /// A peer as it is after its admission.
    func admitted(_ title: String) async throws -> AdmittedPeer {
        let request = Self.request(title)
        guard case .admitted(let rights) = await service.admission(of: request) else {
            throw WorkflowError.refused(sentence: "\(title) was not admitted")
        }
        return AdmittedPeer(request: request, rights: rights)
    }
}

@Suite("What the DICOM node does for whom")
struct NodeServiceTests {
    @Test("Nobody is let in who is not listed with title, address and certificate")
    func admission() async throws {
        let hospital = try await Hospital("node-admission")
        defer { try? FileManager.default.removeItem(at: hospital.home) }
        #expect(
            await hospital.service.admission(of: Hospital.request("CT_1"))
                == .refused(.callingTitleNotRecognised))
        let digits = String(repeating: "ab", count: 32)
        let other = try await Hospital("node-admission-2")
        defer { try? FileManager.default.removeItem(at: other.home) }
        try await other.add("ct", of: other.first, ["title,CT_1", "address,10.0.0.1"])
        try await other.add(
            "pacs", of: other.first,
            [
                "title,PACS", "address,10.0.0.1", "may,store query retrieve",
                "fingerprint,\(digits)",
            ])
        try await other.add(
            "old", of: other.first, ["title,OLD", "address,10.0.0.1", "may,nothing"])
        let service = other.service
        guard case .admitted(let rights) = await service.admission(of: Hospital.request("CT_1"))
        else {
            Issue.record("a listed peer was refused")
            return
        }
        #expect(rights.mayStore && !rights.mayQuery && !rights.mayRetrieve)
        let refused: [(AssociationRequest, AssociationRefusal)] = [
            (Hospital.request("CT_1", from: "10.0.0.2"), .callingTitleNotRecognised),
            (Hospital.request("CT_1", to: "OTHER"), .calledTitleNotRecognised),
            (Hospital.request("CT_1", fingerprint: digits), .callingTitleNotRecognised),
            (Hospital.request("PACS"), .callingTitleNotRecognised),
            (
                Hospital.request("PACS", fingerprint: String(repeating: "cd", count: 32)),
                .callingTitleNotRecognised
            ),
            (Hospital.request("OLD"), .notAllowed),
        ]
        for (request, refusal) in refused {
            #expect(await service.admission(of: request) == .refused(refusal), "\(request)")
        }
        let secured = await service.admission(of: Hospital.request("PACS", fingerprint: digits))
        guard case .admitted(let all) = secured else {
            Issue.record("a peer with its certificate was refused")
            return
        }
        #expect(all.mayStore && all.mayQuery && all.mayRetrieve)
        let entries = try await other.folder.audit.entries(last: 100)
        // PACS without and with a wrong certificate are the same words, which are written once.
        #expect(entries.count { $0.action == "association.refused" } == refused.count - 1)
    }

    @Test(
        "What a peer sends waits in its organisation's quarantine, then a match opens it to peers")
    func intake() async throws {
        let hospital = try await Hospital("node-intake")
        defer { try? FileManager.default.removeItem(at: hospital.home) }
        try await hospital.add("ct", of: hospital.first, ["title,CT_1", "address,10.0.0.1"])
        let reading = ["address,10.0.0.1", "may,query retrieve"]
        try await hospital.add("pacs", of: hospital.first, ["title,PACS"] + reading)
        try await hospital.add("other", of: hospital.second, ["title,OTHER"] + reading)
        let sender = try await hospital.admitted("CT_1")
        let files = try await SmallStudy.files(in: hospital.home)
        let taking = Task { await hospital.intake.run() }
        for file in files {
            let path = hospital.home.appending(path: UUID().uuidString).path
            try FileManager.default.copyItem(atPath: file.path, toPath: path)
            let instance = ReceivedInstance(
                path: path, reference: file.reference, transferSyntaxUID: "1.2.840.10008.1.2.1")
            #expect(await hospital.service.receive(instance, from: sender) == .success)
        }
        let references = files.map(\.reference)
        let kept = await hospital.service.committed(references, for: sender)
        #expect(kept == Set(references))
        taking.cancel()
        await taking.value
        let waiting = try await hospital.folder.quarantine.records(
            organisation: hospital.first.id)
        #expect(waiting.map(\.state) == [.waiting])
        var keys = DataSet()
        for attribute: Attribute in [.studyInstanceUID, .patientID, .modalitiesInStudy] {
            keys.setEmpty(attribute)
        }
        let query = DicomQuery(level: .study, keys: keys)
        let reader = try await hospital.admitted("PACS")
        #expect(try await hospital.service.matches(query, for: reader).isEmpty)
        let person = try await hospital.folder.accounts.create(
            login: "physicist", fullName: "P. Hysicist", organisation: hospital.first.id,
            role: .physicist, by: "test")
        let patient = try #require(waiting.first?.patient.id)
        try await hospital.folder.quarantine.confirm(patient, note: "", by: person)
        let found = try await hospital.service.matches(query, for: reader)
        #expect(found.count == 1 && found.first?.string(.patientID) == SmallStudy.patientID)
        let study = try #require(found.first?.string(.studyInstanceUID))
        keys.set(.studyInstanceUID, study)
        let retrieval = DicomQuery(level: .study, keys: keys)
        #expect(
            try await hospital.service.files(retrieval, for: reader).count == files.count)
        // Another organisation sees nothing of it, and one that may only store asks for nothing.
        let other = try await hospital.admitted("OTHER")
        #expect(try await hospital.service.matches(query, for: other).isEmpty)
        #expect(try await hospital.service.files(retrieval, for: other).isEmpty)
        #expect(await hospital.service.committed(references, for: other).isEmpty)
        await #expect(throws: DimseStatus.notAuthorised) {
            _ = try await hospital.service.matches(query, for: sender)
        }
        let actions = try await hospital.folder.audit.entries(last: 100).map(\.action)
        #expect(actions.contains("access.dicom query"))
        #expect(actions.contains("access.dicom retrieve"))
    }

    @Test("What cannot be read is set aside, not lost, and the rest goes on")
    func damaged() async throws {
        let hospital = try await Hospital("node-damaged")
        defer { try? FileManager.default.removeItem(at: hospital.home) }
        try await hospital.add("ct", of: hospital.first, ["title,CT_1", "address,10.0.0.1"])
        let sender = try await hospital.admitted("CT_1")
        let taking = Task { await hospital.intake.run() }
        let bad = hospital.home.appending(path: "bad.dcm")
        try Data("not DICOM at all".utf8).write(to: bad)
        let reference = InstanceReference(sopClassUID: "1.2", sopInstanceUID: "1.2.3")
        let instance = ReceivedInstance(
            path: bad.path, reference: reference, transferSyntaxUID: "1.2.840.10008.1.2")
        #expect(await hospital.service.receive(instance, from: sender) == .success)
        #expect(await hospital.service.committed([reference], for: sender).isEmpty)
        taking.cancel()
        await taking.value
        let aside = hospital.home.appending(path: "aside/bad.dcm")
        #expect(FileManager.default.fileExists(atPath: aside.path))
        #expect(!FileManager.default.fileExists(atPath: bad.path))
    }

    @Test("A study is moved only to the destinations of the peer")
    func destinations() async throws {
        let hospital = try await Hospital("node-destinations")
        defer { try? FileManager.default.removeItem(at: hospital.home) }
        try await hospital.add(
            "pacs", of: hospital.first,
            ["title,PACS", "address,10.0.0.1", "may,retrieve", "destinations,archive"])
        try await hospital.add(
            "archive", of: hospital.first, ["title,ARCHIVE", "address,10.0.0.3", "port,104"])
        try await hospital.add(
            "viewer", of: hospital.first, ["title,VIEWER", "address,10.0.0.4", "port,104"])
        try await hospital.add(
            "archive", of: hospital.second, ["title,THEIRS", "address,10.0.0.5", "port,104"])
        let reader = try await hospital.admitted("PACS")
        #expect(
            await hospital.service.moveDestination("ARCHIVE", for: reader)
                == PeerAddress(title: "ARCHIVE", host: "10.0.0.3", port: 104))
        for title in ["VIEWER", "THEIRS", "NOBODY"] {
            #expect(await hospital.service.moveDestination(title, for: reader) == nil)
        }
        let entries = try await hospital.folder.audit.entries(last: 100)
        #expect(entries.count { $0.action == "move.refused" } == 3)
    }
}

/// A few files of one synthetic study.
private enum SmallStudy {
    static let patientID = "NODE-1"

    struct File {
        let path: String
        let reference: InstanceReference
    }

    static func files(in home: URL) async throws -> [File] {
        try (1 ... 3).map { n in
            var data = DataSet()
            data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.7")
            data.set(.sopInstanceUID, "2.25.70\(n)")
            data.set(.studyInstanceUID, "2.25.700")
            data.set(.seriesInstanceUID, "2.25.7000")
            data.set(.modality, "OT")
            data.set(.patientName, "SYNTHETIC^NODE")
            data.set(.patientID, patientID)
            let path = home.appending(path: "small-\(n).dcm").path
            try DicomWriter.write(data, path: path)
            return File(
                path: path,
                reference: InstanceReference(
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.7", sopInstanceUID: "2.25.70\(n)"))
        }
    }
}
