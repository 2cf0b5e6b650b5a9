import Quantities

/// In which frames of reference the images of a computation lie.
struct FramesOfReference {
    /// Names of the images that do not say.
    let unknown: [String]

    /// Refuses images of different frames.
    ///
    /// - Parameter images: Names as in a sentence with the UID of the frame; `nil` or empty where
    ///   an image has none.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ images: [(name: String, uid: String?)]) throws {
        var first: (name: String, uid: String)?
        var unknown: [String] = []
        for (name, uid) in images {
            guard let uid, !uid.isEmpty else {
                unknown.append(name)
                continue
            }
            guard uid == first?.uid ?? uid else {
                throw WorkflowError.refused(
                    sentence: "The \(name) and the \(first?.name ?? "") lie in different frames of "
                        + "reference: register and resample one of them first.")
            }
            first = first ?? (name, uid)
        }
        self.unknown = unknown
    }

    /// Tells which images had to be taken as they lie.
    func findings(_ code: String) -> [Finding] {
        guard !unknown.isEmpty else { return [] }
        return [
            Finding(
                code, .warning,
                "No frame of reference is known of: \(unknown.joined(separator: ", ")). All were "
                    + "taken to lie in that of the patient; see that they do.")
        ]
    }
}
