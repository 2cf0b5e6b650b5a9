import Testing
import Workflows

@Suite("Bodies of several parts")
struct MultipartReaderTests {
    private struct Part: Hashable {
        var type: String?
        var bytes: [UInt8] = []
        var isWhole = false
    }

    private static func parts(
        _ body: [UInt8], inPiecesOf size: Int, boundary: String = "b"
    ) throws -> (parts: [Part], isComplete: Bool) {
        var reader = try #require(MultipartReader(boundary: boundary))
        var parts: [Part] = []
        for start in stride(from: 0, to: body.count, by: size) {
            for event in try reader.take(body[start ..< min(start + size, body.count)]) {
                switch event {
                case .part(let fields): parts.append(Part(type: fields["content-type"]))
                case .bytes(let bytes): parts[parts.count - 1].bytes += bytes
                case .endOfPart: parts[parts.count - 1].isWhole = true
                }
            }
        }
        return (parts, reader.isComplete)
    }

    @Test("Parts are the same in whatever pieces they come", arguments: [1, 2, 3, 7, 64, 4096])
    func pieces(size: Int) throws {
        let tricky = Array("\r\n--\r\n\r\n--\r\n--bx\r\n--b x\r\r\n-".utf8)
        let all = (0 ... 255).map { UInt8($0) }
        var body = Array("preamble\r\n--b\r\nContent-Type: application/dicom\r\nX: 1\r\n\r\n".utf8)
        body += tricky + Array("\r\n--b \t\r\n\r\n".utf8) + all
        body += Array("\r\n--b\r\ncontent-type:x/y\r\n\r\n\r\n--b--\r\nepilogue\r\n--b\r\n".utf8)
        let (parts, isComplete) = try Self.parts(body, inPiecesOf: size)
        #expect(
            parts == [
                Part(type: "application/dicom", bytes: tricky, isWhole: true),
                Part(type: nil, bytes: all, isWhole: true),
                Part(type: "x/y", bytes: [], isWhole: true),
            ])
        #expect(isComplete)
    }

    @Test("A body without its last delimiter is not complete")
    func cut() throws {
        let body = Array("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n".utf8)
        let (parts, isComplete) = try Self.parts(body, inPiecesOf: 5)
        #expect(parts.map(\.isWhole) == [true, false] && !isComplete)
        #expect(parts.first?.bytes == Array("one".utf8))
    }

    @Test("Fields without end and boundaries that are none are refused")
    func faults() throws {
        #expect(MultipartReader(boundary: "") == nil)
        #expect(MultipartReader(boundary: String(repeating: "b", count: 201)) == nil)
        // Longer than RFC 2046 allows, as a real archive sends it.
        #expect(MultipartReader(boundary: String(repeating: "b", count: 73)) != nil)
        let endless = Array("--b\r\n".utf8) + [UInt8](repeating: 65, count: 20_000)
        #expect(throws: MultipartReader.Fault.self) {
            try Self.parts(endless, inPiecesOf: 1000)
        }
    }
}
