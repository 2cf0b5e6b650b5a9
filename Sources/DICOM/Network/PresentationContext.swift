/// A presentation context (PS3.8 §7.1.1.13): what may be sent, coded how, in which role.
struct PresentationContext: Hashable, Sendable {
    /// What the requestor of the association is for this class (PS3.7 §D.3.3.4).
    enum Role: Int, Sendable {
        case unstated = 0
        case user = 1
        case provider = 2
        case both = 3
    }

    /// Odd, 1 to 255.
    let id: UInt8
    let role: Role
    let abstractSyntax: String
    /// Proposed ones in the proposer's order, or the one that was accepted.
    let syntaxes: [String]

    /// The most contexts of one association.
    static let most = 128

    /// A context of the shim's list: `ID ROLE ABSTRACT SYNTAX ...`.
    init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count >= 4, let id = UInt8(words[0]), let number = Int(words[1]),
            let role = Role(rawValue: number)
        else { return nil }
        self.init(
            id: id, role: role, abstractSyntax: String(words[2]),
            syntaxes: words[3...].map { String($0) })
    }

    init(id: UInt8, role: Role, abstractSyntax: String, syntaxes: [String]) {
        self.id = id
        self.role = role
        self.abstractSyntax = abstractSyntax
        self.syntaxes = syntaxes
    }

    var line: String {
        "\(id) \(role.rawValue) \(abstractSyntax) \(syntaxes.joined(separator: " "))\n"
    }

    /// Returns contexts with the numbers 1, 3, 5 and so on, at most ``most`` of them.
    static func numbered(
        _ contents: [(abstractSyntax: String, syntaxes: [String])], role: Role = .unstated
    ) -> [PresentationContext] {
        contents.prefix(most).enumerated().map { index, content in
            PresentationContext(
                id: UInt8(2 * index + 1), role: role, abstractSyntax: content.abstractSyntax,
                syntaxes: content.syntaxes)
        }
    }
}

extension PresentationContext {
    /// The same context with the one syntax and the role in which the node takes it; `nil` when it
    /// does not.
    ///
    /// A service that the peer has no right to is taken all the same: its requests are answered
    /// with ``DimseStatus/notAuthorised``, which says more than a refused context.
    var accepted: PresentationContext? {
        let syntax: String?
        if ServiceClass.isStorage(abstractSyntax) {
            syntax = TransferSyntax.chosenForStorage(syntaxes)
        } else if Self.services.contains(abstractSyntax) {
            syntax = TransferSyntax.chosenForIdentifiers(syntaxes)
        } else {
            syntax = nil
        }
        return syntax.map {
            PresentationContext(
                id: id, role: role, abstractSyntax: abstractSyntax, syntaxes: [$0])
        }
    }

    private static let services: Set<String> = Set(
        [ServiceClass.verification, ServiceClass.storageCommitment]
            + QueryRoot.allCases.flatMap { [$0.find, $0.move, $0.get] })
}
