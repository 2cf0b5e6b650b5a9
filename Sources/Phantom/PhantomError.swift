/// Why a synthetic patient could not be made.
package enum PhantomError: Error, Hashable, CustomStringConvertible {
    case unknownCase(name: String)
    case folderNotEmpty
    case notWritten(reason: String)

    package var description: String {
        switch self {
        case .unknownCase(let name):
            "There is no synthetic case '\(name)'; there is "
                + PhantomCase.allCases.map(\.rawValue).joined(separator: ", ") + "."
        case .folderNotEmpty:
            "The folder is not empty; name a new or an empty one, so that nothing is overwritten."
        case .notWritten(let reason): "The folder could not be written: \(reason)."
        }
    }
}
