import Foundation
import Storage

extension AccountWorkflow {
    /// Returns the time step of a fresh one-time code of an account; a recovery code does not
    /// sign.
    ///
    /// The step is not used up here but with what it confirms, in one transaction.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a code that is not right;
    ///   ``Refusal/wait(seconds:)`` after too many of them.
    func signingStep(of code: String, account: Int64) async throws -> Int {
        let key = Secret.hash("signing\naccount-\(account)")
        let wait = try await accounts.waitBeforeSignIn(key: key)
        guard wait <= 0 else { throw Refusal.wait(seconds: Int(wait.rounded(.up))) }
        let secrets = try await accounts.secrets(of: account)
        guard let secret = secrets.totpSecret,
            let step = try OneTimePassword(base32: secret)?.step(
                of: code, at: now().timeIntervalSince1970)
        else {
            try await accounts.noteSignInFailure(key: key)
            throw WorkflowError.refused(
                sentence: "The code is not right. Type the six digits that your authenticator "
                    + "shows now; a recovery code does not sign.")
        }
        try await accounts.clearSignInFailures(key: key)
        return step
    }
}
