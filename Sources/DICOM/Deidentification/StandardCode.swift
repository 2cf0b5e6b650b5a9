/// A coded entry whose code is of a published scheme, or one of Grevy's own: it says what the scheme
/// says, whatever words name a hospital or a device.
///
/// Source: DICOM PS3.3 §8.8 (the meaning is for people, the code is what counts), PS3.16 §8 table 8-1.
struct StandardCode: Sendable {
    /// Schemes that nobody can enlarge on the spot; private ones begin with 99.
    private static let schemes: Set<String> = [
        "DCM", "SCT", "SRT", "SNM3", "UCUM", "LN", "FMA", "UMLS", "NCIt", "RADLEX", "RADELEMENT",
        "MDC", "ISO3166_1", "ISO639_1", "ISO639_2", "RFC5646", "ICDO3", "I10", "I10P", "I11", "I9C",
        "BARI", "NDC", "RXNORM", "ATC", "CD2",
    ]

    private let kept: [Tag: DataSet.Element]

    /// `nil` for what is no coded entry of such a scheme, and where the patient is named by the code
    /// itself.
    ///
    /// A meaning in which a word of the patient's names or identifiers stands is replaced by its code.
    init?(_ data: DataSet, patient: Set<String>) {
        guard let scheme = data.string(.codingSchemeDesignator),
            let code = data.string(.codeValue), !code.isEmpty,
            let meaning = data.string(.codeMeaning),
            Self.schemes.contains(scheme)
                || ReportCode.isOwn(CodedConcept(code, scheme, meaning)),
            Pseudonym.words(of: code).isDisjoint(with: patient)
        else { return nil }
        var copy = DataSet()
        copy.set(.codeValue, code)
        copy.set(.codingSchemeDesignator, scheme)
        let isNamed = !Pseudonym.words(of: meaning).isDisjoint(with: patient)
        copy.set(.codeMeaning, isNamed ? code : meaning)
        kept = copy.elements
    }

    subscript(tag: Tag) -> DataSet.Element? { kept[tag] }

    /// Values of attributes of reports that the standard enumerates, word by word, lower case
    /// (PS3.3 §C.17.3.2.1, value types, and table C.17.3-8, relationships).
    static let reportTerms: Set<Substring> = [
        "text", "num", "code", "pname", "date", "time", "datetime", "uidref", "composite", "image",
        "waveform", "scoord", "scoord3d", "tcoord", "container", "table", "contains", "has",
        "properties", "inferred", "selected", "from", "obs", "acq", "context", "concept", "mod",
    ]
}
