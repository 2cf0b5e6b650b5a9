import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Images that programs send (STOW-RS).
    var storeRoutes: [Route] {
        [Place.studies, .study].map { place in
            var operation = APIOperation(
                place == .studies ? "storeInstances" : "storeStudyInstances",
                place == .studies
                    ? "Takes instances in." : "Takes instances of one study in.", scope: .stow)
            operation.body = .instances
            operation.mediaTypes = [Self.dicomJSON]
            operation.answer = { _ in ["type": "object"] }
            return Route(
                .post, Route.imagesPath + place.path, .right(.prepareCase), api: operation
            ) { call in
                try call.checkFields([])
                return try await store(call, onlyStudy: call.context.parameters.get("study"))
            }
        }
    }

    private func store(_ call: Call, onlyStudy: String?) async throws -> Response {
        let type = call.request.headers[.contentType].flatMap { MediaRange($0) }
        var parts = try ArrivingParts(of: type, in: folder.scratch())
        let account = try call.account
        var storing = try await ImageStoring(
            folder: folder, source: source, by: account, onlyStudy: onlyStudy)
        do {
            for try await piece in call.request.body {
                try parts.take(piece.readableBytesView)
                if parts.areEnough { try await take(&parts, &storing, call) }
            }
            let isWhole = try parts.end()
            try await take(&parts, &storing, call)
            guard isWhole else {
                throw Refusal.badRequest(
                    "The body ends before its last boundary; what was whole before is kept.")
            }
        } catch {
            // What came before is kept and listed; the import is over all the same.
            try await storing.finish()
            throw error
        }
        try await storing.finish()
        let answer = StoringAnswer(storing.taken, base: imagesBase(call))
        guard answer.listed + answer.failed > 0 else {
            throw Refusal.badRequest("The body holds no part.")
        }
        let status: HTTPResponse.Status =
            answer.listed == 0
            ? .conflict : answer.failed == 0 && answer.waiting == 0 ? .ok : .accepted
        let headers: HTTPFields = [.contentType: Self.dicomJSON, .cacheControl: "no-store"]
        return Response(status: status, headers: headers, body: Answer.body(answer.json))
    }

    /// Has what lies on disk checked, kept and listed.
    private func take(
        _ parts: inout ArrivingParts, _ storing: inout ImageStoring, _ call: Call
    ) async throws {
        let (whole, refused) = parts.handOver()
        let begun = storing
        let files = whole.map { (url: $0.file.url, number: $0.number) }
        storing = try await heavy(call) {
            var storing = begun
            if !files.isEmpty {
                try await storing.take(
                    files.map { ImageStoring.Part(url: $0.url, number: $0.number) })
            }
            for part in refused { try await storing.refuse(part: part.number, part.reason) }
            return storing
        }
        for part in whole { try part.file.remove() }
    }
}

/// The parts of a request, each in a file as it comes; nothing of them is looked at here.
struct ArrivingParts {
    /// A part that is whole.
    struct Whole {
        let number: Int
        let file: ScratchFile
    }

    private enum Form {
        case parts(MultipartReader)
        case single
    }

    private var form: Form
    private let scratch: ScratchFolder
    private var open: ScratchFile?
    private var number = 0
    private var whole: [Whole] = []
    private var wholeBytes = 0
    private var refused: [(number: Int, reason: ImageStoring.PartRefusal)] = []

    /// What is taken in together, in bytes, before more is read.
    private static let bytesTogether = 256 << 20
    /// The answer to a request names every part.
    private static let mostParts = 100_000

    /// - Throws: ``Refusal/otherMediaType(_:)``, ``Refusal/badRequest(_:)``.
    init(of type: MediaRange?, in scratch: ScratchFolder) throws {
        self.scratch = scratch
        switch type?.type {
        case "multipart/related":
            guard type?.parameters["type"].map({ $0.lowercased() == "application/dicom" }) ?? true
            else { throw Self.otherKind }
            guard let boundary = type?.parameters["boundary"],
                let reader = MultipartReader(boundary: boundary)
            else { throw Refusal.badRequest("The body's type names no boundary.") }
            form = .parts(reader)
        case "application/dicom":
            form = .single
            try begin()
        default: throw Self.otherKind
        }
    }

    private static let otherKind = Refusal.otherMediaType(
        "Instances are taken as multipart/related; type=\"application/dicom\".")

    var areEnough: Bool {
        whole.count >= ImageStoring.together || wholeBytes >= Self.bytesTogether
            || refused.count >= ImageStoring.together
    }

    mutating func take(_ piece: some Collection<UInt8>) throws {
        guard case .parts(var reader) = form else { return try write(ArraySlice(piece)) }
        // The reader's bytes have one owner only while it is out of here.
        form = .single
        defer { form = .parts(reader) }
        let events: [MultipartReader.Event]
        do { events = try reader.take(piece) } catch let fault as MultipartReader.Fault {
            throw Refusal.badRequest(fault.sentence)
        }
        for event in events {
            switch event {
            case .part(let fields): try begin(fields["content-type"])
            case .bytes(let bytes): try write(bytes)
            case .endOfPart: try close()
            }
        }
    }

    /// Ends.
    ///
    /// - Returns: Whether the last part is whole.
    mutating func end() throws -> Bool {
        guard case .parts(let reader) = form else {
            try close()
            return true
        }
        return reader.isComplete
    }

    /// Hands over what is whole; the files belong to the caller then.
    mutating func handOver() -> (
        whole: [Whole], refused: [(number: Int, reason: ImageStoring.PartRefusal)]
    ) {
        defer { (whole, refused, wholeBytes) = ([], [], 0) }
        return (whole, refused)
    }

    private mutating func begin(_ type: String? = nil) throws {
        number += 1
        guard number <= Self.mostParts else {
            throw Refusal.badRequest(
                "More than \(Self.mostParts) parts; send the rest in another request.")
        }
        guard type.map({ MediaRange($0)?.type == "application/dicom" }) ?? true else {
            refused.append((number, .otherKind))
            return
        }
        open = try scratch.file(String(number))
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>) throws {
        guard let file = open else { return }
        guard file.count + bytes.count <= ImageStoring.longestPart else {
            refused.append((number, .tooLong))
            try file.remove()
            open = nil
            return
        }
        try open?.write(bytes)
    }

    private mutating func close() throws {
        guard let file = open else { return }
        try file.close()
        whole.append(Whole(number: number, file: file))
        wholeBytes += file.count
        open = nil
    }
}
