package import Storage

extension DerivedRecord {
    /// Where a computed object came from, in one line: record and version, who and when, program,
    /// tables, inputs.
    ///
    /// - Parameter names: What people are called, by actor; who is not among them is named as kept.
    /// - Returns: A line for people.
    package func source(_ names: [String: String]) -> String {
        let inputs = draft.inputs.map { input in
            switch input.source {
            case .object(let digest): "\(input.role) (\(Figures.shortDigest(digest.hex)))"
            case .derived(let id): "\(input.role) \(id)"
            case .series(let uid, _): "\(input.role) \(SeriesName.short(uid))"
            }
        }
        let tables = draft.dataVersions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return [
            "\(id), version \(version)",
            "made \(CaseTimeline.minute(createdAt)) UTC by \(names[createdBy] ?? createdBy)",
            "\(Software.name) \(draft.softwareVersion)",
            tables.joined(separator: ", "),
            inputs.isEmpty ? "" : "from \(inputs.joined(separator: ", "))",
        ].filter { !$0.isEmpty }.joined(separator: "; ")
    }
}

extension CaseFile.Series {
    /// Where its number of files comes from.
    package var source: String {
        "Files of \(id) that the server keeps" + (bringer.map { "; brought by \($0)." } ?? ".")
    }
}
