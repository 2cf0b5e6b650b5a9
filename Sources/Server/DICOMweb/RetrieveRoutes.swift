import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Files, frames and other bulk data (WADO-RS).
    var retrieveRoutes: [Route] {
        let instance = Place.instance.path
        let bytes = [Self.multipartType, Self.bytesType]
        return [Place.study, .series, .instance].map { place in
            reading(
                place.path,
                Self.bytesOperation(
                    "retrieve\(place.name)",
                    "The DICOM files of a \(place.name.lowercased()).",
                    place == .instance
                        ? [Self.multipartType, Self.dicomType] : [Self.multipartType]
                ), sendFiles)
        } + [
            reading(
                "\(instance)/frames/{frame}",
                Self.bytesOperation(
                    "retrieveFrames", "Pixels of frames, numbers from 1 with commas between.",
                    bytes), sendFrames),
            reading(
                "\(instance)/bulkdata/{place}",
                Self.bytesOperation(
                    "retrieveBulkData", "A value that the metadata names by address.", bytes),
                sendBulk),
        ]
    }

    private var copies: ImageCopies { ImageCopies(folder: folder, source: source) }

    // MARK: - Files

    private func sendFiles(_ call: Call, _ instances: [VisibleInstance]) async throws -> Response {
        let (wanted, isMultipart) = try Self.codings(call.accepted, isOne: instances.count == 1)
        let chosen = try instances.map { instance in
            // Whoever fetches a study must not take a part of it for the whole.
            guard let copy = copies.copy(instance, wanted: wanted) else {
                throw Refusal.notAcceptable(
                    "Some of it cannot be given in that transfer syntax; take it as it is stored, "
                        + "with transfer-syntax=*.")
            }
            return (instance, copy)
        }
        let base = imagesBase(call)
        let part: @Sendable (Int) async throws -> SentPart = { number in
            let (instance, copy) = chosen[number]
            return SentPart(
                mediaType: "\(Self.dicomType); transfer-syntax=\(copy.transferSyntaxUID)",
                location: Self.address(of: instance, base),
                content: try await content(copy, of: instance, call))
        }
        guard isMultipart else { return Answer.single(try await part(0)) }
        return Answer.parts(Self.dicomType, count: chosen.count, part)
    }

    /// A study takes a while: what is not seen any more when its turn comes is not sent.
    private func content(
        _ copy: ImageCopies.Copy, of instance: VisibleInstance, _ call: Call
    ) async throws -> SentBytes {
        let isSeen = try await folder.images.isSeen(
            instance: instance.instance.sopInstanceUID, by: call.account.organisation.id)
        guard isSeen else { throw Refusal.notFound }
        switch copy {
        case .stored(let url, _): return .file(url)
        case .explicit(let instance):
            return .bytes(try await heavy(call) { try await copies.explicitBytes(instance) })
        }
    }

    /// What DICOM files may come as, the best first, and whether in parts.
    private static func codings(
        _ accepted: [MediaRange], isOne: Bool
    ) throws -> (wanted: [ImageCopies.Coding], isMultipart: Bool) {
        var wanted: [(coding: ImageCopies.Coding, isMultipart: Bool)] = []
        for range in accepted {
            let coding: ImageCopies.Coding =
                switch range.parameters["transfer-syntax"] {
                case "*": .asStored
                case let uid?: .transferSyntax(uid)
                // PS3.18 §8.7.3.5.2: Explicit VR Little Endian for who names none.
                case nil: .transferSyntax(UID.explicitVRLittleEndian)
                }
            if range.takesParts(dicomType) {
                wanted.append((coding, true))
            } else if range.takes(dicomType), isOne {
                wanted.append((coding, false))
            }
        }
        guard let first = wanted.first else {
            throw notGiven("\(multipartType); type=\"\(dicomType)\"")
        }
        return (
            wanted.filter { $0.isMultipart == first.isMultipart }.map(\.coding), first.isMultipart
        )
    }

    static func address(of instance: VisibleInstance, _ base: String) -> String {
        "\(base)/studies/\(instance.studyUID)/series/\(instance.seriesUID)"
            + "/instances/\(instance.instance.sopInstanceUID)"
    }

    // MARK: - Frames and bulk data

    /// Decoded, whoever asks again soon does not wait.
    func decodedPixels(
        of image: ImageFrames, _ instance: VisibleInstance
    ) async throws -> PixelFrames {
        try await decoded.value("image \(instance.instance.object)") { try await image.pixels() }
    }

    private func sendFrames(_ call: Call, _ instances: [VisibleInstance]) async throws -> Response {
        let numbers = try Self.numbers(call.parameter("frame"))
        let isMultipart = try Self.takesBytesInParts(call.accepted, isOne: numbers.count == 1)
        guard let instance = instances.first else { throw Refusal.notFound }
        let (image, pixels) = try await heavy(call) {
            let image = try await ImageFrames(instance, folder: folder, source: source)
            guard image.hasPixels else { throw Refusal.notFound }
            return (image, try await decodedPixels(of: image, instance))
        }
        for number in numbers where !(1 ... max(pixels.frames, 1)).contains(number) {
            throw Refusal.notFound
        }
        let address = Self.address(of: instance, imagesBase(call))
        let part: @Sendable (Int) async throws -> SentPart = { place in
            SentPart(
                mediaType: "\(Self.bytesType); transfer-syntax=\(UID.explicitVRLittleEndian)",
                location: "\(address)/frames/\(numbers[place])",
                content: .bytes(try image.bytes(of: numbers[place], in: pixels)))
        }
        guard isMultipart else { return Answer.single(try await part(0)) }
        return Answer.parts(Self.bytesType, count: numbers.count, part)
    }

    private func sendBulk(_ call: Call, _ instances: [VisibleInstance]) async throws -> Response {
        guard let instance = instances.first,
            let place = BulkPlace(try call.parameter("place"))
        else { throw Refusal.notFound }
        let isMultipart = try Self.takesBytesInParts(call.accepted, isOne: true)
        let bytes = try await heavy(call) {
            try await ImageFrames(instance, folder: folder, source: source).bulk(at: place)
        }
        let address = Self.address(of: instance, imagesBase(call))
        let part = SentPart(
            mediaType: Self.bytesType,
            location: "\(address)/bulkdata/\(try call.parameter("place"))",
            content: .bytes(bytes))
        guard isMultipart else { return Answer.single(part) }
        return Answer.parts(Self.bytesType, count: 1) { _ in part }
    }

    /// The most frames of one request: their numbers must fit into an address.
    private static let mostFrames = 4096

    private static func numbers(_ text: String) throws -> [Int] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard (1 ... mostFrames).contains(parts.count) else { throw Refusal.notFound }
        return try parts.map { part in
            guard let number = Int(part), number > 0 else { throw Refusal.notFound }
            return number
        }
    }

    /// Whether plain bytes are sent in parts.
    private static func takesBytesInParts(
        _ accepted: [MediaRange], isOne: Bool
    ) throws -> Bool {
        for range in accepted {
            let syntax = range.parameters["transfer-syntax"] ?? UID.explicitVRLittleEndian
            guard ["*", UID.explicitVRLittleEndian].contains(syntax) else { continue }
            if range.takesParts(bytesType) { return true }
            if range.takes(bytesType), isOne { return false }
        }
        throw notGiven("\(multipartType); type=\"\(bytesType)\"")
    }
}
