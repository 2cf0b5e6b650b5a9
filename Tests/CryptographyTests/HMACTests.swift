import Cryptography
import Testing

@Suite("HMAC")
struct HMACTests {
    struct Case: Sendable {
        let key: [UInt8]
        let text: [UInt8]
        let code: String

        init(_ key: [UInt8], _ text: [UInt8], _ code: String) {
            (self.key, self.text, self.code) = (key, text, code)
        }

        init(_ key: [UInt8], _ text: String, _ code: String) {
            self.init(key, Array(text.utf8), code)
        }
    }

    private static func repeated(_ byte: UInt8, _ count: Int) -> [UInt8] {
        [UInt8](repeating: byte, count: count)
    }

    // Case 5 of the RFC shows only a shortened code.
    @Test(
        "The cases of RFC 4231 come out with SHA-256",
        arguments: [
            Case(
                repeated(0x0b, 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            Case(
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            Case(
                repeated(0xaa, 20), repeated(0xdd, 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            Case(
                Array(1 ... 25), repeated(0xcd, 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            Case(
                repeated(0xaa, 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            Case(
                repeated(0xaa, 131),
                "This is a test using a larger than block-size key and a larger than block-size "
                    + "data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ])
    func sha256(example: Case) throws {
        #expect(
            try HMAC.sha256(of: example.text, key: example.key) == bytes(hex: example.code))
    }

    @Test(
        "The cases of RFC 2202 come out with SHA-1",
        arguments: [
            Case(repeated(0x0b, 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
            Case(
                Array("Jefe".utf8), "what do ya want for nothing?",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            Case(
                repeated(0xaa, 20), repeated(0xdd, 50),
                "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
            Case(
                Array(1 ... 25), repeated(0xcd, 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da"),
            Case(
                repeated(0xaa, 80), "Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
        ])
    func sha1(example: Case) throws {
        #expect(try HMAC.sha1(of: example.text, key: example.key) == bytes(hex: example.code))
    }

    @Test("Equal strings are equal, and others are not, whichever byte differs")
    func comparison() {
        let secret = Array(UInt8(0) ..< 40)
        #expect(ConstantTime.areEqual(secret, secret) && ConstantTime.areEqual([], []))
        for index in secret.indices {
            var other = secret
            other[index] ^= 1 << UInt8(index % 8)
            #expect(!ConstantTime.areEqual(secret, other))
        }
        #expect(!ConstantTime.areEqual(secret, Array(secret.dropLast())))
    }
}
