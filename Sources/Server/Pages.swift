import Foundation
import Mustache
import Pathway
import Quantities
import Storage

/// Renders pages from the templates in `Web/Templates`.
///
/// Templates escape whatever is put into them; the unescaped form is not used anywhere.
struct Pages: Sendable {
    private let library: MustacheLibrary
    /// What the provider of sign-in is called; `nil` for none.
    private let provider: String?

    /// - Throws: When a template cannot be read or is not well formed.
    init(folder: URL, provider: String? = nil) async throws {
        library = try await MustacheLibrary(directory: folder.path)
        self.provider = provider
    }

    /// Who looks at a page, and where the page is.
    struct Frame: Sendable {
        let title: String
        let person: String?
        let organisation: String?
        let csrf: String
        /// Which session the page belongs to; it opens nothing.
        let sessionTag: String
        /// Whether a password opens the session again when it is locked.
        let hasPassword: Bool
        /// Where a new sign-in does; `nil` for nowhere.
        let provider: String?
        let mayManageAccounts: Bool
        let mayReadCases: Bool
        let mayReadAudit: Bool
        let mayBringIn: Bool
        let mayPlan: Bool
        let mayMatch: Bool
        let mayManageSettings: Bool
        let mayComment: Bool
        /// Whether the case of the page is the own organisation's: only there comments can be internal.
        let isOwners: Bool
        /// How many cases wait for the person; `nil` for none.
        let waiting: Int?
        /// How many accesses in emergencies nobody of the organisation has looked at; `nil` for none.
        let emergencies: Int?
        /// How many referrals wait for an answer of the person's organisation; `nil` for none.
        let referrals: Int?
    }

    /// Renders a page for whoever is signed in.
    ///
    /// - Parameters:
    ///   - template: A file of `Web/Templates`, without its extension.
    ///   - title: What the browser's tab says.
    ///   - session: Whoever is signed in.
    ///   - content: A structure whose property names the template uses.
    /// - Returns: The page.
    /// - Throws: ``PageError/noTemplate(name:)``.
    func render(
        _ template: String, title: String, session: SessionRecord?, _ content: Any
    ) throws -> String {
        let rights = session?.account.role.rights ?? []
        let frame = Frame(
            title: title, person: session?.account.fullName,
            organisation: session?.account.organisation.name, csrf: session?.csrfToken ?? "",
            sessionTag: session?.tag ?? "",
            hasPassword: session?.account.hasPassword ?? false,
            provider: session?.isByProvider == true ? provider : nil,
            mayManageAccounts: rights.contains(.manageAccounts),
            mayReadCases: rights.contains(.readCase), mayReadAudit: rights.contains(.readAudit),
            mayBringIn: rights.contains(.prepareCase), mayPlan: rights.contains(.plan),
            mayMatch: rights.contains(.matchIdentity),
            mayManageSettings: rights.contains(.manageSettings),
            mayComment: session?.mayComment ?? false,
            isOwners: session?.isOwners ?? false,
            waiting: session?.waiting.flatMap { $0 > 0 ? $0 : nil },
            emergencies: session?.emergencies.flatMap { $0 > 0 ? $0 : nil },
            referrals: session?.referrals.flatMap { $0 > 0 ? $0 : nil })
        guard
            let html = library.render(
                ["frame": frame, "page": content] as [String: Any], withTemplate: template)
        else { throw PageError.noTemplate(name: template) }
        return html
    }

    /// A page of one sentence; never fails, because it is what failures are told with.
    func message(title: String, _ sentence: String, session: SessionRecord?) -> String {
        let page = Message(sentence: sentence)
        return (try? render("message", title: title, session: session, page)) ?? sentence
    }

    struct Message: Sendable {
        let sentence: String
    }
}

extension SessionRecord {
    /// Tells a session from others, before and after it was locked, without opening it.
    var tag: String { String(ObjectDigest(of: Array("page\n\(csrfToken)".utf8)).hex.prefix(16)) }
}

/// What can be wrong with the pages that came with the program.
enum PageError: Error, Hashable {
    case noTemplate(name: String)
    case noWebFolder(path: String)
}
