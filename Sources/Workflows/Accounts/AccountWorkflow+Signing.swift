import Foundation
import Storage

/// What somebody shows to sign.
package enum SigningEvidence: Sendable {
    /// A fresh one-time code, as typed.
    case code(String)
    /// That the session with this token has signed in again for exactly this signature.
    case signedInAgain(token: String)
}

extension AccountWorkflow {
    /// What the one transaction that signs uses up.
    ///
    /// - Throws: As ``signingStep(of:account:)``.
    func proof(_ evidence: SigningEvidence, account: Int64) async throws -> SigningProof {
        switch evidence {
        case .code(let code): .code(step: try await signingStep(of: code, account: account))
        case .signedInAgain(let token): .provider(session: Secret.hash(token))
        }
    }

    /// Returns the time step of a fresh one-time code of an account; a recovery code does not
    /// sign.
    ///
    /// The step is not used up here but with what it confirms, in one transaction.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a code that is not right;
    ///   ``Refusal/wait(seconds:)`` after too many of them.
    func signingStep(of code: String, account: Int64) async throws -> Int {
        let key = Secret.hash("signing\naccount-\(account)")
        let step = try await attempt(key: key) {
            let secrets = try await accounts.secrets(of: account)
            return try secrets.totpSecret.flatMap(OneTimePassword.init(base32:))?.step(
                of: code, at: now().timeIntervalSince1970)
        }
        guard let step else {
            throw WorkflowError.refused(
                sentence: "The code is not right. Type the six digits that your authenticator "
                    + "shows now; a recovery code does not sign.")
        }
        return step
    }
}
