import Cryptography
import Foundation
import Testing

/// The example signatures of RFC 7515, appendices A.2 and A.3.
@Suite("Public keys of others")
struct PublicKeysTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private func bytes(_ text: String) throws -> [UInt8] {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
        return Array(try #require(Data(base64Encoded: padded)))
    }

    @Test("RS256: the RFC's signature holds, and none with a changed bit")
    func rsa() throws {
        let key = try RSAPublicKey(
            modulus: bytes(
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
            ), exponent: [1, 0, 1])
        let message = Array("eyJhbGciOiJSUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try bytes(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        )
        #expect(try key.isValid(signature, of: message))
        for place in [0, 100, 255] {
            var other = signature
            other[place] ^= 1
            #expect(try !key.isValid(other, of: message))
        }
        #expect(try !key.isValid(signature, of: message + [0]))
        #expect(try !key.isValid([], of: message))
    }

    @Test("ES256: the RFC's signature holds, and none with a changed bit")
    func p256() throws {
        let key = try P256PublicKey(
            x: bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            y: bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
        let message = Array("eyJhbGciOiJFUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try bytes(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        )
        #expect(try key.isValid(signature, of: message))
        for place in [0, 31, 32, 63] {
            var other = signature
            other[place] ^= 1
            #expect(try !key.isValid(other, of: message))
        }
        #expect(try !key.isValid(signature, of: message + [0]))
        #expect(try !key.isValid([UInt8](repeating: 0, count: 64), of: message))
        #expect(try !key.isValid([], of: message))
    }

    @Test("What is no key, or too weak a one, is refused")
    func keys() throws {
        #expect(throws: CryptographyError.self) {
            try RSAPublicKey(modulus: [UInt8](repeating: 0xff, count: 128), exponent: [1, 0, 1])
        }
        for exponent in [[], [1], [2], [0, 3]] as [[UInt8]] {
            #expect(throws: CryptographyError.self) {
                try RSAPublicKey(
                    modulus: [UInt8](repeating: 0xff, count: 256), exponent: exponent)
            }
        }
        #expect(throws: CryptographyError.self) { try P256PublicKey(x: [1], y: [2]) }
        // A point that is not on the curve.
        let key = try P256PublicKey(
            x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 2, count: 32))
        #expect(throws: CryptographyError.self) {
            try key.isValid([UInt8](repeating: 3, count: 64), of: [])
        }
    }
}
