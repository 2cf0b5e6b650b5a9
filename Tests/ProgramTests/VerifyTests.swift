import Foundation
import Storage
import Testing
import Workflows

@Suite("grevy verify")
struct VerifyTests {
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test("A signed plan and report hold, and who signed what and when is printed")
    func holds() async throws {
        let records = try await SignedRecords("verify-holds")
        defer { records.remove() }
        for name in ["plan.json", "report.pdf"] {
            let withData = try records.verify(name, ["--data", records.data.path])
            #expect(withData.exitCode == 0, "\(withData.errorText)")
        }
        try FileManager.default.removeItem(at: records.data)
        for name in ["plan.json", "report.pdf"] {
            let outcome = try records.verify(name)
            #expect(outcome.exitCode == 0, "\(outcome.errorText)")
            let text = String(decoding: outcome.output, as: UTF8.self)
            for part in [
                "holds\n", "made: Anna Maker, Medical physicist, 20", "checked: Ben Checker",
                "prescribed: Carla Practitioner", "licence L-17", "outdated as of export: no",
            ] { #expect(text.contains(part), "\(part)") }
        }
        let document = try records.verify("plan.json", ["--json"]).json()
        #expect(document["holds"] as? Bool == true)
    }

    @Test(
        "One byte changed fails",
        arguments: ["plan.json", "report.pdf", "plan.json.sig", "report.pdf.sig"])
    func tampered(name: String) async throws {
        let records = try await SignedRecords("verify-tampered")
        defer { records.remove() }
        let bytes = try records.bytes(name)
        let signed = name.replacing(".sig", with: "")
        // First and last byte, and some between: head line, signature and statement of a sidecar.
        for index in [0, 17, 20, 140, 160, bytes.count / 2, bytes.count - 1]
        where index < bytes.count {
            var changed = bytes
            changed[index] ^= 0x20
            try Data(changed).write(to: records.url(name))
            let outcome = try records.verify(signed)
            #expect(outcome.exitCode == 1, "byte \(index) of \(name)")
            #expect(String(decoding: outcome.output, as: UTF8.self).contains("does not hold"))
        }
        for changed in [Array(bytes.dropLast()), bytes + [0x0a]] {
            try Data(changed).write(to: records.url(name))
            #expect(try records.verify(signed).exitCode == 1)
        }
        try Data(bytes).write(to: records.url(name))
        #expect(try records.verify(signed).exitCode == 0)
    }

    @Test("No byte of a sidecar can change, in whichever bit")
    func everyByte() async throws {
        let records = try await SignedRecords("verify-bytes")
        defer { records.remove() }
        let bytes = try records.bytes("plan.json.sig")
        let file = records.url("changed.sig")
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 8)
            try Data(changed).write(to: file)
            let found = try await SignedFile.verify(
                records.url("plan.json"), sidecar: file, key: records.key.publicKey)
            #expect(!found.holds, "byte \(index)")
        }
    }

    @Test("The sidecar of one file does not stand for another, nor one server's key for another's")
    func mixedUp() async throws {
        let records = try await SignedRecords("verify-mixed")
        defer { records.remove() }
        let crossed = try records.verify(
            "plan.json", ["--sidecar", records.url("report.pdf.sig").path])
        #expect(crossed.exitCode == 1)
        try Data(try SigningKey().publicKey.pem.utf8).write(to: records.url("pub.pem"))
        #expect(try records.verify("plan.json").exitCode == 1)
    }

    @Test("A missing file is refused, and a key that is none is wrong use")
    func wrongUse() async throws {
        let records = try await SignedRecords("verify-use")
        defer { records.remove() }
        #expect(try records.verify("absent.json").exitCode == 1)
        #expect(try records.verify("plan.json", ["--sidecar", "absent"]).exitCode == 1)
        try Data("no key".utf8).write(to: records.url("pub.pem"))
        let noKey = try records.verify("plan.json")
        #expect(noKey.exitCode == 2 && noKey.errorText.contains("Usage: grevy verify "))
    }

    @Test(
        "An audit chain that was computed anew throughout fails against an exported head",
        .enabled(if: python != nil, "there is no python3"))
    func recomputedChain() async throws {
        let records = try await SignedRecords("verify-chain")
        defer { records.remove() }
        try outside(try #require(Self.python), ["-c", Self.forgery, records.data.path])
        // By itself the forged chain is sound; only what was noted elsewhere shows it.
        let alone = try Program.run(["audit", "verify", "--data", records.data.path, "--json"])
        #expect(try alone.json()["intact"] as? Bool == true)
        let outcome = try records.verify("plan.json", ["--data", records.data.path])
        #expect(outcome.exitCode == 1)
        #expect(String(decoding: outcome.output, as: UTF8.self).contains("audit chain"))
    }

    @Test(
        "The same shows against a signed head that was taken out, and against those in the folder",
        .enabled(if: python != nil, "there is no python3"))
    func signedHeads() async throws {
        let records = try await SignedRecords("verify-heads")
        defer { records.remove() }
        let folder = try DataFolder.open(at: records.data, create: false)
        let signing = HeadSigning(folder: folder, key: records.key)
        #expect(try await signing.keepToday())
        #expect(try await !signing.keepToday())
        let head = try await signing.signed(by: "test")
        try folder.close()
        try Data(head).write(to: records.url("today.head"))
        func verify(_ more: String...) throws -> Program.Outcome {
            try Program.run(
                ["audit", "verify", "--data", records.data.path, "--json"] + more)
        }
        let key = ["--key", records.url("pub.pem").path]
        let files = ["today.head", "plan.json.sig"].flatMap { ["--head", records.url($0).path] }
        let sound = try Program.run(
            ["audit", "verify", "--data", records.data.path, "--json"] + key + files)
        #expect(sound.exitCode == 0, "\(sound.errorText)")
        #expect(try sound.json()["signedHeads"] as? Int == 3)

        // A head that somebody changed, or that another key signed, is damage.
        for index in [0, 25, head.count - 2] {
            var changed = head
            changed[index] ^= 1
            try Data(changed).write(to: records.url("changed.head"))
            let outcome = try verify(key[0], key[1], "--head", records.url("changed.head").path)
            #expect(outcome.exitCode == 1, "byte \(index)")
            #expect(try outcome.json()["intact"] as? Bool == true)
        }
        try Data(try SigningKey().publicKey.pem.utf8).write(to: records.url("other.pem"))
        let other = ["--key", records.url("other.pem").path]
        #expect(try verify(other[0], other[1]).json()["signedHeads"] as? Int == 0)
        #expect(try verify(other[0], other[1], files[0], files[1]).exitCode == 1)

        try outside(try #require(Self.python), ["-c", Self.forgery, records.data.path])
        #expect(try verify().exitCode == 0)
        for more in [key, key + files] {
            let forged = try Program.run(
                ["audit", "verify", "--data", records.data.path, "--json"] + more)
            #expect(forged.exitCode == 1)
            #expect(try forged.json()["intact"] as? Bool == false)
        }
        #expect(try verify("--head", records.url("today.head").path).exitCode == 2)
        #expect(try verify(key[0], key[1], "--head", "absent").exitCode == 1)
    }

    @Test("The program signs a head itself, with the key that it is given")
    func head() async throws {
        let records = try await SignedRecords("verify-head")
        defer { records.remove() }
        let file = records.url("keys/key.pem")
        let key = try SigningKey.open(at: file, outside: records.data)
        let signed = try Program.run(
            ["audit", "head", "--data", records.data.path, "--signing-key", file.path])
        #expect(signed.exitCode == 0, "\(signed.errorText)")
        try Data(signed.output).write(to: records.url("today.head"))
        try Data(key.publicKey.pem.utf8).write(to: records.url("own.pem"))
        let outcome = try Program.run([
            "audit", "verify", "--data", records.data.path, "--json", "--key",
            records.url("own.pem").path, "--head", records.url("today.head").path,
        ])
        #expect(outcome.exitCode == 0)
        #expect(try outcome.json()["signedHeads"] as? Int == 1)
        let shown = try Program.run(["audit", "show", "--data", records.data.path, "--last", "1"])
        #expect(String(decoding: shown.output, as: UTF8.self).contains("audit.sign-head"))
    }

    @Test(
        "OpenSSL accepts the sidecar's signature under the public key",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
    func openSSL() async throws {
        let records = try await SignedRecords("verify-openssl")
        defer { records.remove() }
        let bytes = try records.bytes("report.pdf.sig")
        let lines = bytes.split(separator: 0x0a, maxSplits: 2, omittingEmptySubsequences: false)
        let digits = Array(lines[1])
        let signature = try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(decoding: digits[$0 ..< $0 + 2], as: UTF8.self), radix: 16))
        }
        try Data(signature).write(to: records.url("signature"))
        try Data(Array(lines[0]) + [0x0a] + Array(lines[2])).write(to: records.url("signed"))
        try outside(
            "/usr/bin/openssl",
            [
                "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", records.url("pub.pem").path,
                "-sigfile", records.url("signature").path, "-in", records.url("signed").path,
            ])
    }

    /// Runs a program of others that must end with success.
    private func outside(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program)")
    }

    /// Names another actor in the first entry and computes every hash after it again; the guard
    /// against that is back in its place afterwards.
    private static let forgery = """
        import hashlib, pathlib, sqlite3, sys
        base = sqlite3.connect(pathlib.Path(sys.argv[1], "grevy.sqlite"))
        guard = base.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'auditNoUPDATE'").fetchone()[0]
        base.execute("DROP TRIGGER auditNoUPDATE")
        base.execute("UPDATE audit SET actor = 'forger' WHERE seq = 1")
        previous = "0" * 64
        rows = base.execute(
            "SELECT seq, timeUTC, actor, action, subject, detailJSON FROM audit ORDER BY seq")
        for seq, *texts in rows.fetchall():
            fields = ["grevy-audit-1", str(seq), *texts, previous]
            form = b"".join(
                len(f.encode()).to_bytes(8, "big") + f.encode() for f in fields)
            digest = hashlib.sha256(form).hexdigest()
            base.execute("UPDATE audit SET previousHash = ?, hash = ? WHERE seq = ?",
                (previous, digest, seq))
            previous = digest
        base.execute(guard)
        base.commit()
        """
}

@Suite("Signing key")
struct SigningKeyTests {
    @Test("A key is made once, for its owner alone, and refused when others may read it")
    func file() async throws {
        let records = try await SignedRecords("key-file")
        defer { records.remove() }
        let file = records.url("configuration/key.pem")
        let made = try SigningKey.open(at: file, outside: records.data)
        let rights = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        #expect((rights as? NSNumber)?.intValue == 0o600)
        let again = try SigningKey.open(at: file, outside: records.data)
        #expect(made.publicKey.pem == again.publicKey.pem)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: file.deletingLastPathComponent().path)
        #expect(left == ["key.pem"])
        for rights in [0o640, 0o604, 0o644] {
            try FileManager.default.setAttributes(
                [.posixPermissions: rights], ofItemAtPath: file.path)
            #expect(throws: WorkflowError.self) {
                try SigningKey.open(at: file, outside: records.data)
            }
        }
        let inside = records.data.appending(path: "key.pem")
        #expect(throws: WorkflowError.self) {
            try SigningKey.open(at: inside, outside: records.data)
        }
        #expect(!FileManager.default.fileExists(atPath: inside.path))
    }
}
