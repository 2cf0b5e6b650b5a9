/// Makes objects that do not say whose they are.
///
/// Basic Application Level Confidentiality Profile of PS3.15 annex E with Clean Descriptors, Clean
/// Structured Content, and Retain Longitudinal Temporal Information with full or modified dates. All
/// private attributes go. Attributes that the table does not name stay, but: names get a dummy, long
/// texts are cleaned as descriptions are, short texts get a dummy where a word of an identity is
/// in them, coded entries of published schemes stay (``StandardCode``), identifiers that are not the
/// standard's own become new ones, and what has no known form (UN) goes.
package struct Deidentifier: Sendable {
    let pseudonym: Pseudonym
    let profile = ConfidentialityProfile.standard

    package init(_ pseudonym: Pseudonym) { self.pseudonym = pseudonym }

    /// What a value says that stood where an empty one may not.
    static let dummyText = "REMOVED"
    /// A coding scheme of somebody's own (PS3.16 §8.2).
    private static let dummyScheme = "99REMOVED"
    private static let dummyAge = "000Y"

    /// Returns an object without the patient, pixels left out; items within sequences are dealt with
    /// as the object is.
    ///
    /// - Parameter data: The object without its pixels.
    /// - Returns: The same under other identifiers, with what says that and how it was de-identified.
    /// - Throws: What ``Pseudonym/uid`` throws.
    package func copy(of data: DataSet) throws -> DataSet {
        var identity = pseudonym.identity
        identity.add(data)
        var copy = try cleaned(data, identity: identity)
        copy.set(.patientName, pseudonym.label)
        copy.set(.patientID, pseudonym.label)
        copy.set(.patientIdentityRemoved, "YES")
        copy.set(.deidentificationMethod, "DICOM PS3.15 annex E, see codes")
        copy.set(.deidentificationMethodCodeSequence, methods.map(\.item))
        copy.set(
            .longitudinalTemporalInformationModified,
            pseudonym.dates == .kept ? "UNMODIFIED" : "MODIFIED")
        return copy
    }

    /// CID 7050.
    private var methods: [CodedConcept] {
        [
            CodedConcept("113100", "DCM", "Basic Application Confidentiality Profile"),
            CodedConcept("113104", "DCM", "Clean Structured Content Option"),
            CodedConcept("113105", "DCM", "Clean Descriptors Option"),
            pseudonym.dates == .kept
                ? CodedConcept(
                    "113106", "DCM",
                    "Retain Longitudinal Temporal Information Full Dates Option")
                : CodedConcept(
                    "113107", "DCM",
                    "Retain Longitudinal Temporal Information Modified Dates Option"),
        ]
    }

    private func cleaned(_ data: DataSet, identity: IdentityWords) throws -> DataSet {
        let code = StandardCode(data, patient: identity.patient)
        var copy = DataSet()
        for (tag, element) in data.elements
        where tag.group > 2 && !ConfidentialityProfile.removes(group: tag.group) {
            copy[tag] = try code?[tag] ?? cleaned(element, tag, identity)
        }
        return copy
    }

    private func cleaned(
        _ element: DataSet.Element, _ tag: Tag, _ identity: IdentityWords
    ) throws -> DataSet.Element? {
        let row = profile[tag]
        switch element.value {
        case .items(let items):
            switch action(row, isSequence: true) {
            case .remove: return nil
            case .empty: return DataSet.Element(vr: element.vr, value: .items([]))
            default:
                return DataSet.Element(
                    vr: element.vr,
                    value: .items(try items.map { try cleaned($0, identity: identity) }))
            }
        case .bytes(let bytes):
            let action = action(row, isSequence: false, isBinary: [.OB, .OW].contains(element.vr))
            guard action != .remove else { return nil }
            guard action != .empty, !bytes.isEmpty else {
                return DataSet.Element(vr: element.vr, value: .bytes([]))
            }
            let new = try value(bytes, element.vr, tag, action, identity.all)
            // Where nothing of a description is left, an attribute that needs a value gets a dummy.
            guard action == .clean, row?.basic == .dummy, case .bytes([])? = new?.value else {
                return new
            }
            return DataSet.Element(vr: element.vr, value: .bytes(Self.dummy(element.vr)))
        }
    }

    /// The basic action, or what the chosen options put in its place.
    private func action(
        _ row: ConfidentialityProfile.Row?, isSequence: Bool, isBinary: Bool = false
    ) -> ConfidentialityProfile.Action {
        guard let row else { return .keep }
        // A time stamp in binary cannot be moved.
        if row.isTime && !isSequence && !isBinary { return .keep }
        if row.isContent && isSequence && row.basic == .dummy { return .clean }
        if row.isDescriptor && !isSequence { return .clean }
        return row.basic
    }

    private func value(
        _ bytes: [UInt8], _ vr: VR, _ tag: Tag, _ action: ConfidentialityProfile.Action,
        _ identity: Set<String>
    ) throws -> DataSet.Element? {
        switch vr {
        case .UI:
            let isKept = action == .keep && Self.classes.contains(tag)
            return isKept
                ? DataSet.Element(vr: vr, value: .bytes(bytes))
                : try text(bytes, vr) { try uid($0) }
        case .UN: return nil
        case .DA, .DT, .TM:
            if action == .keep { return text(bytes, vr) { time($0, vr) } }
        default: break
        }
        switch action {
        case .dummy, .newUID, .references:
            return DataSet.Element(vr: vr, value: .bytes(Self.dummy(vr)))
        case .clean:
            return text(bytes, vr) { DescriptorWords.cleaned($0, identity: identity) }
        default: return unnamed(bytes, vr, tag, identity)
        }
    }

    /// A value of an attribute that the table does not name; a dummy where nothing may stay, because
    /// one may be needed.
    private func unnamed(
        _ bytes: [UInt8], _ vr: VR, _ tag: Tag, _ identity: Set<String>
    ) -> DataSet.Element? {
        switch vr {
        case .PN: return DataSet.Element(vr: vr, value: .bytes(Self.dummy(vr)))
        case .ST, .LT, .UT:
            return text(bytes, vr) { old in
                let new = DescriptorWords.cleaned(old, identity: identity)
                return new.isEmpty && !old.allSatisfy(\.isWhitespace) ? Self.dummyText : new
            }
        case .UR: return DataSet.Element(vr: vr, value: .bytes([]))
        case .LO, .SH, .UC, .AE, .CS, .AS:
            let dummy =
                switch true {
                case tag == Attribute.codingSchemeDesignator.tag: Self.dummyScheme
                case vr == .AS: Self.dummyAge
                default: Self.dummyText
                }
            return text(bytes, vr) { Self.names($0, identity, vr) ? dummy : $0 }
        default: return DataSet.Element(vr: vr, value: .bytes(bytes))
        }
    }

    /// Whether a short text holds a word of the patient's identity; terms that the standard defines are
    /// let be where they are known words.
    private static func names(_ text: String, _ identity: Set<String>, _ vr: VR) -> Bool {
        let found = Pseudonym.runs(of: text).intersection(identity)
        guard vr != .CS else {
            return !found.allSatisfy {
                DescriptorWords.knows($0) || StandardCode.reportTerms.contains(Substring($0))
            }
        }
        let folded = text.lowercased()
        return !found.isEmpty
            || identity.contains { $0.count >= longWord && folded.contains($0) }
    }

    /// Words of that many characters are found inside others too; shorter ones, which many words
    /// hold by chance (*Anna* in *annalen*), where they stand by themselves.
    private static let longWord = 5

    /// UIDs that name kinds of things, not things: of the standard or of a maker.
    private static let classes: Set<Tag> = Set(
        [
            Attribute.sopClassUID, .referencedSOPClassUID, .codingSchemeUID, .contextUID,
            .mappingResourceUID,
        ].map(\.tag))

    private func uid(_ old: String) throws -> String {
        old.isEmpty || old.hasPrefix("1.2.840.10008.") ? old : try pseudonym.uid(old)
    }

    private func time(_ text: String, _ vr: VR) -> String {
        guard vr != .TM else { return DateShift.checkedTime(text) }
        return switch pseudonym.dates {
        case .kept: DateShift(days: 0).moved(text)
        case .moved(let shift): shift.moved(text)
        }
    }

    /// Puts another text in the place of each value.
    private func text(
        _ bytes: [UInt8], _ vr: VR, _ other: (String) throws -> String
    ) rethrows -> DataSet.Element {
        let parts = TextValues.parts(of: bytes, isMultiValued: vr.isMultiValuedText)
        let texts = try parts.map { try other(String(decoding: $0, as: UTF8.self)) }
        // A row of empty values is none.
        let joined = texts.allSatisfy(\.isEmpty) ? "" : texts.joined(separator: "\\")
        var coded = Array(joined.utf8)
        if coded.count % 2 == 1 { coded.append(vr.padding) }
        return DataSet.Element(vr: vr, value: .bytes(coded))
    }

    /// A value of the right form that says nothing.
    private static func dummy(_ vr: VR) -> [UInt8] {
        let text: String
        switch vr {
        case .DA: text = "19000101"
        case .DT: text = "19000101000000"
        case .TM: text = "000000"
        case .AS: text = dummyAge
        case .IS, .DS: text = "0 "
        case .FL, .OF, .SL, .UL, .OL: return [UInt8](repeating: 0, count: 4)
        case .FD, .OD, .OV, .SV, .UV: return [UInt8](repeating: 0, count: 8)
        case .US, .SS, .AT, .OB, .OW: return [UInt8](repeating: 0, count: vr == .AT ? 4 : 2)
        case .PN: text = "Anonymous "
        default: text = dummyText + " "
        }
        return Array(text.utf8)
    }
}
