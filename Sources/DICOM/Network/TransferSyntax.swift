/// Transfer syntaxes on the network (PS3.5 §10, annex A; PS3.6 annex A).
enum TransferSyntax {
    static let implicitVRLittleEndian = "1.2.840.10008.1.2"
    static let explicitVRLittleEndian = UID.explicitVRLittleEndian
    static let deflatedExplicitVRLittleEndian = "1.2.840.10008.1.2.1.99"
    static let explicitVRBigEndian = "1.2.840.10008.1.2.2"
    static let rleLossless = "1.2.840.10008.1.2.5"

    /// All JPEG, JPEG-LS, JPEG 2000, HTJ2K and MPEG syntaxes begin so.
    private static let compressedPrefix = "1.2.840.10008.1.2.4."
    /// Those of them whose pixels lie elsewhere, at an address.
    private static let referenced: Set = [
        compressedPrefix + "94", compressedPrefix + "95", compressedPrefix + "204",
        compressedPrefix + "205",
    ]

    /// What archives keep compressed images in, the commonest first: JPEG lossless, JPEG 2000
    /// lossless, JPEG, RLE, JPEG-LS, then what is rare.
    static let commonlyCompressed =
        ["70", "90", "50"].map { compressedPrefix + $0 } + [rleLossless]
        + ["80", "91", "57", "51", "81", "201"].map { compressedPrefix + $0 }

    /// Whether data sets of this syntax can be kept as they are sent.
    static func isKept(_ syntax: String) -> Bool {
        switch syntax {
        case implicitVRLittleEndian, explicitVRLittleEndian, deflatedExplicitVRLittleEndian,
            explicitVRBigEndian, rleLossless:
            true
        default: syntax.hasPrefix(compressedPrefix) && !referenced.contains(syntax)
        }
    }

    /// The syntax to take of those that a peer proposed for instances: its first choice, but the
    /// retired big-endian one only when there is no other.
    static func chosenForStorage(_ proposed: [String]) -> String? {
        let kept = proposed.filter(isKept)
        return kept.first { $0 != explicitVRBigEndian } ?? kept.first
    }

    /// The syntax to take for queries and notifications.
    static func chosenForIdentifiers(_ proposed: [String]) -> String? {
        [explicitVRLittleEndian, implicitVRLittleEndian].first(where: proposed.contains)
    }
}

/// SOP classes of the network's services (PS3.6 annex A).
enum ServiceClass {
    static let verification = "1.2.840.10008.1.1"
    static let storageCommitment = "1.2.840.10008.1.20.1"
    /// The one instance of the storage commitment service (PS3.4 §J.3.5).
    static let storageCommitmentInstance = "1.2.840.10008.1.20.1.1"

    /// Every SOP class of composite objects of a patient begins so (PS3.4 table B.5-1).
    private static let storagePrefix = "1.2.840.10008.5.1.4.1.1."

    static func isStorage(_ sopClass: String) -> Bool { sopClass.hasPrefix(storagePrefix) }
}

/// The two information models of queries (PS3.4 §C.3).
package enum QueryRoot: String, Hashable, Sendable, CaseIterable {
    case patient = "1.2.840.10008.5.1.4.1.2.1."
    case study = "1.2.840.10008.5.1.4.1.2.2."

    var find: String { rawValue + "1" }
    var move: String { rawValue + "2" }
    var get: String { rawValue + "3" }
}
