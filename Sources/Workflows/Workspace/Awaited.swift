import Pathway
package import Storage

/// What waits for a person beside their cases, as the menu of every page counts it.
package struct Awaited: Hashable, Sendable {
    /// Shares that ask something of the person's organisation and are not answered yet.
    package let referrals: [Int64]
    /// Accesses to the organisation's cases in emergencies that nobody there has looked at.
    package let emergencies: [Int64]

    /// Looks for it; nothing waits for who reads no cases, no referral for who shares none.
    ///
    /// - Throws: ``StorageError``.
    package init(for account: AccountRecord, folder: DataFolder) async throws {
        let (rights, home) = (account.role.rights, account.organisation.id)
        let mayRead = rights.contains(.readCase)
        referrals =
            mayRead && rights.contains(.share)
            ? try await folder.shares.waitingReferrals(for: home) : []
        emergencies = mayRead ? try await folder.shares.unseenEmergencies(of: home) : []
    }
}
