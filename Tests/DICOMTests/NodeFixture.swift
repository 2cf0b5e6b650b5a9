import DICOM
import Foundation
import Synchronization
import Testing
import _TestSupport

/// What a test node does: admits titles by a table, keeps what it is told, gives what it has.
final class TestDelegate: DicomNodeDelegate {
    struct Seen {
        var received: [ReceivedInstance] = []
        var requests: [AssociationRequest] = []
        var reports: [CommitmentReport] = []
        /// Titles with the services that they have no right to.
        var denied: [String] = []
        /// Paths of the files that may be had or not.
        var asked: [String] = []
    }

    let seen = Mutex(Seen())
    let rights: [String: PeerRights]
    let refusal: AssociationRefusal
    let paths: [String]
    let found: [DataSet]
    let destination: PeerAddress?
    /// What is answered to instances.
    let status: DimseStatus
    /// The peer has its right to retrieve until so many files were asked about.
    let mostGiven: Int

    init(
        rights: [String: PeerRights], refusal: AssociationRefusal = .callingTitleNotRecognised,
        paths: [String] = [], found: [DataSet] = [], destination: PeerAddress? = nil,
        status: DimseStatus = .success, mostGiven: Int = .max
    ) {
        (self.rights, self.refusal, self.paths, self.found) = (rights, refusal, paths, found)
        (self.destination, self.status) = (destination, status)
        self.mostGiven = mostGiven
    }

    var received: [ReceivedInstance] { seen.withLock { $0.received } }

    func admission(of request: AssociationRequest) async -> Admission {
        seen.withLock { $0.requests.append(request) }
        return rights[request.callingTitle].map { .admitted($0) } ?? .refused(refusal)
    }

    func receive(_ instance: ReceivedInstance, from peer: AdmittedPeer) async -> DimseStatus {
        seen.withLock { $0.received.append(instance) }
        return status
    }

    func matches(_ query: DicomQuery, for peer: AdmittedPeer) async throws -> [DataSet] {
        guard query.keys.string(.patientID) != "NOBODY" else { throw DimseStatus.outOfResources }
        return found
    }

    func denied(_ service: String, to peer: AdmittedPeer) async {
        seen.withLock { $0.denied.append("\(peer.request.callingTitle) \(service)") }
    }

    func files(
        _ query: DicomQuery, for peer: AdmittedPeer
    ) async throws -> [RequestedInstance] {
        paths.map { RequestedInstance(path: $0, sopInstanceUID: $0) }
    }

    func mayHave(_ instance: RequestedInstance, _ peer: AdmittedPeer) async -> Bool {
        seen.withLock { seen in
            seen.asked.append(instance.path)
            return seen.asked.count <= mostGiven
        }
    }

    func moveDestination(_ title: String, for peer: AdmittedPeer) async -> PeerAddress? {
        destination?.title == title ? destination : nil
    }

    func committed(
        _ instances: [InstanceReference], for peer: AdmittedPeer
    ) async -> Set<InstanceReference> {
        Set(received.map(\.reference)).intersection(instances)
    }

    func reportAddress(of peer: AdmittedPeer) async -> PeerAddress? { nil }

    func commitmentReported(_ report: CommitmentReport, by peer: AdmittedPeer) async {
        seen.withLock { $0.reports.append(report) }
    }
}

/// A node on a free port of this machine, with its folder.
final class NodeFixture: Sendable {
    let home: URL
    let inbox: InstanceInbox
    let delegate: TestDelegate
    let node: DicomNode

    static let all = [
        "FRIEND": PeerRights(label: "friend", mayStore: true, mayQuery: true, mayRetrieve: true),
        "SENDER": PeerRights(label: "sender", mayStore: true),
        "READER": PeerRights(label: "reader", mayStore: false, mayQuery: true, mayRetrieve: true),
    ]

    init(
        _ label: String, delegate: TestDelegate = TestDelegate(rights: all),
        change: (inout DicomNode.Settings) -> Void = { _ in }
    ) throws {
        home = try ReferenceFiles.scratch(label)
        inbox = try InstanceInbox(path: home.appending(path: "inbox").path)
        self.delegate = delegate
        var settings = DicomNode.Settings(port: 0, title: "GREVY")
        change(&settings)
        node = try DicomNode(settings, inbox: inbox, delegate: delegate)
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    func client(
        _ title: String = "FRIEND", identity: TLSIdentity? = nil, fingerprint: String? = nil
    ) -> DicomPeerClient {
        DicomPeerClient(
            peer: PeerAddress(
                title: "GREVY", host: "127.0.0.1", port: node.port, fingerprint: fingerprint),
            title: title, identity: identity)
    }

    /// Files of a small CT, written for the test.
    func series() throws -> [String] {
        try WritingSamples.ct().dataSets.enumerated().map { n, data in
            let path = home.appending(path: "ct-\(n).dcm").path
            try DicomWriter.write(data, path: path)
            return path
        }
    }

    /// The data set of a file, byte by byte.
    static func content(_ path: String) throws -> [UInt8] {
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        // Preamble, mark, group length with its element.
        let length = bytes[140 ..< 144].reversed().reduce(0) { $0 << 8 | Int($1) }
        return Array(bytes[(144 + length)...])
    }
}

/// Programs of DCMTK.
enum DCMTK {
    static let isInstalled = ["echoscu", "storescu", "findscu", "movescu", "getscu"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }

    struct Outcome {
        let code: Int32
        let text: String
    }

    /// Runs a program to its end: the node that it calls needs the tasks' threads.
    static func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
        try await OwnThread.run { try wait(program, arguments) }
    }

    private static func wait(_ program: String, _ arguments: [String]) throws -> Outcome {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/\(program)")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, text: text)
    }
}
