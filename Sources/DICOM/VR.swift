/// A DICOM value representation (PS3.5 §6.2).
package enum VR: String, Hashable, Sendable {
    case AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, OB, OD, OF, OL, OV, OW, PN, SH, SL, SQ, SS
    case ST, SV, TM, UC, UI, UL, UN, UR, US, UT, UV

    /// Whether Explicit VR encodes the length in four bytes after two reserved ones.
    var hasLongLength: Bool {
        switch self {
        case .OB, .OD, .OF, .OL, .OV, .OW, .SQ, .SV, .UC, .UN, .UR, .UT, .UV: true
        default: false
        }
    }

    /// Whether values are text.
    var isText: Bool {
        switch self {
        case .AE, .AS, .CS, .DA, .DS, .DT, .IS, .LO, .LT, .PN, .SH, .ST, .TM, .UC, .UI, .UR, .UT:
            true
        default: false
        }
    }

    /// Whether a backslash separates values; in long text it is a character like any other.
    var isMultiValuedText: Bool {
        switch self {
        case .LT, .ST, .UR, .UT: false
        default: isText
        }
    }

    /// The byte that pads a value to even length.
    var padding: UInt8 { isText && self != .UI ? 0x20 : 0 }
}
