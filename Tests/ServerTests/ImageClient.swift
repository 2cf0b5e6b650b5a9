import DICOM
import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows

/// A program that sends and fetches images of small synthetic files.
struct ImageClient {
    let fixture: ServerFixture
    let header: HTTPFields

    static let boundary = "part of a test"

    /// - Parameters:
    ///   - fixture: The server; its source must read files in this process.
    ///   - organisation: Whose token it brings.
    ///   - scopes: What the token is good for.
    /// - Throws: What making a token throws.
    init(
        _ fixture: ServerFixture, organisation: Int = 0,
        scopes: Set<AccessScope> = [.qido, .wado, .stow]
    ) async throws {
        let administrator = try await fixture.browser(.administrator, organisation: organisation)
        let made = try await TokenWorkflow(
            folder: fixture.folder, administrator: administrator.account
        ).make(name: "Archive", scopes: scopes, days: "30")
        self.fixture = fixture
        header = [.authorization: "Bearer \(made.token)"]
    }

    init(_ fixture: ServerFixture, header: HTTPFields) {
        (self.fixture, self.header) = (fixture, header)
    }

    /// A CT image of 4 × 3 pixels of the patient whom a fixture's first organisation owns.
    static func image(
        study: String = "1.9.1", series: String = "1.9.1.1", number: Int = 1,
        patientID: String = "P0", frames: Int = 1, description: String = "Liver"
    ) throws -> [UInt8] {
        var data = DataSet()
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.2")
        data.set(.sopInstanceUID, "\(series).\(number)")
        data.set(.studyInstanceUID, study)
        data.set(.seriesInstanceUID, series)
        data.set(.modality, "CT")
        data.set(.patientID, patientID)
        data.set(.issuerOfPatientID, "H")
        data.set(.patientName, "Phantom^Number0")
        data.set(.patientBirthDate, "19600101")
        data.set(.patientSex, "O")
        data.set(.studyDate, "20260301")
        data.set(.accessionNumber, "A-17")
        data.set(.seriesDescription, description)
        data.set(.seriesNumber, ["2"])
        data.set(.instanceNumber, [number])
        data.set(.samplesPerPixel, 1)
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.set(.rows, 3)
        data.set(.columns, 4)
        data.set(.bitsAllocated, 16)
        data.set(.bitsStored, 16)
        data.set(.highBit, 15)
        data.set(.pixelRepresentation, 0)
        if frames > 1 { data.set(.numberOfFrames, [frames]) }
        data.setBytes(.pixelData, pixels(number: number, frames: frames))
        return try DicomWriter.fileBytes(data)
    }

    /// The stored values of an image, little endian.
    static func pixels(number: Int, frames: Int = 1) -> [UInt8] {
        (0 ..< 12 * frames).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(number)] }
    }

    /// A body of several parts.
    static func body(_ files: [[UInt8]], type: String = "application/dicom") -> ByteBuffer {
        var bytes: [UInt8] = []
        for file in files {
            bytes += Array("--\(boundary)\r\nContent-Type: \(type)\r\n\r\n".utf8) + file
            bytes += Array("\r\n".utf8)
        }
        return ByteBuffer(bytes: bytes + Array("--\(boundary)--\r\n".utf8))
    }

    func store(
        _ body: ByteBuffer, study: String? = nil,
        type: String = "multipart/related; type=\"application/dicom\"; boundary=\"\(boundary)\""
    ) async throws -> ServerFixture.Reply {
        var header = header
        header[.contentType] = type
        return try await fixture.send(
            .post, "/dicomweb/studies\(study.map { "/\($0)" } ?? "")", headers: header, body: body,
            origin: nil)
    }

    func get(_ path: String, accept: String? = nil) async throws -> ServerFixture.Reply {
        var header = header
        if let accept { header[.accept] = accept }
        return try await fixture.send(.get, "/dicomweb\(path)", headers: header)
    }

    /// The data sets of a list.
    func list(_ path: String) async throws -> [[String: Any]] {
        let reply = try await get(path)
        try #require(reply.status == 200, "\(path): \(reply.status) \(reply.text)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [[String: Any]])
    }

    /// The first value of an attribute of the DICOM JSON model.
    static func value(_ data: [String: Any], _ tag: String) -> String? {
        let values = (data[tag] as? [String: Any])?["Value"] as? [Any]
        if let name = values?.first as? [String: Any] { return name["Alphabetic"] as? String }
        return values?.first.map { "\($0)" }
    }

    /// The items of a sequence.
    static func items(_ reply: ServerFixture.Reply, _ tag: String) throws -> [[String: Any]] {
        let data =
            try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any] ?? [:]
        return (data[tag] as? [String: Any])?["Value"] as? [[String: Any]] ?? []
    }

    /// The contents of an answer's parts.
    static func parts(_ reply: ServerFixture.Reply) throws -> [[UInt8]] {
        let type = try #require(reply.headers[.contentType])
        let boundary = String(try #require(type.firstMatch(of: /boundary=([\w-]+)/)).1)
        var reader = try #require(MultipartReader(boundary: boundary))
        var parts: [[UInt8]] = []
        for event in try reader.take(reply.bytes) {
            switch event {
            case .part: parts.append([])
            case .bytes(let bytes): parts[parts.count - 1] += bytes
            case .endOfPart: break
            }
        }
        #expect(reader.isComplete)
        return parts
    }
}
