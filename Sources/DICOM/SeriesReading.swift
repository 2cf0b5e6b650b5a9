package import Quantities

/// A value read from a file, with what was assumed on the way.
package struct Reading<Value: Sendable>: Sendable {
    package var value: Value
    package var findings: [Finding]

    package init(_ value: Value, findings: [Finding] = []) {
        self.value = value
        self.findings = findings
    }
}

/// One file of a series: where it is and its data set without pixels.
package struct SeriesFile: Sendable {
    package var path: String
    package var header: DataSet
    /// Where plain values lie, for a source that can read them without parsing the file again.
    package var native: NativePixels?
    /// Which file the header came from.
    ///
    /// Its pixels are refused when it is another by then; `nil` is not checked.
    package var identity: FileIdentity?

    package init(
        path: String, header: DataSet, native: NativePixels? = nil, identity: FileIdentity? = nil
    ) {
        self.path = path
        self.header = header
        self.native = native
        self.identity = identity
    }
}

extension DataSet {
    /// The numbers of an attribute when there are at least `count` of them.
    func decimals(_ attribute: Attribute, count: Int) -> [Double]? {
        guard let values = decimals(attribute), values.count >= count else { return nil }
        return values
    }

    /// The first item of a sequence.
    func firstItem(_ attribute: Attribute) -> DataSet? { items(attribute).first }

    /// Text in capitals, the way defined terms are compared.
    func term(_ attribute: Attribute) -> String? { string(attribute)?.uppercased() }

    /// The meaning of the first code of a sequence; its value when there is no meaning.
    func codeMeaning(_ sequence: Attribute) -> String? {
        guard let code = firstItem(sequence) else { return nil }
        return code.string(.codeMeaning) ?? code.string(.codeValue)
    }

    /// What findings call the series: `series 3 (CT)`.
    var seriesSubject: String {
        let number = string(.seriesNumber).map { " \($0)" } ?? ""
        return "series\(number) (\(string(.modality) ?? "no modality"))"
    }
}

/// Writes numbers for sentences: at most `digits` behind the point, no trailing zeros.
func shown(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0 ..< digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
