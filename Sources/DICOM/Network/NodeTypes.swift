/// Who asks for an association: nothing of it is proven but the address and, with TLS, that the peer
/// has the key of the certificate.
package struct AssociationRequest: Hashable, Sendable {
    /// AE titles, at most 16 characters.
    package let callingTitle, calledTitle: String
    /// Numeric address of the peer.
    package let address: String
    package let isTLS: Bool
    /// SHA-256 of the peer's certificate in lower-case hexadecimal; `nil` when it showed none.
    package let fingerprint: String?

    package init(
        callingTitle: String, calledTitle: String, address: String, isTLS: Bool = false,
        fingerprint: String? = nil
    ) {
        self.callingTitle = callingTitle
        self.calledTitle = calledTitle
        self.address = address
        self.isTLS = isTLS
        self.fingerprint = fingerprint
    }
}

/// Why an association is refused (PS3.8 table 9-21).
package enum AssociationRefusal: Hashable, Sendable, CaseIterable {
    case callingTitleNotRecognised
    case calledTitleNotRecognised
    /// No reason that the peer should know.
    case notAllowed
    /// Too many associations now; the peer may come again.
    case busy

    /// Result, source and reason.
    var code: (result: Int32, source: Int32, reason: Int32) {
        switch self {
        case .callingTitleNotRecognised: (1, 1, 3)
        case .calledTitleNotRecognised: (1, 1, 7)
        case .notAllowed: (1, 1, 1)
        case .busy: (2, 3, 2)
        }
    }
}

/// What an admitted peer may do.
package struct PeerRights: Hashable, Sendable {
    /// Names the peer in the inbox: its folder there.
    ///
    /// So what a crash left behind is known by its sender. Letters, digits, `-` and `_`, 1 to 64.
    package let label: String
    package let mayStore, mayQuery, mayRetrieve: Bool

    package init(label: String, mayStore: Bool, mayQuery: Bool = false, mayRetrieve: Bool = false) {
        self.label = label
        self.mayStore = mayStore
        self.mayQuery = mayQuery
        self.mayRetrieve = mayRetrieve
    }
}

/// A peer whose association stands.
package struct AdmittedPeer: Hashable, Sendable {
    package let request: AssociationRequest
    package let rights: PeerRights

    package init(request: AssociationRequest, rights: PeerRights) {
        (self.request, self.rights) = (request, rights)
    }
}

package enum Admission: Hashable, Sendable {
    case admitted(PeerRights)
    case refused(AssociationRefusal)
}

/// Where a peer listens.
package struct PeerAddress: Hashable, Sendable {
    /// AE title, at most 16 characters.
    package let title: String
    package let host: String
    package let port: Int
    /// SHA-256 of the certificate that the peer must show; `nil` for no TLS.
    package let fingerprint: String?

    package init(title: String, host: String, port: Int, fingerprint: String? = nil) {
        self.title = title
        self.host = host
        self.port = port
        self.fingerprint = fingerprint
    }
}

/// An instance that arrived: a file in the inbox, complete and on disk.
package struct ReceivedInstance: Hashable, Sendable {
    /// Part 10 file; the data set in it is byte by byte what the peer sent.
    package let path: String
    /// As the command named it; the data set was not looked at.
    package let reference: InstanceReference
    package let transferSyntaxUID: String

    package init(path: String, reference: InstanceReference, transferSyntaxUID: String) {
        (self.path, self.reference) = (path, reference)
        self.transferSyntaxUID = transferSyntaxUID
    }
}

/// An instance that a peer has asked for.
package struct RequestedInstance: Hashable, Sendable {
    /// Part 10 file.
    package let path: String
    package let sopInstanceUID: String

    package init(path: String, sopInstanceUID: String) {
        (self.path, self.sopInstanceUID) = (path, sopInstanceUID)
    }
}

/// What a query asks for.
package struct DicomQuery: Hashable, Sendable {
    /// Query/Retrieve Level (PS3.4 §C.6).
    package enum Level: String, Hashable, Sendable {
        case patient = "PATIENT"
        case study = "STUDY"
        case series = "SERIES"
        case image = "IMAGE"
    }

    package let root: QueryRoot
    package let level: Level
    /// Keys to match and attributes to return, without the level; text in UTF-8.
    package let keys: DataSet

    package init(root: QueryRoot = .study, level: Level, keys: DataSet) {
        self.root = root
        self.level = level
        self.keys = keys
    }

    /// The query of an identifier; `nil` when it names no level.
    init?(root: QueryRoot, identifier: DataSet) {
        guard let level = identifier.string(.queryRetrieveLevel).flatMap(Level.init) else {
            return nil
        }
        var keys = identifier
        keys.remove(.queryRetrieveLevel)
        keys.remove(.specificCharacterSet)
        self.init(root: root, level: level, keys: keys)
    }

    var identifier: DataSet {
        var identifier = keys
        identifier.set(.queryRetrieveLevel, level.rawValue)
        if identifier.hasOtherThanASCII { identifier.set(.specificCharacterSet, "ISO_IR 192") }
        return identifier
    }
}

/// What became of storage commitment for one transaction (PS3.4 §J.3.3).
package struct CommitmentReport: Hashable, Sendable {
    package let transactionUID: String
    package let committed: [InstanceReference]
    package let failed: [InstanceReference]

    package init(
        transactionUID: String, committed: [InstanceReference], failed: [InstanceReference]
    ) {
        self.transactionUID = transactionUID
        self.committed = committed
        self.failed = failed
    }
}

/// What the layers above decide and keep for the node.
///
/// All of it may be called at the same time for
/// several associations, never twice at a time for one.
package protocol DicomNodeDelegate: Sendable {
    /// Who may have an association. Refuse what is not known.
    func admission(of request: AssociationRequest) async -> Admission

    /// A peer has asked for a service (`store`, `query`, `retrieve`) that it has no right to, and is
    /// told so.
    func denied(_ service: String, to peer: AdmittedPeer) async

    /// Takes an instance over. When it returns success or a warning the file is the delegate's, else
    /// the node removes it. The file is on disk by then: what takes long, such as reading it, can be
    /// done later, from the inbox also after a crash.
    func receive(_ instance: ReceivedInstance, from peer: AdmittedPeer) async -> DimseStatus

    /// The matches of a query, in what this peer may see.
    ///
    /// - Throws: A ``DimseStatus`` to answer with; anything else is 0xC000.
    func matches(_ query: DicomQuery, for peer: AdmittedPeer) async throws -> [DataSet]

    /// The instances that a retrieval names, in what this peer may see.
    ///
    /// - Throws: As ``matches(_:for:)``.
    func files(_ query: DicomQuery, for peer: AdmittedPeer) async throws -> [RequestedInstance]

    /// Whether a peer may still have an instance that it has asked for: a retrieval takes a while.
    ///
    /// Asked before each is sent, and again while it is on its way.
    func mayHave(_ instance: RequestedInstance, _ peer: AdmittedPeer) async -> Bool

    /// Where a move destination listens; `nil` when there is none of that title to which this peer
    /// may have instances sent.
    func moveDestination(_ title: String, for peer: AdmittedPeer) async -> PeerAddress?

    /// Those of the instances that this node keeps for good.
    func committed(
        _ instances: [InstanceReference], for peer: AdmittedPeer
    ) async -> Set<InstanceReference>

    /// Where a peer listens for reports of storage commitment; `nil` when that is not known, and
    /// the report goes back on the peer's own association.
    func reportAddress(of peer: AdmittedPeer) async -> PeerAddress?

    /// A peer reports what became of a storage commitment that was asked of it.
    func commitmentReported(_ report: CommitmentReport, by peer: AdmittedPeer) async
}
