import DICOM
import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// A case and the DICOM peers of its organisation: what they have of the patient, and sending.
    var nodeRoutes: [Route] {
        let path = "/cases/{case}/nodes"
        return [
            Route(.get, path, .ofCase(.prepareCase)) { call in
                try await nodesPage(call, peer: nil, found: nil, sentence: nil)
            },
            Route(.post, "\(path)/echo", .ofCase(.prepareCase), echoNode),
            // Changes nothing here, but asks another node, which is written down there and here.
            Route(.post, "\(path)/query", .ofCase(.prepareCase), queryNode),
            Route(.post, "\(path)/retrieve", .ofCase(.prepareCase)) { call in
                let way = NodeClient.Way(rawValue: try call.field("way")) ?? .get
                _ = try await JobWorkflow(folder: folder).retrieve(
                    call.field("study"), from: call.field("peer"), by: way,
                    patient: call.caseOwner.id, as: settings.node.caller, by: call.account)
                return Answer.seeOther("/jobs")
            },
            Route(.post, "\(path)/send", .ofCase(.export)) { call in
                let names = call.form.filter { $0.value == "yes" }.keys.sorted()
                    .filter { $0.hasPrefix("se-") || $0.hasPrefix("plan-") }
                do {
                    _ = try await JobWorkflow(folder: folder).send(
                        names, to: call.field("peer"), patient: call.caseOwner.id,
                        as: settings.node.caller, by: call.account)
                    return Answer.seeOther("/jobs")
                } catch WorkflowError.refused(let sentence) {
                    return try await nodesPage(
                        call, peer: call.form["peer"], found: nil, sentence: sentence)
                }
            },
        ]
    }

    struct NodesPage: Sendable {
        struct Peer: Sendable {
            let name: String
            /// AE title, or where its DICOMweb begins.
            let label: String
            let isChosen: Bool
        }

        struct Found: Sendable {
            let uid: String
            let date: String
            let description: String
            let modalities: String
            let instances: String
            let isHere: Bool
            /// Whether it can be asked to call us back.
            let callsBack: Bool
        }

        struct Study: Sendable {
            let date: String
            let description: String
            let series: [Series]
        }

        struct Plan: Sendable {
            let id: String
            let name: String
            let version: Int
        }

        struct Series: Sendable {
            let id: String
            let modality: String
            let description: String
            let instances: Int
        }

        let banner: Banner
        let peers: [Peer]
        let hasNoPeers: Bool
        let isSearched: Bool
        let peer: String
        let found: [Found]
        let hasFoundNothing: Bool
        let studies: [Study]
        /// Those that may be sent.
        let plans: [Plan]
        let hasPlans: Bool
        let maySend: Bool
        let sentence: String?
        /// The peer that has just answered an echo.
        let answering: String?
        let csrf: String
    }

    private func nodeClient(_ account: AccountRecord) -> NodeClient {
        NodeClient(
            folder: folder, source: source, caller: settings.node.caller,
            organisation: account.organisation.id, actor: account.actor)
    }

    /// Whether a peer answers: C-ECHO, or a search of DICOMweb.
    private func echoNode(_ call: Call) async throws -> Response {
        let peer = try call.field("peer")
        do { try await nodeClient(call.account).echo(peer) } catch let error as DicomError {
            return try await nodesPage(call, peer: peer, found: nil, sentence: "\(error)")
        } catch WorkflowError.refused(let sentence) {
            return try await nodesPage(call, peer: peer, found: nil, sentence: sentence)
        }
        return try await nodesPage(
            call, peer: peer, found: nil, sentence: nil, answering: peer)
    }

    /// The studies that a peer has under this patient's identifier.
    private func queryNode(_ call: Call) async throws -> Response {
        let peer = try call.field("peer")
        let patient = try call.caseOwner
        let id = patient.identity.patientID
        // A wildcard would ask for other people's studies.
        guard !id.isEmpty, !id.contains(where: { "*?\\".contains($0) }) else {
            return try await nodesPage(
                call, peer: peer, found: nil,
                sentence: "The patient has no identifier that a peer can be asked for.")
        }
        var wishes = NodeClient.Wishes()
        wishes.patientID = id
        do {
            let (studies, _) = try await nodeClient(call.account).query(peer, wishes)
            return try await nodesPage(
                call, peer: peer, found: studies.filter { $0.patientID == id }, sentence: nil)
        } catch let error as DicomError {
            return try await nodesPage(call, peer: peer, found: nil, sentence: "\(error)")
        } catch WorkflowError.refused(let sentence) {
            return try await nodesPage(call, peer: peer, found: nil, sentence: sentence)
        }
    }

    private func nodesPage(
        _ call: Call, peer: String?, found: [NodeClient.RemoteStudy]?, sentence: String?,
        answering: String? = nil
    ) async throws -> Response {
        let (account, patient) = (try call.account, try call.caseOwner)
        let peers = try await PeerBook(folder: folder).all().filter {
            $0.organisation == account.organisation.id && $0.peer.isCallable
        }
        let asked = peers.first { $0.name == peer }
        let callsBack = if case .node? = asked?.peer { true } else { false }
        let own = try await folder.records.studies(patient: patient.id)
        let here = Set(own.map(\.description.studyUID))
        var studies: [NodesPage.Study] = []
        for study in own { studies.append(try await line(study)) }
        let plans = try await SentItems.plans(
            of: CaseReader(folder: folder, patient: patient.id, sight: .whole)
        ).map { NodesPage.Plan(id: $0.id, name: $0.draft.name, version: $0.version) }
        let page = NodesPage(
            banner: Banner(patient),
            peers: peers.map {
                NodesPage.Peer(name: $0.name, label: $0.peer.label, isChosen: $0.name == peer)
            }, hasNoPeers: peers.isEmpty, isSearched: found != nil, peer: peer ?? "",
            found: (found ?? []).map { study in
                NodesPage.Found(
                    uid: study.studyUID, date: ReadableIdentity.date(study.date),
                    description: study.description,
                    modalities: study.modalities.joined(separator: ", "),
                    instances: study.instances.map(String.init) ?? "",
                    isHere: here.contains(study.studyUID), callsBack: callsBack)
            }, hasFoundNothing: found?.isEmpty == true,
            studies: studies, plans: plans, hasPlans: !plans.isEmpty,
            maySend: account.role.rights.contains(.export), sentence: sentence,
            answering: answering, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("nodes", title: "DICOM peers", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func line(_ study: StudyRecord) async throws -> NodesPage.Study {
        NodesPage.Study(
            date: ReadableIdentity.date(study.description.date),
            description: study.description.description,
            series: try await folder.records.series(study: study.id).map { series in
                NodesPage.Series(
                    id: series.shortID, modality: series.description.modality,
                    description: series.description.description, instances: series.instanceCount)
            })
    }
}
