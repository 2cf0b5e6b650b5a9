/// Why an action the user asked for was refused; the sentence says what, where and what to do.
package enum WorkflowError: Error, Hashable, CustomStringConvertible {
    case refused(sentence: String)
    case notFound(kind: String, name: String)

    package var description: String {
        switch self {
        case .refused(let sentence): sentence
        case .notFound(let kind, let name):
            "There is no \(kind) '\(name)' in this data folder; "
                + "'\(Self.listing(kind))' shows what it holds."
        }
    }

    /// The verb that lists things of a kind.
    private static func listing(_ kind: String) -> String {
        switch kind {
        case "setting", "DICOM peer": "grevy settings list"
        case "volume of interest": "grevy voi list"
        case "withdrawn volume of interest": "grevy voi list --withdrawn"
        default: "grevy list"
        }
    }
}
