/// What PS3.5 §6.2 asks of values, as far as readers depend on it; checked when writing.
enum ValueRules {
    private static let backslash = UInt8(ascii: "\\")

    /// Checks lengths and characters of identifiers and numbers in text.
    ///
    /// - Throws: ``DicomError/malformed(reason:)``.
    static func check(_ value: [UInt8], tag: Tag, vr: VR) throws {
        let longest: Int
        let isAllowed: (UInt8) -> Bool
        switch vr {
        case .UI: (longest, isAllowed) = (64, { (0x30 ... 0x39).contains($0) || $0 == 0x2e })
        case .DS:
            (longest, isAllowed) = (16, { isDigitOrSign($0) || $0 == 0x2e || $0 | 0x20 == 0x65 })
        case .IS: (longest, isAllowed) = (12, isDigitOrSign)
        default: return
        }
        for part in value.split(separator: backslash, omittingEmptySubsequences: false) {
            // Padding: NUL after an identifier, spaces around numbers.
            let content = part.filter { $0 != (vr == .UI ? 0 : 0x20) }
            guard content.count <= longest, content.allSatisfy(isAllowed) else {
                throw DicomError.malformed(reason: "\(tag) has a value that \(vr) cannot hold")
            }
        }
    }

    private static func isDigitOrSign(_ byte: UInt8) -> Bool {
        (0x30 ... 0x39).contains(byte) || byte == 0x2d || byte == 0x2b
    }
}
