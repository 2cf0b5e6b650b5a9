import Foundation
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// What was written while swift-crypto 4.5.2 did the cryptography; regression, not validation.
@Suite("Records of earlier versions")
struct EarlierRecordsTests {
    @Test(
        "A kept password is still known, and only it",
        arguments: [
            (
                "correct-horse-ﬁsh é",
                "scrypt$131072$8$1$Z9S+8dPXz0209dO4YEIqXQ=="
                    + "$jTb60MwUlSw1irqtmMACVPghXzzMfS6Ty4Wjw0d1L0Q="
            ),
            (
                "old-otter-harbour",
                "scrypt$16$8$1$uDcJXxjja5nkx0itjiLwsg=="
                    + "$Wva8vlJRvXRuvO3Pn74GBYzRgV5K/uUhusHHtn0ryU0="
            ),
        ])
    func password(password: String, hash: String) async throws {
        let fixture = try await ServerFixture("earlier-password")
        let account = try await fixture.browser(.surgeon, secondFactor: false).account
        try await fixture.folder.accounts.setPassword(hash: hash, of: account.id, by: "test")
        func signIn(_ password: String) async throws {
            _ = try await fixture.accounts.signIn(
                login: account.login, password: password, code: "", address: "127.0.0.1")
        }
        await #expect(throws: AccountWorkflow.Refusal.wrong) { try await signIn(password + " ") }
        try await signIn(password)
    }

    // Drawn for this test, and used nowhere else.
    private static let keyFile = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEILUF5mpeQGm73BpP+Vrg8Ga5jGYBtB+NehmMdOeh/et1
        -----END PRIVATE KEY-----

        """
    private static let publicKeyFile = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAhVl8ULGorflPlUph2vY+rVYnp7iDcVgPRcYCr8ycsNs=
        -----END PUBLIC KEY-----

        """
    private static let plan = "{\"plan\": \"an invented one\"}\n"
    private static let planDigest =
        "c25ccc55ca0d0a44159ce3366acc6f688344bc56fb32671ac9c77d7e3b0343c0"
    private static let sidecar = """
        grevy-signature-1
        6a48e855edf2eec519e4317f03f8cb0e69fb4895649e9c5f1af3aeac79e2bbd2\
        fafbff30884bb690beb2d6755bfc821c1f9f612acf43c5078890b0b00471f409
        {"auditHead":"0:\(String(repeating: "0", count: 64))",\
        "exportedAt":"2026-11-20T09:00:00.000Z",\
        "file":{"byteCount":28,"name":"plan.json","sha256":"\(planDigest)"},\
        "outdatedAsOfExport":null,\
        "plan":{"id":"p-1","name":"main","sha256":"\(planDigest)","version":1},\
        "publicKeyID":"1ffbfb90a8d27506","schema":"grevy-signature/1","signatures":[],\
        "software":"0.1"}
        """

    @Test("A kept signing key opens as the same key")
    func key() throws {
        let home = try ReferenceFiles.scratch("earlier-key")
        defer { try? FileManager.default.removeItem(at: home) }
        let file = home.appending(path: "key.pem")
        try Data(Self.keyFile.utf8).write(to: file)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: file.path)
        let key = try SigningKey.open(at: file, outside: home.appending(path: "data"))
        #expect(key.publicKey.pem == Self.publicKeyFile)
        #expect(key.publicKey.id == "1ffbfb90a8d27506")
    }

    @Test("A file that was given out signed still holds, and with a byte changed it does not")
    func signature() async throws {
        let home = try ReferenceFiles.scratch("earlier-signature")
        defer { try? FileManager.default.removeItem(at: home) }
        let (file, sidecar) = (home.appending(path: "plan.json"), home.appending(path: "sig"))
        try Data(Self.plan.utf8).write(to: file)
        try Data(Self.sidecar.utf8).write(to: sidecar)
        let key = try #require(PublicSigningKey(pem: Self.publicKeyFile))
        let found = try await SignedFile.verify(file, sidecar: sidecar, key: key)
        #expect(found.holds, "\(found.reason ?? "")")
        try Data(Self.sidecar.replacing("p-1", with: "p-2").utf8).write(to: sidecar)
        #expect(try await !SignedFile.verify(file, sidecar: sidecar, key: key).holds)
    }

    @Test("The name of stored bytes is the one that they always had")
    func digest() {
        #expect(ObjectDigest(of: Array(Self.plan.utf8)).hex == Self.planDigest)
    }
}
