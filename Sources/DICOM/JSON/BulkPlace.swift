/// Where a value stands in a data set: its tag, after the tags and items of sequences around it, as
/// `54000100.1.54001010`; items count from 1.
package struct BulkPlace: Hashable, Sendable {
    private let steps: [Step]
    /// The element itself.
    package let tag: Tag

    private struct Step: Hashable {
        let sequence: Tag
        let item: Int
    }

    /// Whether it is one of a sequence's item.
    package var isNested: Bool { !steps.isEmpty }

    /// Takes a place as ``DicomJSON`` writes it; `nil` for any other text.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count % 2 == 1, parts.count < 2 * NormalForm.maximumDepth,
            let tag = parts.last.flatMap({ Tag(digits: $0) })
        else { return nil }
        var steps: [Step] = []
        for n in stride(from: 0, to: parts.count - 1, by: 2) {
            guard let sequence = Tag(digits: parts[n]), let item = Int(parts[n + 1]), item > 0
            else { return nil }
            steps.append(Step(sequence: sequence, item: item))
        }
        (self.steps, self.tag) = (steps, tag)
    }
}

extension DataSet {
    /// Returns the bytes at a place; `nil` when there are none.
    package func bytes(at place: BulkPlace) -> [UInt8]? { place.bytes(in: self) }
}

extension BulkPlace {
    fileprivate func bytes(in data: DataSet) -> [UInt8]? {
        var data = data
        for step in steps {
            guard case .items(let items)? = data[step.sequence]?.value, step.item <= items.count
            else { return nil }
            data = items[step.item - 1]
        }
        guard case .bytes(let bytes)? = data[tag]?.value else { return nil }
        return bytes
    }
}
