import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Pathway
import Server
import Storage
import Synchronization
import Testing
import Workflows
import _TestSupport

/// A server without a network: two organisations, a patient each, an account of every role.
final class ServerFixture: Sendable {
    static let host = "localhost:8080"
    static let password = "zinc-otter-harbour"
    /// The time of every fixture: codes, waits and sessions do not depend on how busy the machine is.
    static let moment = Date(timeIntervalSince1970: 1_795_000_010)
    /// The step of RFC 6238 at that time.
    static let step = 1_795_000_010 / 30
    /// Of every account's second factor.
    static let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    let home: URL
    let folder: DataFolder
    let accounts: AccountWorkflow
    let server: GrevyServer
    let clock = TestClock()
    let key: SigningKey
    /// The clock of what is stored: how long sessions were not used.
    let recordsClock = TestClock()
    private let responder: RouterResponder<GrevyContext>
    /// The patient of each organisation.
    let patients: [Int64]
    let organisations: [OrganisationRecord]

    /// - Parameters:
    ///   - label: Names the scratch folder.
    ///   - place: The scratch folder, where another one is wanted.
    ///   - eventSeconds: How long a stream of events lasts.
    ///   - source: What reads images; a test's own files need no process of their own.
    ///   - tls: Whether the server believes that it is behind TLS.
    ///   - provider: Where else people may sign in.
    ///   - change: Changes other settings.
    /// - Throws: What setting up throws.
    init(
        _ label: String, at place: URL? = nil, eventSeconds: Double = 0.1,
        source: any DicomSource = DicomReader(), tls: Bool = false,
        provider: ProviderSettings? = nil,
        change: (inout ServerSettings) -> Void = { _ in }
    ) async throws {
        home = try place ?? ReferenceFiles.scratch(label)
        key = try SigningKey()
        folder = try DataFolder.open(
            at: home.appending(path: "data"), create: true,
            now: { [recordsClock] in recordsClock.now })
        accounts = AccountWorkflow(
            folder: folder, cost: PasswordCost(rounds: 16, blockSize: 8, parallelism: 1),
            provider: provider.map(IdentityProvider.init), now: { [clock] in clock.now })
        var settings = ServerSettings(web: ReferenceFiles.project.appending(path: "Web"))
        settings.eventSeconds = eventSeconds
        settings.port = 0
        // Read only by who listens.
        if tls { settings.tls = (home, home) }
        change(&settings)
        server = try await GrevyServer(
            settings: settings, folder: folder, accounts: accounts, source: source,
            signingKey: key, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        responder = server.router.buildResponder()
        var organisations: [OrganisationRecord] = []
        var patients: [Int64] = []
        for (number, name) in ["NET centre", "Referring hospital"].enumerated() {
            let organisation = try await folder.accounts.organisation(named: name, by: "test")
            organisations.append(organisation)
            patients.append(try await Self.patient(number, of: organisation, in: folder))
        }
        try await folder.accounts.setKeeper(organisations[0].id, by: "test")
        (self.organisations, self.patients) = (organisations, patients)
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    private static func patient(
        _ number: Int, of organisation: OrganisationRecord, in folder: DataFolder
    ) async throws -> Int64 {
        let object = try await folder.objects.put(Array("image \(number)".utf8))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await folder.records.register(
            [
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "P\(number)", issuer: "H", name: "Phantom^Number\(number)",
                        birthDate: "19600101", sex: "O"),
                    study: StudyDescription(studyUID: "1.2.\(number)", date: "20260105"),
                    series: SeriesDescription(seriesUID: "1.2.\(number).1", modality: "CT"),
                    sopInstanceUID: "1.2.\(number).1.1", sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: "file", sourceIndex: 0)
            ], run: run)
        try await folder.accounts.assignUnowned(to: organisation.id, by: "test")
        guard let id = try await folder.records.patients().last?.id else {
            throw StorageError.notFound(entity: "patient")
        }
        return id
    }

    /// What a browser holds after signing in.
    struct Browser: Sendable {
        let account: AccountRecord
        let token: String
        let csrf: String
    }

    /// Makes an account and signs it in, with a second factor where the role needs one.
    func browser(
        _ role: Role, organisation: Int = 0, secondFactor: Bool = true
    ) async throws -> Browser {
        let account = try await folder.accounts.create(
            login: "\(role.rawValue)-\(UUID().uuidString.prefix(8))", fullName: role.title,
            organisation: organisations[organisation].id, role: role, by: "test")
        let link = try await accounts.resetToken(for: account, by: account)
        try await accounts.setPassword(token: link, password: Self.password)
        if secondFactor {
            try await folder.accounts.setSecondFactor(
                totpSecret: Self.secret, recoveryCodeHashes: [],
                of: account.id, by: "test")
        }
        return try await signIn(account, secondFactor: secondFactor)
    }

    /// Signs somebody in, by the code of this moment.
    func signIn(_ account: AccountRecord, secondFactor: Bool = true) async throws -> Browser {
        let code = try OneTimePassword(base32: Self.secret)?.code(step: clock.step) ?? ""
        let signedIn = try await accounts.signIn(
            login: account.login, password: Self.password, code: secondFactor ? code : "",
            address: "127.0.0.1")
        let session = try await accounts.session(token: signedIn.token)
        return Browser(
            account: signedIn.account, token: signedIn.token, csrf: session?.csrfToken ?? "")
    }

    /// Waits for the authenticators' next code, by the clock of the test.
    func freshCode() throws -> String {
        clock.advance(seconds: 30)
        return try OneTimePassword(base32: Self.secret)?.code(step: clock.step) ?? ""
    }

    /// An answer with its body as text.
    struct Reply: Sendable {
        let status: Int
        let headers: HTTPFields
        let bytes: [UInt8]
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Sends a request through the router.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ browser: Browser? = nil,
        form: [String: String]? = nil, headers: HTTPFields = [:],
        body raw: ByteBuffer? = nil, origin: String? = "http://\(host)",
        over channel: NIOAsyncTestingChannel = NIOAsyncTestingChannel(),
        into collector: Collector = Collector()
    ) async throws -> Reply {
        var fields = headers
        if let browser { fields[.cookie] = "__Host-grevy=\(browser.token)" }
        var body = ByteBuffer()
        if method != .get {
            if let origin { fields[.origin] = origin }
        }
        if let raw {
            body = raw
        } else if method != .get {
            fields[.contentType] = "application/x-www-form-urlencoded"
            let allowed = CharacterSet.alphanumerics
            let pairs = (form ?? ["csrf": browser?.csrf ?? ""]).map { name, value in
                "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
            }
            body = ByteBuffer(string: pairs.joined(separator: "&"))
        }
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: Self.host, path: path,
                headerFields: fields), body: RequestBody(buffer: body))
        let context = GrevyContext(
            source: ApplicationRequestContextSource(
                channel: channel,
                logger: Logger(label: "test") { _ in
                    SwiftLogNoOpLogHandler()
                }))
        let response = try await responder.respond(to: request, context: context)
        try await response.body.write(collector)
        return Reply(
            status: response.status.code, headers: response.headers,
            bytes: collector.bytes)
    }
}

/// The authenticators' clock; it stands until a test moves it on.
final class TestClock: Sendable {
    private let offset = Mutex(0.0)

    var now: Date { ServerFixture.moment.addingTimeInterval(offset.withLock { $0 }) }
    /// The time step of one-time codes.
    var step: Int { Int(now.timeIntervalSince1970) / 30 }

    func advance(seconds: Double) { offset.withLock { $0 += seconds } }
}

/// Takes a body's parts.
final class Collector: ResponseBodyWriter, Sendable {
    private let parts = Mutex<[[UInt8]]>([])
    private let afterFirst: (@Sendable () async throws -> Void)?

    /// - Parameter afterFirst: Run when the first part has come, before the second is taken.
    init(afterFirst: (@Sendable () async throws -> Void)? = nil) { self.afterFirst = afterFirst }

    var bytes: [UInt8] { parts.withLock { Array($0.joined()) } }

    func write(_ buffer: ByteBuffer) async throws {
        let count = parts.withLock {
            $0.append(Array(buffer.readableBytesView))
            return $0.count
        }
        if count == 1 { try await afterFirst?() }
    }

    /// Waits until so many parts have come.
    func holds(_ count: Int) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while parts.withLock({ $0.count }) < count {
            try #require(ContinuousClock.now < end, "not \(count) parts after a minute")
            try await Task.sleep(for: .milliseconds(10))
        }
    }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// The templates as text.
enum ReferenceTemplates {
    static func all() throws -> [(name: String, text: String)] {
        let folder = ReferenceFiles.project.appending(path: "Web/Templates")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8))
        }
    }
}
