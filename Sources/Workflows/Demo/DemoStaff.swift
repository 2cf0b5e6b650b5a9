import Foundation
import Pathway
import Storage
import Synchronization

extension DemoHospital {
    /// The five people of the demo, each with an account, a password and a second factor.
    struct Staff: Sendable {
        struct Member: Sendable {
            let account: AccountRecord
            let person: Person
            private let authenticator: OneTimePassword

            init(account: AccountRecord, person: Person, authenticator: OneTimePassword) {
                (self.account, self.person) = (account, person)
                self.authenticator = authenticator
            }

            var actor: String { account.actor }

            func code(at moment: Date) throws -> String {
                try authenticator.code(
                    step: Int(moment.timeIntervalSince1970) / OneTimePassword.stepSeconds)
            }
        }

        let administrator: Member
        let coordinator: Member
        let physicist: Member
        let radiologist: Member
        let practitioner: Member

        var organisation: Int64 { administrator.account.organisation.id }

        var people: [Person] {
            [administrator, coordinator, physicist, radiologist, practitioner].map(\.person)
        }

        /// Sets up the server and invites four people, as an administrator does.
        init(_ hospital: DemoHospital) async throws {
            let accounts = hospital.accounts
            guard let token = try await accounts.setUpToken() else {
                throw WorkflowError.refused(sentence: "The demo's folder has an administrator.")
            }
            let password = Self.password()
            let first = try await accounts.setUp(
                token: token, organisation: "Demo hospital", login: "ada", fullName: "Ada Admin",
                password: password)
            let administrator = try await Self.enrol(first.account, password, hospital)
            func invite(_ login: String, _ name: String, _ role: Role) async throws -> Member {
                let password = Self.password()
                let invited = try await accounts.invite(
                    login: login, fullName: name, role: role, by: administrator.account)
                try await accounts.setPassword(token: invited.token, password: password)
                return try await Self.enrol(invited.account, password, hospital)
            }
            self.administrator = administrator
            coordinator = try await invite("cora", "Cora Coordinator", .coordinator)
            physicist = try await invite("phil", "Phil Physicist", .physicist)
            radiologist = try await invite("rada", "Rada Radiologist", .radiologist)
            practitioner = try await invite("nora", "Nora Nuclear", .nuclearMedicinePhysician)
            let days = [-30.0, 335].map {
                String(Date(timeIntervalSinceNow: $0 * 86400).ISO8601Format().prefix(10))
            }
            try await EntitlementWorkflow(
                folder: hospital.folder, administrator: administrator.account
            ).enter(
                account: practitioner.account.id, procedure: Procedure.sirt.rawValue,
                licenceNumber: "DEMO-1", validFrom: days[0], validTo: days[1])
        }

        private static func password() -> String { String(Secret.token().prefix(20)) }

        private static func enrol(
            _ account: AccountRecord, _ password: String, _ hospital: DemoHospital
        ) async throws -> Member {
            let accounts = hospital.accounts
            let draft = accounts.secondFactorDraft(for: account)
            guard let authenticator = OneTimePassword(base32: draft.secret) else {
                throw WorkflowError.refused(sentence: "The demo's second factor cannot be read.")
            }
            let step = Int(hospital.clock.now.timeIntervalSince1970) / OneTimePassword.stepSeconds
            let enrolled = try await accounts.confirmSecondFactor(
                secret: draft.secret, code: authenticator.code(step: step), for: account)
            // Nobody holds this session's token.
            try await accounts.signOut(token: enrolled.signedIn.token)
            return Member(
                account: try await hospital.folder.accounts.account(account.id),
                person: Person(
                    login: account.login, name: account.fullName, role: account.role.title,
                    password: password, secondFactor: draft.address),
                authenticator: authenticator)
        }
    }
}

/// A moment that several tasks read.
final class SharedMoment: Sendable {
    private let moment: Mutex<Date>

    init(_ date: Date) { moment = Mutex(date) }

    var value: Date { moment.withLock { $0 } }

    func set(_ date: Date) { moment.withLock { $0 = date } }
}
