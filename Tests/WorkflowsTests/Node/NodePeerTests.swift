import DICOM
import Foundation
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Tables of DICOM peers")
struct NodePeerTests {
    static func peer(_ lines: [String]) throws -> NodePeer {
        let text = (["key,value"] + lines).joined(separator: "\n")
        guard
            case .dicomPeer(.node(let peer)) = try SettingTable(text, kind: .dicomPeer, name: "x")
        else {
            throw WorkflowError.refused(sentence: "another kind")
        }
        return peer
    }

    @Test("A new peer may store only, and has no destination")
    func usual() throws {
        let peer = try Self.peer(["title,CT_1", "address,10.1.2.3"])
        #expect(peer.title == "CT_1" && peer.address.text == "10.1.2.3")
        #expect(peer.permissions == [.store] && peer.destinations.isEmpty)
        #expect(peer.port == nil && peer.listeningAddress == nil && peer.fingerprint == nil)
    }

    @Test("A table says port, rights, destinations and certificate")
    func whole() throws {
        let digits = String(repeating: "AB", count: 32)
        let peer = try Self.peer([
            "title,PACS", "address,FE80::1", "port,11112", "may,store query retrieve",
            "destinations,archive workstation", "fingerprint,\(digits)", "organisation,NET centre",
        ])
        #expect(peer.permissions == [.store, .query, .retrieve])
        #expect(peer.destinations == ["archive", "workstation"])
        #expect(
            peer.listeningAddress
                == PeerAddress(
                    title: "PACS", host: "fe80::1", port: 11112, fingerprint: digits.lowercased()))
        #expect(peer.organisation == "NET centre")
        #expect(try Self.peer(["title,P", "address,::1", "may,nothing"]).permissions.isEmpty)
    }

    @Test(
        "What cannot be meant is refused",
        arguments: [
            ["address,10.1.2.3"], ["title,P"], ["title,P", "address,ct-1.hospital"],
            ["title,ABCDEFGHIJKLMNOPQ", "address,10.1.2.3"],
            ["title,P", "address,10.1.2.3", "port,0"], ["title,P", "address,10.1.2.3", "may,all"],
            ["title,P", "address,10.1.2.3", "may,"],
            ["title,P", "address,10.1.2.3", "fingerprint,12:34"],
            ["title,P", "address,10.1.2.3", "destinations,archive"],
            ["title,P", "address,10.1.2.3", "colour,red"],
            ["title,P", "title,Q", "address,10.1.2.3"],
        ])
    func refused(lines: [String]) {
        #expect(throws: WorkflowError.self) { try Self.peer(lines) }
    }
}
