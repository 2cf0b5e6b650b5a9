import Cryptography
import Testing

@Suite("scrypt")
struct ScryptTests {
    struct Case: Sendable {
        let password: String
        let salt: String
        let cost: (rounds: Int, blockSize: Int, parallelism: Int)
        let key: String
    }

    // The fourth vector of the RFC takes 1 GiB, more than is allowed here.
    @Test(
        "The vectors of RFC 7914 come out",
        arguments: [
            Case(
                password: "", salt: "", cost: (16, 1, 1),
                key: """
                    77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
                    fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                    """),
            Case(
                password: "password", salt: "NaCl", cost: (1024, 8, 16),
                key: """
                    fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
                    2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                    """),
            Case(
                password: "pleaseletmein", salt: "SodiumChloride", cost: (16384, 8, 1),
                key: """
                    7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2
                    d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                    """),
        ])
    func vectors(example: Case) throws {
        let key = try Scrypt.key(
            password: Array(example.password.utf8), salt: Array(example.salt.utf8), count: 64,
            rounds: example.cost.rounds, blockSize: example.cost.blockSize,
            parallelism: example.cost.parallelism)
        #expect(key == bytes(hex: example.key))
    }

    @Test("A cost above the limit of memory is refused before the memory is taken")
    func memory() {
        let refusal = CryptographyError.failed(
            operation: "derive a key from a password", reason: "memory limit exceeded")
        let costs = [(1 << 21, 1, 1), (1 << 18, 8, 1), (16, 8, 1 << 20)]
        for (rounds, blockSize, parallelism) in costs {
            #expect(throws: refusal) {
                try Scrypt.key(
                    password: [1], salt: [2], count: 32, rounds: rounds, blockSize: blockSize,
                    parallelism: parallelism)
            }
        }
    }

    @Test(
        "A cost that is none is refused",
        arguments: [
            (0, 8, 1), (1, 8, 1), (24, 8, 1), (-16, 8, 1), (16, 0, 1), (16, 8, 0), (16, -8, 1),
        ])
    func cost(rounds: Int, blockSize: Int, parallelism: Int) {
        #expect(throws: CryptographyError.invalid(what: "a cost of scrypt")) {
            try Scrypt.key(
                password: [1], salt: [2], count: 32, rounds: rounds, blockSize: blockSize,
                parallelism: parallelism)
        }
    }

    @Test("The greatest numbers give an error, never a trap")
    func greatest() {
        #expect(throws: CryptographyError.self) {
            try Scrypt.key(
                password: [1], salt: [2], count: 32, rounds: 1 << 62, blockSize: .max,
                parallelism: .max)
        }
    }
}
