import DICOM
import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows
import _TestSupport

/// Two organisations, a case of the first with two of everything, of which one is shared.
struct ShareStory {
    typealias Browser = ServerFixture.Browser

    /// Things of the case that stand on one series.
    struct Line: Sendable {
        let seriesUID: String
        let series: String
        let voi: String
        let plan: String
        let report: String

        /// Things that no case has.
        static let absent = Line(
            seriesUID: "1.2.99", series: "se-00000000", voi: "voi-9999", plan: "plan-9999",
            report: "report-9999")

        /// An id of the line for a parameter of a path; `nil` for parameters that name no item.
        func id(for parameter: String, in path: String) -> String? {
            switch parameter {
            case "plan": plan
            case "series", "ct": series
            case "id": series
            case "version": voi
            case "record": path.contains("documents") ? report : plan
            default: nil
            }
        }
    }

    let fixture: ServerFixture
    let owner: Browser
    let recipient: Browser
    /// What is shared.
    let ours: Line
    /// What is not.
    let foreign: Line

    var patient: Int64 { fixture.patients[0] }
    var base: String { "/cases/\(patient)" }

    init(
        _ label: String, role: Role = .nuclearMedicinePhysician,
        change: (inout ServerSettings) -> Void = { _ in }
    ) async throws {
        fixture = try await ServerFixture(label, source: InProcessSource(), change: change)
        owner = try await fixture.browser(.physicist)
        recipient = try await fixture.browser(role, organisation: 1)
        ours = try await Self.line(1, "20260105", fixture)
        foreign = try await Self.line(2, "20260105", fixture)
    }

    /// Another series of the case and what stands on it.
    static func line(
        _ number: Int, _ date: String, _ fixture: ServerFixture, study: String = "1.2.0"
    ) async throws -> Line {
        let uid = "\(study).\(number)"
        let caseID = "patient-\(fixture.patients[0])"
        try await add(1, to: uid, study: study, date, fixture)
        let records = fixture.folder.records
        let digest = try await records.instances(seriesUID: uid).seriesDigest
        func save(
            _ kind: String, _ bytes: [UInt8], _ inputs: [DerivedInput], _ type: String
        ) async throws -> String {
            try await records.save(
                DerivedDraft(
                    caseID: caseID, kind: kind, name: "of \(uid)",
                    content: try await fixture.folder.objects.put(bytes), mediaType: type,
                    inputs: inputs, softwareVersion: "0.1"), by: "test"
            ).id
        }
        let voi = try await save(
            "voi", Array("mask of \(uid)".utf8),
            [DerivedInput("planning", .series(uid: uid, digest: digest))], "application/gzip")
        let plan = try await save(
            "plan", PlanJSON.bytes(activityGBq: Double(number)),
            [
                DerivedInput("planning", .series(uid: uid, digest: digest)),
                DerivedInput("voi", .derived(voi)),
            ], "application/json")
        let report = try await save(
            "report", Array("<p>report of \(uid)</p>".utf8), [DerivedInput("plan", .derived(plan))],
            "text/html")
        return Line(
            seriesUID: uid, series: SeriesName.short(uid), voi: voi, plan: plan, report: report)
    }

    /// Adds a file to a series of the case.
    static func add(
        _ instance: Int, to uid: String, study: String, _ date: String, _ fixture: ServerFixture
    ) async throws {
        let object = try await fixture.folder.objects.put(Array("\(uid) \(instance)".utf8))
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        let outcome = try await fixture.folder.records.register(
            [
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "P0", issuer: "H", name: "Phantom^Number0",
                        birthDate: "19600101", sex: "O"),
                    study: StudyDescription(studyUID: study, date: date),
                    series: SeriesDescription(seriesUID: uid, modality: "CT"),
                    sopInstanceUID: "\(uid).7.\(instance)",
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: uid, sourceIndex: instance)
            ], run: run)
        #expect(outcome == [.stored])
    }

    func number(of line: Line) async throws -> Int64 {
        try await fixture.folder.records.series(uid: line.seriesUID).id
    }

    /// A draft of sharing a line's report, with which everything below comes.
    func draft(
        _ line: Line, rights: Set<ShareRight> = [], days: Int = 14, future: Bool = false,
        priors: Bool = false
    ) throws -> ShareDraft {
        ShareDraft(
            patient: patient, recipient: fixture.organisations[1].id,
            terms: try ShareTerms(
                purpose: "second opinion", rights: rights, days: days, includesFuture: future,
                includesPriors: priors), series: [], records: [line.report])
    }

    /// Shares a line's report and what it stands on.
    @discardableResult
    func share(
        _ line: Line, rights: Set<ShareRight> = [], days: Int = 14, future: Bool = false
    ) async throws -> ShareRecord {
        try await fixture.folder.shares.create(
            draft(line, rights: rights, days: days, future: future), by: owner.account)
    }

    func get(
        _ path: String, _ browser: Browser? = nil
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(.get, path, browser ?? recipient)
    }
}

extension Requirement {
    /// The right of a share that opens the route; `nil` where none does.
    var sharedRight: ShareRight? {
        if case .ofCase(_, let shared) = self { shared } else { nil }
    }
}
