import Foundation
import Pathway
import Storage
import Synchronization

extension DemoHospital {
    /// The seven people of the demo, two of them of a second hospital, each with an account, a password and a second factor.
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
        /// Of the second hospital.
        let otherAdministrator: Member
        let oncologist: Member

        var organisation: Int64 { administrator.account.organisation.id }

        var people: [Person] {
            [
                administrator, coordinator, physicist, radiologist, practitioner,
                otherAdministrator, oncologist,
            ].map(\.person)
        }

        /// Sets up the server and invites four people, as an administrator does; then a second
        /// hospital joins.
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
                try await Self.invite(login, name, role, by: administrator, hospital)
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
            let joined = try await accounts.addOrganisation(
                named: "Second hospital", login: "otto", fullName: "Otto Officer", by: "demo")
            otherAdministrator = try await Self.join(joined, hospital)
            oncologist = try await Self.invite(
                "olga", "Olga Oncologist", .oncologist, by: otherAdministrator, hospital)
        }

        private static func invite(
            _ login: String, _ name: String, _ role: Role, by administrator: Member,
            _ hospital: DemoHospital
        ) async throws -> Member {
            try await join(
                try await hospital.accounts.invite(
                    login: login, fullName: name, role: role, by: administrator.account), hospital)
        }

        /// Follows an invitation.
        private static func join(
            _ invited: (account: AccountRecord, token: String), _ hospital: DemoHospital
        ) async throws -> Member {
            let password = password()
            try await hospital.accounts.setPassword(token: invited.token, password: password)
            return try await enrol(invited.account, password, hospital)
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
                    login: account.login, name: account.fullName,
                    role: "\(account.role.title), \(account.organisation.name)",
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
