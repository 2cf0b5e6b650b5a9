import DICOM
import Foundation
import Pathway
import Storage
import Testing
import Transfer
import Workflows
import _TestSupport

@Suite("Tables of DICOMweb peers")
struct WebPeerTests {
    private static func peer(_ lines: [String]) throws -> WebPeer {
        let text = (["key,value"] + lines).joined(separator: "\n")
        guard
            case .dicomPeer(.web(let peer)) = try SettingTable(text, kind: .dicomPeer, name: "x")
        else { throw WorkflowError.refused(sentence: "another kind") }
        return peer
    }

    @Test("A new peer is asked, but nothing is sent to it")
    func usual() throws {
        let peer = try Self.peer(["url,https://pacs.example/dicom-web/"])
        #expect(peer.base.text == "https://pacs.example/dicom-web")
        #expect(peer.uses == [.query, .retrieve])
        #expect(peer.fingerprint == nil && peer.organisation == nil)
    }

    @Test("A table says for what, certificate and organisation")
    func whole() throws {
        let digits = String(repeating: "AB:", count: 32).dropLast()
        let peer = try Self.peer([
            "url,https://[::1]:8043/web", "use,send query", "fingerprint,\(digits)",
            "organisation,NET centre",
        ])
        #expect(peer.uses == [.send, .query])
        #expect(peer.fingerprint == String(repeating: "ab", count: 32))
        #expect(peer.organisation == "NET centre")
        #expect(try Self.peer(["url,http://127.0.0.1:8042/x", "use,nothing"]).uses.isEmpty)
    }

    @Test(
        "What cannot be meant is refused",
        arguments: [
            ["url,"], ["url,pacs.example/dicom-web"], ["url,ftp://pacs.example/"],
            ["url,http://pacs.example/dicom-web"], ["url,https://u:p@pacs.example/"],
            ["url,https://pacs.example/?a=b"], ["url,https://pacs.example/#a"],
            ["url,https://pacs.example", "use,everything"], ["url,https://pacs.example", "use,"],
            ["url,https://pacs.example", "title,PACS"],
            ["url,https://pacs.example", "token,abc"],
            ["url,https://pacs.example", "fingerprint,12:34"],
            ["url,http://127.0.0.1", "fingerprint,\(String(repeating: "ab", count: 32))"],
        ])
    func refused(lines: [String]) {
        #expect(throws: WorkflowError.self) { try Self.peer(lines) }
    }

    @Test("A peer of each kind has one list of names; only DIMSE peers may call")
    func book() async throws {
        let home = try ReferenceFiles.scratch("peer-book")
        defer { try? FileManager.default.removeItem(at: home) }
        let folder = try DataFolder.open(at: home.appending(path: "data"), create: true)
        let owner = try await folder.accounts.organisation(named: "NET centre", by: "test")
        let settings = SettingWorkflow(folder: folder, organisation: owner.id, actor: "test")
        for (name, line) in [
            ("archive", "title,PACS\naddress,10.0.0.1"),
            ("clinic", "url,https://clinic.example/web"),
        ] {
            try await settings.add(
                .dicomPeer, name: name, table: "key,value\n\(line)", date: "2026-11-22",
                reason: "for the test")
        }
        let book = PeerBook(folder: folder)
        #expect(try await book.all().map(\.name).sorted() == ["archive", "clinic"])
        #expect(try await book.nodes().map(\.name) == ["archive"])
        let clinic = try await book.peer("clinic", of: owner.id)
        #expect(clinic.peer.isCallable && clinic.peer.label == "https://clinic.example/web")
        #expect(try await book.peer("archive", of: owner.id).peer.isCallable == false)
    }
}
