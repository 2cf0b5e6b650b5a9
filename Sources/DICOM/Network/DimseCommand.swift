/// A command of a DIMSE message (PS3.7 §6.3, annex E): elements of group 0000, always coded as
/// Implicit VR little endian.
///
/// Bytes from the network are checked while they are decoded; a field that is missing or of another
/// length is `nil`.
struct DimseCommand: Hashable, Sendable {
    enum Kind: UInt16, Sendable {
        case storeRequest = 0x0001
        case storeResponse = 0x8001
        case getRequest = 0x0010
        case getResponse = 0x8010
        case findRequest = 0x0020
        case findResponse = 0x8020
        case moveRequest = 0x0021
        case moveResponse = 0x8021
        case echoRequest = 0x0030
        case echoResponse = 0x8030
        case eventReportRequest = 0x0100
        case eventReportResponse = 0x8100
        case actionRequest = 0x0130
        case actionResponse = 0x8130
        case cancelRequest = 0x0fff
    }

    /// Elements of group 0000 by element number.
    enum Field: UInt16, Sendable {
        case affectedSOPClassUID = 0x0002
        case requestedSOPClassUID = 0x0003
        case commandField = 0x0100
        case messageID = 0x0110
        case messageIDBeingRespondedTo = 0x0120
        case moveDestination = 0x0600
        case priority = 0x0700
        case commandDataSetType = 0x0800
        case status = 0x0900
        case affectedSOPInstanceUID = 0x1000
        case requestedSOPInstanceUID = 0x1001
        case eventTypeID = 0x1002
        case actionTypeID = 0x1008
        case numberOfRemainingSuboperations = 0x1020
        case numberOfCompletedSuboperations = 0x1021
        case numberOfFailedSuboperations = 0x1022
        case numberOfWarningSuboperations = 0x1023
        case moveOriginatorApplicationEntityTitle = 0x1030
        case moveOriginatorMessageID = 0x1031
    }

    private static let noDataSet: UInt16 = 0x0101
    private static let withDataSet: UInt16 = 0x0001
    private static let groupLengthSize = 12

    private var elements: [UInt16: [UInt8]] = [:]

    init(_ kind: Kind, hasDataSet: Bool = false) {
        self[number: .commandField] = kind.rawValue
        self[number: .commandDataSetType] = hasDataSet ? Self.withDataSet : Self.noDataSet
    }

    /// A response to a request, with what it must repeat.
    init(_ kind: Kind, to request: DimseCommand, _ status: DimseStatus, hasDataSet: Bool = false) {
        self.init(kind, hasDataSet: hasDataSet)
        self[number: .messageIDBeingRespondedTo] = request[number: .messageID]
        self[number: .status] = status.rawValue
        let isNormalised = kind == .actionResponse || kind == .eventReportResponse
        self[text: .affectedSOPClassUID] =
            request[text: .affectedSOPClassUID] ?? request[text: .requestedSOPClassUID]
        if kind == .storeResponse || isNormalised {
            self[text: .affectedSOPInstanceUID] =
                request[text: .affectedSOPInstanceUID] ?? request[text: .requestedSOPInstanceUID]
        }
        if kind == .actionResponse { self[number: .actionTypeID] = request[number: .actionTypeID] }
        if kind == .eventReportResponse {
            self[number: .eventTypeID] = request[number: .eventTypeID]
        }
    }

    /// What the message is; `nil` for an operation that is not known here.
    var kind: Kind? { self[number: .commandField].flatMap(Kind.init) }
    /// Whether a data set follows.
    var hasDataSet: Bool { self[number: .commandDataSetType] != Self.noDataSet }
    /// The status of a response; `nil` for a request.
    var status: DimseStatus? { self[number: .status].map(DimseStatus.init) }

    subscript(number field: Field) -> UInt16? {
        get {
            guard let bytes = elements[field.rawValue], bytes.count == 2 else { return nil }
            return UInt16(bytes[0]) | UInt16(bytes[1]) << 8
        }
        set {
            elements[field.rawValue] = newValue.map { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        }
    }

    /// UIDs and titles, padding removed; ASCII only.
    subscript(text field: Field) -> String? {
        get {
            guard let bytes = elements[field.rawValue] else { return nil }
            let isPadding = { (byte: UInt8) in byte == 0 || byte == UInt8(ascii: " ") }
            let text = bytes.drop(while: isPadding).reversed().drop(while: isPadding).reversed()
            guard !text.isEmpty, text.allSatisfy({ (0x20 ..< 0x7f).contains($0) }) else {
                return nil
            }
            return String(decoding: text, as: UTF8.self)
        }
        set {
            guard let newValue else { return elements[field.rawValue] = nil }
            var bytes = Array(newValue.utf8)
            let isTitle =
                field == .moveDestination || field == .moveOriginatorApplicationEntityTitle
            if bytes.count % 2 == 1 { bytes.append(isTitle ? UInt8(ascii: " ") : 0) }
            elements[field.rawValue] = bytes
        }
    }

    /// The coded command, group length first.
    var encoded: [UInt8] {
        var body: [UInt8] = []
        for (number, value) in elements.sorted(by: { $0.key < $1.key }) {
            Self.append(number, value, to: &body)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + Self.groupLengthSize)
        Self.append(0, Self.fourBytes(body.count), to: &bytes)
        return bytes + body
    }

    /// Decodes a command.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when the bytes are no elements of group 0000.
    init(decoding bytes: [UInt8]) throws {
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= 8, bytes[position] == 0, bytes[position + 1] == 0
            else { throw Self.damage }
            let number = UInt16(bytes[position + 2]) | UInt16(bytes[position + 3]) << 8
            let length = (0 ..< 4).reduce(0) { $0 | Int(bytes[position + 4 + $1]) << (8 * $1) }
            position += 8
            guard length <= bytes.count - position else { throw Self.damage }
            if number != 0 { elements[number] = Array(bytes[position ..< position + length]) }
            position += length
        }
        guard self[number: .commandField] != nil else { throw Self.damage }
    }

    private static let damage = DicomError.malformed(reason: "a command that is none")

    private static func append(_ number: UInt16, _ value: [UInt8], to bytes: inout [UInt8]) {
        bytes += [0, 0, UInt8(number & 0xff), UInt8(number >> 8)]
        bytes += fourBytes(value.count)
        bytes += value
    }

    private static func fourBytes(_ value: Int) -> [UInt8] {
        (0 ..< 4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
