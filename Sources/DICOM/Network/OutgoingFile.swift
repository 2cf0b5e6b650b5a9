import Foundation

/// A Part 10 file that is sent.
struct OutgoingFile: Sendable {
    let path: String
    let meta: FileMeta
    private let dataSetOffset: Int

    private static let partSize = 1 << 20

    /// - Throws: ``DicomError`` when it is no Part 10 file.
    init(path: String) throws {
        self.path = path
        (meta, dataSetOffset) = try FileMeta.read(path: path)
    }

    /// Gives the data set piece by piece; the last piece may be empty.
    ///
    /// - Parameters:
    ///   - recoded: What is sent instead of the file's own data set; `nil` for that.
    ///   - seconds: How often it is asked whether it may go on.
    ///   - mayGoOn: Whether it may.
    ///   - body: Gets the pieces.
    /// - Throws: ``DicomError/unreadable(reason:)``; ``DicomError/peerRefused(_:)`` with
    ///   ``DimseStatus/notAuthorised`` when it may not go on; what `body` throws.
    func eachPart(
        of recoded: [UInt8]? = nil, every seconds: Double, while mayGoOn: () -> Bool,
        _ body: ([UInt8], _ isLast: Bool) throws -> Void
    ) throws {
        let file = recoded == nil ? try opened() : nil
        defer { try? file?.close() }
        var position = 0
        func read() throws -> [UInt8] {
            guard let recoded else {
                return Array(try file?.read(upToCount: Self.partSize) ?? Data())
            }
            let part = recoded[position ..< min(position + Self.partSize, recoded.count)]
            position += part.count
            return Array(part)
        }
        var asked = ContinuousClock.now
        var part = try read()
        while true {
            if ContinuousClock.now - asked >= .seconds(seconds) {
                guard mayGoOn() else { throw DicomError.peerRefused(.notAuthorised) }
                asked = .now
            }
            let next = part.isEmpty ? [] : try read()
            try body(part, next.isEmpty)
            if next.isEmpty { return }
            part = next
        }
    }

    /// The data set, which is Explicit VR little endian, as Implicit VR little endian.
    ///
    /// - Throws: ``DicomError/unreadable(reason:)``, ``DicomError/malformed(reason:)``.
    func recoded() throws -> [UInt8] {
        let file = try opened()
        defer { try? file.close() }
        guard let bytes = try file.readToEnd() else { return [] }
        return try ImplicitRecoding.recoded(Array(bytes))
    }

    /// The file at the beginning of its data set.
    private func opened() throws -> FileHandle {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw DicomError.unreadable(reason: "a file of the archive is missing")
        }
        try file.seek(toOffset: UInt64(dataSetOffset))
        return file
    }

    /// The contexts in which files can be sent, as many as one association has, and the files that
    /// they serve, the first ones as a rule.
    ///
    /// Every class and syntax has a context of its own, so that a peer cannot choose one in which the
    /// file is not; uncompressed files have a second one in the syntax that every peer must take.
    static func contexts(
        for files: [OutgoingFile]
    ) -> (contexts: [PresentationContext], files: [OutgoingFile], rest: [OutgoingFile]) {
        struct Key: Hashable { let sopClass, syntax: String }
        var keys: [Key] = []
        var known: Set<Key> = []
        var served: [OutgoingFile] = []
        var rest: [OutgoingFile] = []
        for file in files {
            let sopClass = file.meta.reference.sopClassUID
            let own = Key(sopClass: sopClass, syntax: file.meta.transferSyntaxUID)
            let plain = Key(sopClass: sopClass, syntax: TransferSyntax.implicitVRLittleEndian)
            let isExplicit = own.syntax == TransferSyntax.explicitVRLittleEndian
            let new = (isExplicit ? [own, plain] : [own]).filter { !known.contains($0) }
            guard keys.count + new.count <= PresentationContext.most else {
                rest.append(file)
                continue
            }
            keys += new
            known.formUnion(new)
            served.append(file)
        }
        let contexts = PresentationContext.numbered(keys.map { ($0.sopClass, [$0.syntax]) })
        return (contexts, served, rest)
    }
}

/// Explicit VR little endian as Implicit VR little endian: the same elements without their VRs.
enum ImplicitRecoding {
    /// - Throws: ``DicomError/malformed(reason:)`` where the elements cannot be followed.
    static func recoded(_ bytes: [UInt8]) throws -> [UInt8] {
        var recoder = Recoder(bytes: bytes)
        recoder.result.reserveCapacity(bytes.count)
        try recoder.elements(until: bytes.count, depth: 0, isOpen: false)
        return recoder.result
    }

    private struct Recoder {
        let bytes: [UInt8]
        var result: [UInt8] = []
        var position = 0

        private static let undefined = 0xffff_ffff
        private static let itemEnd = 0xe00d
        private static let sequenceEnd = 0xe0dd

        /// Copies elements up to `end`, or up to the mark that ends an item without a length.
        mutating func elements(until end: Int, depth: Int, isOpen: Bool) throws {
            guard depth <= NormalForm.maximumDepth else { throw damage }
            while position < end {
                let (group, element) = (try number(2, end), try number(2, end))
                copyLast(4)
                if group == 0xfffe, element == Self.itemEnd, isOpen {
                    _ = try number(4, end)
                    return copyLast(4)
                }
                let code = String(
                    decoding: [UInt8(try number(1, end)), UInt8(try number(1, end))],
                    as: UTF8.self)
                guard let vr = VR(rawValue: code) else { throw damage }
                if vr.hasLongLength { _ = try number(2, end) }
                let length = try number(vr.hasLongLength ? 4 : 2, end)
                if length == Self.undefined, vr != .SQ, vr != .UN { throw damage }
                if vr == .SQ || length == Self.undefined {
                    // The content of UN without a length is Implicit VR already (PS3.5 §6.2.2),
                    // which this reader does not follow.
                    guard vr == .SQ else { throw damage }
                    try items(length: length, end: end, depth: depth)
                } else {
                    append(length)
                    guard length <= end - position else { throw damage }
                    result += bytes[position ..< position + length]
                    position += length
                }
            }
            if isOpen { throw damage }
        }

        /// Copies the items of a sequence; lengths change, so all become undefined.
        private mutating func items(length: Int, end: Int, depth: Int) throws {
            append(Self.undefined)
            let isOpen = length == Self.undefined
            guard isOpen || length <= end - position else { throw damage }
            let stop = isOpen ? end : position + length
            while position < stop {
                let (group, element) = (try number(2, stop), try number(2, stop))
                let size = try number(4, stop)
                guard group == 0xfffe else { throw damage }
                if element == Self.sequenceEnd, isOpen { return appendEnd(Self.sequenceEnd) }
                guard element == 0xe000 else { throw damage }
                result += [0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]
                if size == Self.undefined {
                    try elements(until: stop, depth: depth + 1, isOpen: true)
                } else {
                    guard size <= stop - position else { throw damage }
                    try elements(until: position + size, depth: depth + 1, isOpen: false)
                    appendEnd(Self.itemEnd)
                }
            }
            guard !isOpen else { throw damage }
            appendEnd(Self.sequenceEnd)
        }

        private mutating func appendEnd(_ element: Int) {
            result += [0xfe, 0xff, UInt8(element & 0xff), UInt8(element >> 8), 0, 0, 0, 0]
        }

        private mutating func append(_ length: Int) {
            for n in 0 ..< 4 { result.append(UInt8(truncatingIfNeeded: length >> (8 * n))) }
        }

        private mutating func copyLast(_ count: Int) {
            result += bytes[position - count ..< position]
        }

        private mutating func number(_ width: Int, _ end: Int) throws -> Int {
            guard width <= end - position else { throw damage }
            var value = 0
            for n in (0 ..< width).reversed() { value = value << 8 | Int(bytes[position + n]) }
            position += width
            return value
        }

        private var damage: DicomError {
            .malformed(reason: "a data set that cannot be recoded for the peer")
        }
    }
}
