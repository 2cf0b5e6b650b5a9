/// Text made to fit a value representation, whatever a person typed.
enum FittedText {
    /// The most characters that PS3.5 §6.2 allows in one value.
    static func maximumLength(_ vr: VR) -> Int {
        switch vr {
        case .SH, .CS, .AE: 16
        case .LO, .PN: 64
        case .ST: 1024
        case .LT: 10240
        default: Int.max
        }
    }

    /// Returns the text without control characters and separators, cut to the allowed length.
    ///
    /// A backslash would split the value in two, so it becomes a slash.
    static func fitted(_ text: String, vr: VR) -> String {
        var clean = ""
        for scalar in text.unicodeScalars {
            if scalar == "\\", vr.isMultiValuedText {
                clean.unicodeScalars.append("/")
            } else if scalar.value >= 0x20, scalar.value != 0x7f {
                clean.unicodeScalars.append(scalar)
            }
        }
        // The limit counts code points; a Character may hold several.
        let limit = maximumLength(vr)
        guard clean.unicodeScalars.count > limit else { return clean }
        var cut = String.UnicodeScalarView()
        for character in clean {
            guard cut.count + character.unicodeScalars.count <= limit else { break }
            cut.append(contentsOf: character.unicodeScalars)
        }
        return String(cut)
    }
}

extension DataSet {
    /// Sets free text, made to fit the attribute's VR; an empty text gives an empty value.
    mutating func setFitted(_ attribute: Attribute, _ text: String) {
        set(attribute, FittedText.fitted(text, vr: attribute.vr))
    }

    /// Sets free text unless it is empty.
    mutating func setFittedIfAny(_ attribute: Attribute, _ text: String) {
        if !text.isEmpty { setFitted(attribute, text) }
    }
}
