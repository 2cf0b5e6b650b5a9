import Cryptography
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
    struct Case: Sendable {
        let secret: String
        let publicKey: String
        let message: String
        let signature: String
    }

    /// The second vector of RFC 8032 section 7.1.
    private static let second = Case(
        secret: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: """
            92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
            085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
            """)

    @Test(
        "The vectors of RFC 8032 come out",
        arguments: [
            Case(
                secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                message: "",
                signature: """
                    e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
                    5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                    """),
            second,
            Case(
                secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                message: "af82",
                signature: """
                    6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
                    18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
                    """),
            Case(
                secret: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
                publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
                message: """
                    ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
                    2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                    """,
                signature: """
                    dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589
                    09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704
                    """),
        ])
    func vectors(example: Case) throws {
        let key = try Ed25519.PrivateKey(bytes: bytes(hex: example.secret))
        let message = bytes(hex: example.message)
        #expect(key.publicKey.bytes == bytes(hex: example.publicKey))
        let signature = try key.signature(of: message)
        #expect(signature == bytes(hex: example.signature))
        #expect(try key.publicKey.isValid(signature, of: message))
    }

    @Test("A signature with any bit changed, of other bytes or of another key does not hold")
    func changed() throws {
        let key = try Ed25519.PrivateKey()
        let message = Array("what was signed".utf8)
        let signature = try key.signature(of: message)
        #expect(try key.publicKey.isValid(signature, of: message))
        for bit in 0 ..< 8 * signature.count {
            var other = signature
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try !key.publicKey.isValid(other, of: message), "bit \(bit)")
        }
        #expect(try !key.publicKey.isValid(signature, of: message + [0]))
        #expect(try !Ed25519.PrivateKey().publicKey.isValid(signature, of: message))
    }

    @Test("A signature has one form: the group's order added to S does not hold")
    func oneForm() throws {
        let key = try Ed25519.PublicKey(bytes: bytes(hex: Self.second.publicKey))
        let message = bytes(hex: Self.second.message)
        let changed = bytes(
            hex: """
                92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
                f52db7415978abc61b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10
                """)
        #expect(try key.isValid(bytes(hex: Self.second.signature), of: message))
        #expect(try !key.isValid(changed, of: message))
    }

    @Test("Keys and signatures of another length are none", arguments: [0, 1, 31, 33, 64])
    func lengths(count: Int) throws {
        let short = [UInt8](repeating: 7, count: count)
        let refusal = CryptographyError.invalid(what: "an Ed25519 key")
        #expect(throws: refusal) { try Ed25519.PrivateKey(bytes: short) }
        #expect(throws: refusal) { try Ed25519.PublicKey(bytes: short) }
        let key = try Ed25519.PrivateKey().publicKey
        #expect(try !key.isValid(short, of: [1, 2, 3]))
    }

    @Test("Two keys that were drawn differ")
    func drawn() throws {
        #expect(try Ed25519.PrivateKey().bytes != Ed25519.PrivateKey().bytes)
    }
}
