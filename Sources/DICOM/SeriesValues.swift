/// How the stored values of a frame become quantities.
struct SeriesValues: Hashable, Sendable {
    var slope = 1.0
    var intercept = 0.0
    /// What the file does not state, so that 1 or 0 stand for it.
    var assumed: AssumedRescale = []
    /// The modality LUT; takes the place of slope and intercept.
    var table: ModalityTable?
    /// Stored values that are no measurement.
    var padding: ClosedRange<Int>?
    /// What a padded pixel becomes; padding is ignored when `nil`.
    var paddingValue: Float?
    var bitsStored: Int
    var highBit: Int

    /// A look-up table for stored values (Modality LUT Sequence).
    struct ModalityTable: Hashable, Sendable {
        let first: Int
        let values: [Float]

        /// The value of a stored value; those outside get the nearest entry (PS3.3 §C.11.1.1).
        func value(_ stored: Int) -> Float {
            values[min(max(stored - first, 0), values.count - 1)]
        }
    }

    /// Values of which every stored bit counts.
    init(slope: Double, intercept: Double) {
        self.slope = slope
        self.intercept = intercept
        bitsStored = Int.bitWidth
        highBit = Int.bitWidth - 1
    }

    /// Reads the rescale of a data set, or of the functional group item that holds it.
    ///
    /// - Parameters:
    ///   - header: The data set, for pixel description and padding.
    ///   - transformation: Where slope, intercept or LUT stand; the data set itself for
    ///     single-frame objects.
    /// - Throws: ``DicomError/malformed(reason:)`` when slope and intercept are not numbers or the
    ///   LUT does not fit its descriptor.
    init(header: DataSet, transformation: DataSet) throws {
        let allocated = header.integer(.bitsAllocated) ?? 16
        let stored = header.integer(.bitsStored) ?? allocated
        bitsStored = (1 ... max(allocated, 1)).contains(stored) ? stored : allocated
        highBit = header.integer(.highBit) ?? bitsStored - 1
        let stated = (
            slope: try Self.number(transformation, .rescaleSlope),
            intercept: try Self.number(transformation, .rescaleIntercept)
        )
        (slope, intercept) = (stated.slope ?? 1, stated.intercept ?? 0)
        guard slope != 0 else {
            throw DicomError.malformed(reason: "Rescale Slope is 0")
        }
        let isSigned = header.integer(.pixelRepresentation) == 1
        if let item = transformation.firstItem(.modalityLUTSequence) {
            table = try Self.table(item, isSigned: isSigned)
        } else {
            if stated.slope == nil { assumed.insert(.slope) }
            if stated.intercept == nil { assumed.insert(.intercept) }
        }
        if let value = Self.stored(header, .pixelPaddingValue, isSigned: isSigned) {
            let limit = Self.stored(header, .pixelPaddingRangeLimit, isSigned: isSigned) ?? value
            padding = min(value, limit) ... max(value, limit)
        }
    }

    /// Takes slope and intercept of a real-world mapping in the place of the file's own.
    mutating func map(_ mapping: RealWorldValueMap.Mapping) {
        (slope, intercept, assumed) = (mapping.slope, mapping.intercept, [])
    }

    private static func number(_ data: DataSet, _ attribute: Attribute) throws -> Double? {
        guard data.string(attribute) != nil else { return nil }
        guard let value = data.decimal(attribute), value.isFinite else {
            throw DicomError.malformed(reason: "\(attribute.tag) is not a number")
        }
        return value
    }

    /// A value of VR "US or SS": the sign is the pixels', whatever VR was written.
    private static func stored(
        _ data: DataSet, _ attribute: Attribute, isSigned: Bool
    ) -> Int? {
        guard let value = data.integer(attribute) else { return nil }
        guard isSigned, value > Int(Int16.max), value <= Int(UInt16.max) else {
            return value
        }
        return value - 65536
    }

    private static func table(_ item: DataSet, isSigned: Bool) throws -> ModalityTable {
        guard let descriptor = item.integers(.lutDescriptor), descriptor.count >= 3 else {
            throw DicomError.malformed(reason: "the modality LUT has no descriptor")
        }
        let entries = descriptor[0] & 0xffff == 0 ? 65536 : descriptor[0] & 0xffff
        var first = descriptor[1]
        if isSigned, first > Int(Int16.max) { first -= 65536 }
        guard let data = item.bytes(.lutData) else {
            throw DicomError.malformed(reason: "the modality LUT has no data")
        }
        // Eight-bit tables may be packed into bytes.
        let values: [Float]
        if data.count >= 2 * entries {
            values = (0 ..< entries).map { Float(Int(data[2 * $0]) | Int(data[2 * $0 + 1]) << 8) }
        } else if data.count >= entries, descriptor[2] == 8 {
            values = data.prefix(entries).map(Float.init)
        } else {
            throw DicomError.malformed(
                reason: "the modality LUT has \(data.count) bytes for \(entries) entries")
        }
        return ModalityTable(first: first, values: values)
    }
}

/// Parts of a rescale that a file does not state.
struct AssumedRescale: OptionSet, Hashable, Sendable {
    let rawValue: Int
    static let slope = AssumedRescale(rawValue: 1)
    static let intercept = AssumedRescale(rawValue: 2)

    /// `Rescale Slope and Rescale Intercept are missing, 1 and 0 were taken`.
    var sentence: String {
        switch self {
        case .slope: "Rescale Slope is missing, 1 was taken"
        case .intercept: "Rescale Intercept is missing, 0 was taken"
        default: "Rescale Slope and Rescale Intercept are missing, 1 and 0 were taken"
        }
    }
}

/// What was noticed while stored values were turned into quantities.
struct ConversionTally: Hashable, Sendable {
    var padded = 0
    var hasBitsOutside = false
    var isLossy = false

    mutating func add(_ other: ConversionTally) {
        padded += other.padded
        hasBitsOutside = hasBitsOutside || other.hasBitsOutside
        isLossy = isLossy || other.isLossy
    }
}
