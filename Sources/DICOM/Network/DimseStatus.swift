/// How an operation went: the status of a DIMSE response (PS3.7 annex C, PS3.4 annexes B, C, J).
///
/// A delegate may throw one to answer with it.
package struct DimseStatus: RawRepresentable, Hashable, Sendable, Error {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let success = Self(rawValue: 0x0000)
    /// More responses follow.
    package static let pending = Self(rawValue: 0xff00)
    /// More responses follow; some keys of the query were not used for matching.
    package static let pendingWithUnusedKeys = Self(rawValue: 0xff01)
    package static let cancelled = Self(rawValue: 0xfe00)
    package static let sopClassNotSupported = Self(rawValue: 0x0122)
    package static let notAuthorised = Self(rawValue: 0x0124)
    package static let processingFailure = Self(rawValue: 0x0110)
    package static let noSuchAction = Self(rawValue: 0x0123)
    package static let noSuchEventType = Self(rawValue: 0x0113)
    package static let invalidArgument = Self(rawValue: 0x0115)
    package static let unrecognisedOperation = Self(rawValue: 0x0211)
    package static let mistypedArgument = Self(rawValue: 0x0212)
    /// Storage: the disk is full or the instance too large.
    package static let outOfResources = Self(rawValue: 0xa700)
    /// Retrieval: the files cannot be found out or sent.
    package static let cannotPerformSuboperations = Self(rawValue: 0xa702)
    package static let moveDestinationUnknown = Self(rawValue: 0xa801)
    /// The data set says another class or instance than the command, or the identifier is not one
    /// of this class.
    package static let dataSetDoesNotMatchClass = Self(rawValue: 0xa900)
    package static let someSuboperationsFailed = Self(rawValue: 0xb000)
    package static let cannotUnderstand = Self(rawValue: 0xc000)

    /// Whether more responses to the same request follow.
    package var isPending: Bool { self == .pending || self == .pendingWithUnusedKeys }
    /// Whether the operation was done, perhaps with a warning (PS3.7 §C.3).
    package var isSuccessOrWarning: Bool {
        self == .success || rawValue & 0xf000 == 0xb000
            || [0x0001, 0x0107, 0x0116].contains(rawValue)
    }
}

extension DimseStatus: CustomStringConvertible {
    /// The four hexadecimal digits and, where known, what they mean.
    package var description: String {
        let digits = String(rawValue, radix: 16, uppercase: true)
        let code = "0x" + String(repeating: "0", count: 4 - digits.count) + digits
        return meaning.map { "\(code), \($0)" } ?? code
    }

    private var meaning: String? {
        switch self {
        case .success: "success"
        case .cancelled: "cancelled"
        case .sopClassNotSupported: "SOP class not supported"
        case .notAuthorised: "not authorised"
        case .outOfResources: "out of resources"
        case .moveDestinationUnknown: "move destination unknown"
        case .dataSetDoesNotMatchClass: "the data set does not match the SOP class"
        case .someSuboperationsFailed: "some instances could not be sent"
        case .cannotUnderstand: "cannot process"
        case .cannotPerformSuboperations: "instances cannot be sent"
        default: nil
        }
    }
}
