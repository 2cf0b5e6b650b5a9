import Foundation

/// What organisations are called: names that read alike are one name.
package enum OrganisationName {
    /// Without spaces around it, and with single ones inside.
    package static func cleaned(_ name: String) -> String {
        name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Whether it holds characters that nobody sees (Unicode general categories Cc and Cf).
    package static func hidesCharacters(_ name: String) -> Bool {
        name.unicodeScalars.contains {
            [.control, .format].contains($0.properties.generalCategory)
        }
    }

    /// The same for names that differ only in spaces, in case, or in how a character is written
    /// (Unicode normalization form KC).
    static func key(_ name: String) -> String {
        cleaned(name.precomposedStringWithCompatibilityMapping).lowercased()
    }

    /// Returns the name as it is kept.
    ///
    /// - Throws: ``StorageError/invalid(entity:reason:)`` without one that can be read.
    static func checked(_ name: String) throws -> String {
        let cleaned = cleaned(name)
        guard !cleaned.isEmpty, !hidesCharacters(name) else {
            throw StorageError.invalid(
                entity: "organisation",
                reason: "its name is empty or holds characters that nobody sees")
        }
        return cleaned
    }
}
