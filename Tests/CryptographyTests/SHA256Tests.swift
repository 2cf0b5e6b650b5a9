import Cryptography
import Foundation
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    private static let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    private static let digestOfMillion =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

    @Test(
        "The examples of FIPS 180-4 come out",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                    + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
        ])
    func examples(text: String, digest: String) {
        #expect(SHA256.digest(of: Array(text.utf8)) == bytes(hex: digest))
    }

    @Test(
        "Where the bytes are cut does not matter",
        arguments: [1, 3, 55, 56, 63, 64, 65, 127, 4099, 1_000_000])
    func pieces(length: Int) {
        var hash = SHA256()
        for start in stride(from: 0, to: Self.million.count, by: length) {
            hash.update(Data(Self.million[start ..< min(start + length, Self.million.count)]))
        }
        #expect(hash.digest == bytes(hex: Self.digestOfMillion))
    }

    @Test("A hash under way can be read, copied and carried on")
    func underWay() {
        var hash = SHA256()
        #expect(hash.digest == SHA256.digest(of: [UInt8]()))
        hash.update(Array("ab".utf8))
        let copy = hash
        hash.update(Data())
        hash.update(Array("c".utf8))
        #expect(copy.digest == SHA256.digest(of: Array("ab".utf8)))
        #expect(hash.digest == SHA256.digest(of: Array("abc".utf8)))
    }
}
