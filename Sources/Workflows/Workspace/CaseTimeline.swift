import Foundation
import Pathway
import Storage
import Therapy

/// What happened to a patient in one line of time: scans, plans with their doses, signatures,
/// treatments, delivered doses.
package struct CaseTimeline: Sendable {
    package enum Kind: String, Hashable, Sendable {
        case scan, plan, signature, treatment
        case delivered = "delivered doses"
    }

    package struct Event: Hashable, Sendable {
        package let kind: Kind
        /// `YYYY-MM-DD HH:MM`, UTC; of a scan the scanner's own clock, or the day alone.
        package let time: String
        package let what: String
        package let who: String
        /// The plan or verification that it is about; `nil` for a scan.
        package let record: String?
        /// Why it does not count any more; empty while it does.
        package let ended: String
        /// Where its numbers came from; `nil` where it has none of a kept record.
        package let source: String?
    }

    /// The latest first; of one moment, what came later first.
    package let events: [Event]

    /// Reads what happened.
    ///
    /// - Parameter reader: What is seen of the case; signatures and sheets are its owner's alone.
    /// - Throws: ``StorageError``, `DecodingError` when a kept sheet is damaged.
    package init(_ reader: CaseReader) async throws {
        let names = try await reader.folder.accounts.fullNames(ofCase: reader.patient)
        var events = try await Self.scans(reader)
        let records = try await reader.derived()
        for record in records {
            if let event = try await Self.event(record, names, reader, among: records) {
                events.append(event)
            }
        }
        if reader.sight.isOwners {
            events += try await reader.folder.records.signatures(caseID: reader.caseID)
                .map(Event.init)
        }
        self.events = events.enumerated().sorted {
            ($0.element.time, $0.offset) > ($1.element.time, $1.offset)
        }.map(\.element)
    }

    private static func scans(_ reader: CaseReader) async throws -> [Event] {
        let series = try await reader.series()
        return try await reader.studies().map { study in
            let kinds = Set(series.filter { $0.study == study.id }.map(\.description.modality))
            let time = study.description.time
            let clock = time.count >= 4 ? " \(time.prefix(2)):\(time.dropFirst(2).prefix(2))" : ""
            return Event(
                kind: .scan, time: ReadableIdentity.date(study.description.date) + clock,
                what: [study.description.description, kinds.sorted().joined(separator: ", ")]
                    .filter { !$0.isEmpty }.joined(separator: ": "),
                who: "", record: nil, ended: "", source: nil)
        }
    }

    private static func event(
        _ record: DerivedRecord, _ names: [String: String], _ reader: CaseReader,
        among records: [DerivedRecord]
    ) async throws -> Event? {
        let who = names[record.createdBy] ?? record.createdBy
        let ended = record.state.reason.map { "outdated: \($0)" } ?? ""
        switch record.draft.kind {
        case "plan":
            return Event(
                kind: .plan, time: minute(record.createdAt),
                what: "\(record.id), \(record.draft.name), version \(record.version), with its "
                    + "dose",
                who: who, record: record.id, ended: ended, source: record.source(names))
        case "verification":
            return Event(
                kind: .delivered, time: minute(record.createdAt),
                what: "\(record.id), \(record.draft.name)", who: who, record: record.id,
                ended: ended, source: record.source(names))
        case "treatment" where reader.sight.isOwners:
            let bytes = try await reader.folder.objects.bytes(of: record.draft.content)
            let latest = records.last {
                $0.draft.kind == record.draft.kind && $0.draft.name == record.draft.name
            }
            return try Event(
                JSONDecoder().decode(TreatmentSheet.self, from: Data(bytes)),
                isLatest: latest?.id == record.id, source: record.source(names))
        default: return nil
        }
    }

    /// `YYYY-MM-DD HH:MM` of ISO 8601 in UTC.
    package static func minute(_ time: String) -> String {
        String(time.prefix(16)).replacing("T", with: " ")
    }
}

extension CaseTimeline.Event {
    fileprivate init(_ signature: SignatureRecord) {
        self.init(
            kind: .signature, time: CaseTimeline.minute(signature.signedAt),
            what: "\(signature.plan) signed as \(signature.meaning.rawValue)",
            who: signature.fullName, record: signature.plan,
            ended: signature.ending.map { "ended: \($0.reason)" } ?? "", source: nil)
    }

    fileprivate init(_ sheet: TreatmentSheet, isLatest: Bool, source: String) throws {
        let start = try ZonedTime(iso8601: sheet.start, key: "start").instant
        let stasis = sheet.stasis ? ", stopped by stasis" : ""
        self.init(
            kind: .treatment, time: CaseTimeline.minute(start.ISO8601Format()),
            what: "\(sheet.territory): \(Figures.gbq(sheet.administeredActivityGBq)) GBq of "
                + "\(sheet.nuclide)\(stasis)",
            who: sheet.administeredBy, record: sheet.plan,
            ended: isLatest ? "" : "corrected by a later version of the sheet",
            source: "\(source); \(TreatmentSheet.administeredFormula)")
    }
}
