import DICOM
import Foundation
import Storage
import Transfer

/// Calls a DICOMweb server of somebody else.
///
/// Nothing that it answers is believed: bodies, counts and lists have limits, and what it sends is
/// checked as everything that comes in.
///
/// Source: PS3.18 §10.4 (WADO-RS), §10.5 (STOW-RS), §10.6 (QIDO-RS).
struct WebPeerClient: Sendable {
    /// How often and how much.
    struct Limits: Sendable {
        /// How often a request is made that got no answer, or one that says: later.
        var attempts = 4
        /// How long to wait before the second attempt, in seconds; twice as long before each next.
        var pauseSeconds = 1.0
        /// The most instances of a study.
        var mostInstances = 50_000
        /// The longest body of an answer with instances, in bytes.
        var mostBytes = 64 << 30
        /// The longest list, in bytes.
        var mostListBytes = 32 << 20
        /// The most instances and bytes of one request that sends; one instance may have more.
        var togetherInstances = 64
        var togetherBytes = 128 << 20
        /// Until a list is there, in seconds.
        var listSeconds = 30
        /// Without a byte, in seconds: a server may store all that came before it answers.
        var stallSeconds = 120
    }

    let name: String
    private let peer: WebPeer
    private let token: String?
    let limits: Limits
    private let asking, carrying: WebClient

    /// - Parameters:
    ///   - name: What the peer is called.
    ///   - peer: The peer.
    ///   - token: What it wants to see, if anything.
    ///   - limits: How often and how much.
    init(_ name: String, _ peer: WebPeer, token: String?, limits: Limits = Limits()) {
        (self.name, self.peer, self.token, self.limits) = (name, peer, token, limits)
        asking = WebClient(
            trust: peer.trust,
            limits: TransferLimits(
                stallSeconds: limits.listSeconds, totalSeconds: limits.listSeconds))
        carrying = WebClient(
            trust: peer.trust, limits: TransferLimits(stallSeconds: limits.stallSeconds))
    }

    /// - Throws: ``WorkflowError/refused(sentence:)`` for a use that its setting does not name.
    func check(_ use: WebPeer.Use) throws {
        guard peer.uses.contains(use) else {
            throw WorkflowError.refused(
                sentence: "'\(name)' is not there to \(use.rawValue); its setting says for what.")
        }
    }

    var mayQuery: Bool { peer.uses.contains(.query) }

    // MARK: Requests

    private func request(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        accept: String
    ) throws -> WebRequest {
        let parameters = query.map { "\($0.name)=\(PercentCoding.coded($0.value))" }
        let rest = parameters.isEmpty ? "" : "?\(parameters.joined(separator: "&"))"
        var headers: WebHeaders = ["Accept": accept]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        return WebRequest(
            method, try WebAddress(peer.base.text + path + rest), headers: headers)
    }

    /// A request that lists.
    func list(
        _ path: String, _ query: [(name: String, value: String)] = []
    ) async throws -> [WebMatch] {
        var request = try request("GET", path, query: query, accept: "application/dicom+json")
        request.mostBytes = limits.mostListBytes
        let wanted = request
        let answer: WebAnswer
        do { answer = try await repeated { try await asking.answer(to: wanted) } } catch let error
            as TransferError
        { throw WorkflowError.refused(sentence: error.description) }
        try refuse(answer)
        do { return try WebMatch.list(answer.body) } catch {
            throw refusal("answers in no form that is known.")
        }
    }

    /// A request for instances, into a file; `repeats` says whether to ask again after a break.
    ///
    /// - Returns: The answer's type.
    func fetch(_ path: String, into file: URL, repeats: Bool) async throws -> String {
        var request = try request(
            "GET", path,
            accept: "multipart/related; type=\"application/dicom\"; transfer-syntax=*")
        request.mostBytes = limits.mostBytes
        request.destination = file
        let wanted = request
        let answer = try await repeated(afterBreaks: repeats) {
            try await carrying.answer(to: wanted)
        }
        try refuse(answer)
        return answer.headers["Content-Type"] ?? ""
    }

    /// A request that sends instances.
    ///
    /// - Returns: What became of them; a refusal of some or all of them is an answer.
    func store(_ body: [WebRequest.Piece], boundary: String) async throws -> WebAnswer {
        var request = try request("POST", "/studies", accept: "application/dicom+json")
        request.headers["Content-Type"] =
            "multipart/related; type=\"application/dicom\"; boundary=\(boundary)"
        request.body = body
        let wanted = request
        let answer = try await repeated { try await carrying.answer(to: wanted) }
        // 409: none was taken; the body says why.
        if answer.status != 409 { try refuse(answer) }
        return answer
    }

    /// Throws for everything but a success.
    private func refuse(_ answer: WebAnswer) throws {
        switch answer.status {
        case 200 ..< 300: return
        case 401: throw refusal("does not take our token, or wants one.")
        case 403: throw refusal("does not allow this.")
        case 404: throw refusal("does not have it.")
        case 413: throw refusal("takes no more at a time.")
        case 507: throw refusal("has no room left.")
        default: throw refusal("answers with status \(answer.status).")
        }
    }

    func refusal(_ what: String) -> WorkflowError { .refused(sentence: "'\(name)' \(what)") }

    /// Asks again where that can help.
    private func repeated(
        afterBreaks: Bool = true, _ ask: @Sendable () async throws -> WebAnswer
    ) async throws -> WebAnswer {
        var pause = limits.pauseSeconds
        for _ in 1 ..< limits.attempts {
            do {
                let answer = try await ask()
                if ![429, 502, 503, 504].contains(answer.status) { return answer }
            } catch let error as TransferError
                where error.mayPass && afterBreaks
            {}
            try await Task.sleep(for: .seconds(pause))
            pause *= 2
        }
        return try await ask()
    }

    // MARK: What they have

    /// Whether it answers, to us.
    func echo() async throws { _ = try await list("/studies", [("limit", "1")]) }

    /// The studies that match, at most so many and one more.
    func studies(
        _ wishes: NodeClient.Wishes, most: Int
    ) async throws -> [NodeClient.RemoteStudy] {
        let conditions: [(Attribute, String)] = [
            (.patientID, wishes.patientID), (.patientName, wishes.patientName),
            (.studyDate, wishes.studyDate), (.accessionNumber, wishes.accessionNumber),
            (.modalitiesInStudy, wishes.modality),
        ]
        let query = conditions.filter { !$0.1.isEmpty }.map { ($0.0.tag.digits, $0.1) }
        let extra: [Attribute] = [.studyDescription, .numberOfStudyRelatedInstances]
        return try await list(
            "/studies",
            query + extra.map { ("includefield", $0.tag.digits) } + [("limit", "\(most + 1)")]
        ).prefix(most + 1).compactMap(NodeClient.RemoteStudy.init)
    }

    /// An instance of a study.
    struct Instance: Hashable, Sendable {
        let seriesUID: String
        let instanceUID: String
    }

    /// The instances of a study, in the server's order, each once.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` also when there are more than are taken.
    func instances(study: String) async throws -> [Instance] {
        try await instances("/studies/\(study)/instances", [])
    }

    /// The instances of a series.
    func instances(series: String) async throws -> [Instance] {
        try await instances("/instances", [("SeriesInstanceUID", series)])
    }

    private func instances(
        _ path: String, _ conditions: [(name: String, value: String)]
    ) async throws -> [Instance] {
        var (found, seen) = ([Instance](), Set<String>())
        var offset = 0
        while true {
            let page = try await list(
                path, conditions + [("limit", "1000"), ("offset", "\(offset)")])
            let before = found.count
            for match in page {
                guard let uid = match.uid(.sopInstanceUID),
                    let series = match.uid(.seriesInstanceUID), seen.insert(uid).inserted
                else { continue }
                found.append(Instance(seriesUID: series, instanceUID: uid))
            }
            guard found.count <= limits.mostInstances else {
                throw refusal("lists more than \(limits.mostInstances) instances.")
            }
            // A server that leaves out 'offset' would list the same for ever.
            guard found.count > before else { return found }
            offset += page.count
        }
    }
}

extension TransferError {
    /// Whether it may be gone next time.
    var mayPass: Bool {
        switch self {
        case .noConnection, .tooSlow, .broken: true
        case .invalid, .unknownHost, .untrusted, .tooLarge, .file, .redirected, .loginRefused,
            .mailRefused:
            false
        }
    }
}
