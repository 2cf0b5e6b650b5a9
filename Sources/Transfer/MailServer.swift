import CTransferShim
package import Foundation

/// A mail of plain text to one person.
package struct Mail: Hashable, Sendable {
    package let recipient: String
    package let subject: String
    package let text: String

    package init(to recipient: String, subject: String, text: String) {
        (self.recipient, self.subject, self.text) = (recipient, subject, text)
    }
}

/// A server that takes mail (SMTP, RFC 5321), and who we are for it.
package final class MailServer: Sendable {
    /// How the connection is protected.
    package enum Protection: String, Hashable, Sendable, CaseIterable {
        /// TLS from the first byte; port 465 as a rule.
        case tls
        /// TLS after STARTTLS, or nothing is sent; port 587 as a rule.
        case startTLS = "starttls"
        /// None; to this computer only.
        case none
    }

    /// User name and password.
    package struct Login: Hashable, Sendable {
        let user: String
        let password: String

        package init(user: String, password: String) {
            (self.user, self.password) = (user, password)
        }
    }

    package let host: String
    package let port: Int
    package let protection: Protection
    package static let usualLimits = TransferLimits(stallSeconds: 30, totalSeconds: 120)

    /// The address that mails come from.
    package let sender: String
    private let login: Login?
    private let lines: LinePool

    /// - Throws: ``TransferError/invalid(reason:)`` for a host, port or sender that is none, and for
    ///   mail without TLS to another computer.
    package init(
        host: String, port: Int, protection: Protection, sender: String, login: Login? = nil,
        trust: Trust = .system, limits: TransferLimits = MailServer.usualLimits
    ) throws {
        let scheme = protection == .tls ? "smtps" : "smtp"
        let name = host.contains(":") ? "[\(host)]" : host
        let parts = try AddressParts("\(scheme)://\(name):\(port)")
        guard parts.host == host.lowercased(), parts.port == port, port > 0 else {
            throw TransferError.invalid(reason: "This is not a host name and a port.")
        }
        guard protection != .none || AddressParts.isLoopback(parts.host) else {
            throw TransferError.invalid(
                reason: "Mail to \(parts.host) would go without TLS. Use starttls or tls.")
        }
        try Self.checkAddress(sender)
        (self.host, self.port, self.protection) = (parts.host, port, protection)
        (self.sender, self.login) = (sender, login)
        lines = LinePool(trust: trust, limits: limits)
    }

    /// A mail server by its address: `smtps://HOST:PORT` with TLS, `smtp://HOST:PORT` with STARTTLS,
    /// or without to this computer.
    ///
    /// - Throws: ``TransferError/invalid(reason:)``, also for a user name in it.
    package convenience init(
        address: String, sender: String, login: Login? = nil, trust: Trust = .system,
        limits: TransferLimits = MailServer.usualLimits
    ) throws {
        let parts = try AddressParts(address)
        let protection: Protection
        switch parts.scheme {
        case "smtps": protection = .tls
        case "smtp": protection = AddressParts.isLoopback(parts.host) ? .none : .startTLS
        default:
            throw TransferError.invalid(
                reason: "The address of a mail server begins with smtps:// or smtp://.")
        }
        try self.init(
            host: parts.host, port: parts.port, protection: protection, sender: sender,
            login: login, trust: trust, limits: limits)
    }

    /// Hands a mail over; when this returns, the server has taken it.
    ///
    /// - Throws: ``TransferError``; `CancellationError`.
    package func send(_ mail: Mail, at date: Date = Date()) async throws {
        try Self.checkAddress(mail.recipient)
        let message = Data(message(of: mail, at: date).utf8)
        try await lines.transfer(to: host, port: port) { [self] line in
            let name = host.contains(":") ? "[\(host)]" : host
            try line.set(TRA_URL, "\(protection == .tls ? "smtps" : "smtp")://\(name):\(port)")
            line.setNumber(TRA_PLAIN, protection == .none ? 1 : 0)
            try line.set(TRA_SENDER, "<\(sender)>")
            try line.set(TRA_RECIPIENT, "<\(mail.recipient)>")
            if let login {
                try line.set(TRA_USER, login.user)
                try line.set(TRA_PASSWORD, login.password)
            }
            try line.add(.bytes(message))
            _ = try line.run(Line.Purpose(host: host, port: port, mostBytes: 0))
        }
    }

    /// The mail as it travels (RFC 5322, RFC 2045): text in Base64, so that no line of it can be taken
    /// for anything else.
    func message(of mail: Mail, at date: Date) -> String {
        let body = Data(mail.text.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        let domain = sender.split(separator: "@").last.map(String.init) ?? host
        return [
            "Date: \(Self.time(date))", "From: <\(sender)>", "To: <\(mail.recipient)>",
            "Subject: \(Self.coded(mail.subject))", "Message-ID: <\(UUID().uuidString)@\(domain)>",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
            body, "",
        ].joined(separator: "\r\n")
    }

    /// Encoded words of RFC 2047, each at most 75 characters.
    private static func coded(_ subject: String) -> String {
        var words: [String] = []
        var part = ""
        for character in subject where !character.isNewline {
            if part.utf8.count + String(character).utf8.count > 39 {
                words.append(part)
                part = ""
            }
            part.append(character)
        }
        words.append(part)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }
            .joined(separator: "\r\n ")
    }

    private static func time(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        return formatter.string(from: date)
    }

    /// Whether a text can be a mail address here: ASCII, one @, nothing that would end it early.
    ///
    /// - Throws: ``TransferError/invalid(reason:)``, without the address.
    package static func checkAddress(_ address: String) throws {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = address.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7f
                && ![0x22, 0x28, 0x29, 0x2c, 0x3a, 0x3b, 0x3c, 0x3e, 0x5c]
                    .contains($0)
        }
        guard isPlain, address.utf8.count <= 254, parts.count == 2,
            parts.allSatisfy({ !$0.isEmpty })
        else { throw TransferError.invalid(reason: "This is not a mail address.") }
    }
}
