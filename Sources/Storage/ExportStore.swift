import Cryptography
package import Foundation
package import Pathway

/// Finished exports of cases, in `exports/`; each goes after a day.
///
/// They can be made again, so nothing of them stands in the records but that they were made.
package struct ExportStore: Sendable {
    /// A finished export.
    package struct Kept: Codable, Hashable, Sendable {
        package let id: String
        package let patient: Int64
        /// Whose people may fetch it.
        package let organisation: Int64
        package let createdAt: Date
        package let byteCount: Int
        package let sha256: String
        /// What it holds, in words without patient data.
        package let sentence: String
        package let isDeidentified: Bool
        /// Rows of series and ids of records that it was made from; `nil` for the whole case.
        fileprivate let series: [Int64]?
        fileprivate let records: [String]?

        package init(
            patient: Int64, organisation: Int64, createdAt: Date, byteCount: Int, sha256: String,
            sentence: String, isDeidentified: Bool, sight: CaseSight
        ) {
            id = UUID().uuidString.lowercased()
            (self.patient, self.organisation) = (patient, organisation)
            (self.createdAt, self.byteCount, self.sha256) = (createdAt, byteCount, sha256)
            (self.sentence, self.isDeidentified) = (sentence, isDeidentified)
            switch sight.extent {
            case .whole: (series, records) = (nil, nil)
            case .items(let all, let computed):
                (series, records) = (all.sorted(), computed.sorted())
            }
        }

        /// Whether somebody who sees so much of the case now may have it.
        package func isCovered(by sight: CaseSight) -> Bool {
            guard let series, let records else { return sight.extent == .whole }
            return sight.covers(
                CaseSight(
                    .items(series: Set(series), records: Set(records)), .shares([]),
                    includesInternal: false))
        }

        /// When it goes.
        package var endsAt: Date { createdAt.addingTimeInterval(ExportStore.keptSeconds) }
    }

    /// How long an export stays, in seconds: a day.
    package static let keptSeconds = 86_400.0

    let folder: URL
    let now: @Sendable () -> Date

    /// Takes a finished archive; it lies there when this returns.
    ///
    /// - Parameters:
    ///   - file: The archive, on the data folder's disk; it is moved.
    ///   - export: What it is.
    /// - Throws: What the file system says.
    package func keep(_ file: URL, as export: Kept) throws {
        let files = FileManager.default
        if !files.fileExists(atPath: folder.path) {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: false,
                attributes: DurableFile.ownersFolder)
        }
        try files.moveItem(at: file, to: archive(of: export))
        // Without it nobody finds the archive.
        let text = try JSONEncoder().encode(export)
        try text.write(to: place(export.id, "json"), options: .atomic)
    }

    /// The exports of a case that an organisation's people may fetch, the latest first.
    package func exports(of patient: Int64, organisation: Int64) throws -> [Kept] {
        try all().filter { $0.patient == patient && $0.organisation == organisation }
            .sorted { $0.createdAt > $1.createdAt }
    }

    /// Where an export's archive lies.
    package func archive(of export: Kept) -> URL { place(export.id, "zip") }

    /// Removes what is over, and archives that nothing names.
    ///
    /// - Returns: The exports that went.
    @discardableResult
    package func sweep() throws -> [Kept] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            return []
        }
        let (kept, moment) = (try all(), now())
        let over = try read().filter { $0.endsAt <= moment }
        for export in over {
            try? FileManager.default.removeItem(at: archive(of: export))
            try? FileManager.default.removeItem(at: place(export.id, "json"))
        }
        let known = Set((kept + over).map(\.id))
        for name in names where name.hasSuffix(".zip") && !known.contains(String(name.dropLast(4)))
        {
            let file = folder.appending(path: name)
            let facts = try? FileManager.default.attributesOfItem(atPath: file.path)
            // One that has just come may be about to be named.
            guard let changed = facts?[.modificationDate] as? Date,
                Date().timeIntervalSince(changed) > Self.keptSeconds
            else { continue }
            try? FileManager.default.removeItem(at: file)
        }
        return over
    }

    private func all() throws -> [Kept] {
        let moment = now()
        return try read().filter { $0.endsAt > moment }
    }

    private func read() throws -> [Kept] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            return []
        }
        return names.filter { $0.hasSuffix(".json") }.compactMap { name in
            guard let text = try? Data(contentsOf: folder.appending(path: name)) else { return nil }
            return try? JSONDecoder().decode(Kept.self, from: text)
        }
    }

    private func place(_ id: String, _ ending: String) -> URL {
        folder.appending(path: "\(id).\(ending)")
    }
}

extension DataFolder {
    /// Where finished exports lie for a day.
    package var exports: ExportStore {
        ExportStore(folder: url.appending(path: "exports"), now: records.now)
    }
}
