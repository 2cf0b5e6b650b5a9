import Foundation
package import Storage

/// A second factor that is being set up; it counts once a code has come back.
package struct SecondFactorDraft: Sendable {
    /// Base 32, to be typed into an authenticator.
    package let secret: String
    /// The same as an `otpauth:` address.
    package let address: String
}

extension AccountWorkflow {
    /// Draws a secret; nothing is kept yet.
    package func secondFactorDraft(for account: AccountRecord) -> SecondFactorDraft {
        let password = OneTimePassword()
        return SecondFactorDraft(
            secret: password.base32, address: password.address(login: account.login))
    }

    /// Keeps a second factor after its first code, and ends the account's sessions.
    ///
    /// - Parameters:
    ///   - secret: Of the new second factor.
    ///   - code: Of that secret.
    ///   - proof: Password and a code of the second factor until now, or a recovery code; only the
    ///     first second factor needs none.
    ///   - account: Whose it becomes.
    ///   - place: From where.
    /// - Returns: A new session and ten recovery codes, each good for one sign-in.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the code is not of the secret;
    ///   ``Refusal`` when the proof is wrong or missing.
    package func confirmSecondFactor(
        secret: String, code: String, proof: Proof? = nil, for account: AccountRecord,
        place: SessionPlace = SessionPlace()
    ) async throws -> (signedIn: SignedIn, recoveryCodes: [String]) {
        guard let password = OneTimePassword(base32: secret), password.secret.count >= 20,
            let step = try password.step(of: code, at: now().timeIntervalSince1970)
        else {
            throw WorkflowError.refused(
                sentence: "The code does not belong to this secret; check the clock of the device "
                    + "that shows it and take the next code.")
        }
        if try await accounts.account(account.id).hasSecondFactor {
            guard let proof else { throw Refusal.wrong }
            _ = try await proven(account, proof)
        }
        let codes = RecoveryCode.drawTen()
        try await accounts.setSecondFactor(
            totpSecret: password.base32, recoveryCodeHashes: codes.map(RecoveryCode.hash),
            of: account.id, by: account.actor)
        _ = try await accounts.take(totpStep: step, of: account.id)
        return (try await begin(account, at: place), codes)
    }
}

/// Codes on paper for who lost the authenticator.
enum RecoveryCode {
    /// As many as people are given.
    static func drawTen() -> [String] { (0 ..< 10).map { _ in draw() } }

    /// 80 random bits as four groups of base 32.
    static func draw() -> String {
        let text = Array(Base32.encoded(Secret.randomBytes(10)))
        return stride(from: 0, to: text.count, by: 4).map { String(text[$0 ..< $0 + 4]) }
            .joined(separator: "-")
    }

    /// What is kept of a code; it is random enough to need no salt.
    static func hash(_ code: String) -> String {
        Secret.hash("recovery\n" + code.uppercased().filter { $0.isLetter || $0.isNumber })
    }
}

/// What a password must be.
enum PasswordRule {
    static let shortest = 12
    static let longest = 256

    /// - Throws: ``WorkflowError/refused(sentence:)`` with what is wrong.
    static func check(_ password: String, login: String) throws {
        let count = password.count
        guard count >= shortest else {
            throw WorkflowError.refused(
                sentence: "The password needs at least \(shortest) characters.")
        }
        guard count <= longest else {
            throw WorkflowError.refused(
                sentence: "The password may have at most \(longest) characters.")
        }
        let plain = password.lowercased()
        let isRepetition = Set(plain).count < 5
        guard !isRepetition, !plain.contains(login.lowercased()), !commonPasswords.contains(plain)
        else {
            throw WorkflowError.refused(
                sentence: "This password is among the first that somebody would try; take another.")
        }
    }

    private static let commonPasswords: Set<String> = {
        let text = String(decoding: PackageResources.common_passwords_txt, as: UTF8.self)
        return Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init))
    }()
}

/// What names must be.
enum AccountRule {
    static func check(login: String, fullName: String) throws {
        let allowed = login.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || ".-_@".contains($0))
        }
        guard (2 ... 64).contains(login.count), allowed else {
            throw WorkflowError.refused(
                sentence: "A login has 2 to 64 characters: letters, digits and . - _ @.")
        }
        let isPlain = !fullName.unicodeScalars.contains {
            $0.properties.generalCategory == .control
        }
        guard (1 ... 120).contains(fullName.trimmingCharacters(in: .whitespaces).count), isPlain
        else {
            throw WorkflowError.refused(
                sentence: "The name needs 1 to 120 characters on one line.")
        }
    }

    static func check(organisation name: String) throws {
        guard (1 ... 120).contains(OrganisationName.cleaned(name).count),
            !OrganisationName.hidesCharacters(name)
        else {
            throw WorkflowError.refused(
                sentence: "The organisation's name needs 1 to 120 characters on one line, none of "
                    + "them invisible.")
        }
    }
}
