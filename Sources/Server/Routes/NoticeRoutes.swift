import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Where notices by mail go, and whether their owner wants any.
    var noticeRoutes: [Route] {
        [
            Route(
                .post, "/administration/accounts/{account}/notices", .right(.manageAccounts)
            ) { call in
                let account = try await managed(call)
                try checkNotices()
                do {
                    try await accounts.setNoticeAddress(
                        call.field("address"), of: account, by: call.account)
                } catch WorkflowError.refused(let sentence) {
                    return try await accountsPage(call, sentence: sentence, link: nil)
                }
                return Answer.seeOther("/administration/accounts")
            },
            Route(.post, "/account/notices", .signedIn) { call in
                try checkNotices()
                do {
                    try await folder.accounts.set(
                        noticesOn: call.form["notices"] == "yes", of: call.account.id)
                } catch StorageError.notFound {
                    throw Refusal.badRequest("An administrator enters your address first.")
                }
                return Answer.seeOther("/account")
            },
        ]
    }

    private func checkNotices() throws {
        guard settings.notices != nil else {
            throw Refusal.badRequest("This server sends no mail.")
        }
    }
}
