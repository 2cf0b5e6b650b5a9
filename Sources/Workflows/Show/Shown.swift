package import DICOM
package import Storage

/// What an id in a data folder stands for, with everything known about it.
package enum Shown: Encodable, Sendable {
    case series(SeriesShown)
    case computed(ComputedShown)

    /// Looks up an id: a computed object's (`plan-12`), else a series' UID, short id or description.
    ///
    /// - Throws: ``WorkflowError`` when it means nothing or several things; ``StorageError``.
    package init(id: String, folder: DataFolder, source: any DicomSource) async throws {
        switch try await RecordName(id, in: folder.records) {
        case .computed(let record):
            self = .computed(try await ComputedShown(record, folder: folder))
        case .series(let record):
            self = .series(try await SeriesShown(record, folder: folder, source: source))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .series(let series): try series.encode(to: encoder)
        case .computed(let object): try object.encode(to: encoder)
        }
    }
}

/// What a name in a data folder leads to.
enum RecordName: Sendable {
    case computed(DerivedRecord)
    case series(SeriesRecord)

    /// - Throws: ``WorkflowError/notFound(kind:name:)``; ``WorkflowError/refused(sentence:)`` when
    ///   several series have that description.
    init(_ id: String, in records: RecordStore) async throws {
        do {
            self = .computed(try await ComputedName.resolve(id, in: records))
        } catch WorkflowError.notFound {
            do {
                self = .series(try await SeriesName.resolve(id, in: records))
            } catch WorkflowError.notFound {
                throw WorkflowError.notFound(kind: "series or computed object", name: id)
            }
        }
    }
}
