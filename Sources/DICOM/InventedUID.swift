/// Identifiers for objects whose own were removed: a number of 128 bits made of their content.
///
/// FNV-1a with 128 bits (draft-eastlake-fnv) under the root 2.25 of PS3.5 §B.2, with the version
/// and variant bits of a name-based UUID (RFC 9562, version 8), so it can never equal an
/// identifier that a device made.
enum InventedUID {
    /// How much of the content goes into the identifier.
    enum Level: String, CustomStringConvertible {
        case study, series, instance

        var description: String { rawValue }
    }

    /// Returns the same identifier for the same content, on every machine and in every run.
    static func of(_ header: DataSet, level: Level) -> String {
        var text = [level.rawValue]
        // The frame of reference, one per examination on a scanner, stands in for a removed
        // identity: it keeps apart the studies of two people who both have no name.
        let isNameless =
            header.string(.patientID) == nil && header.string(.patientName) == nil
        for attribute in attributes(level) + (isNameless ? [.frameOfReferenceUID] : []) {
            text.append("\(attribute.tag)=" + header.strings(attribute).joined(separator: "\\"))
        }
        return uid(text.joined(separator: "\n"))
    }

    private static func attributes(_ level: Level) -> [Attribute] {
        let study: [Attribute] = [
            .patientID, .patientName, .patientBirthDate, .studyDate, .studyTime, .studyID,
            .accessionNumber,
        ]
        let series: [Attribute] =
            study + [
                .frameOfReferenceUID, .modality, .seriesNumber, .seriesDate, .seriesTime,
                .seriesDescription, .rows, .columns,
            ]
        switch level {
        case .study: return study
        case .series: return series
        case .instance:
            return series + [
                .instanceNumber, .imagePositionPatient, .acquisitionNumber, .contentTime,
                .acquisitionTime,
            ]
        }
    }

    private static func uid(_ text: String) -> String {
        let prime = UInt128(1) << 88 | 0x13b
        var hash = UInt128(0x6c62_272e_07bb_0142) << 64 | 0x62b8_2175_6295_c58d
        for byte in text.utf8 {
            hash ^= UInt128(byte)
            hash = hash &* prime
        }
        hash = hash & ~(UInt128(0xf000) << 64) | UInt128(0x8000) << 64
        hash = hash & ~(UInt128(0b11) << 62) | UInt128(0b10) << 62
        return "2.25.\(hash)"
    }
}
