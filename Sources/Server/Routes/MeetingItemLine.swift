import Foundation
import Hummingbird
import Imaging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// What a session shows beside the images of a case.
    struct ItemLine: Encodable, Sendable {
        struct Image: Encodable, Sendable {
            let id: String
            let label: String
        }

        struct KeyImage: Encodable, Sendable {
            let id: Int64
            let series: String
            /// DICOM LPS, mm; `nil` on a picture.
            let lpsMM: [Double]?
            /// Of the series, from 1; `nil` on slices, and where the series cannot be read.
            let frame: Int?
            /// Column and row; `nil` on slices.
            let pixel: [Double]?
            let note: String
            let author: String
            let mayWithdraw: Bool
        }

        struct Measurement: Encodable, Sendable {
            struct Value: Encodable, Sendable {
                let quantity: String
                let value: Double
                let unit: String
            }

            let id: Int64
            let series: String
            let label: String
            let shape: String
            /// DICOM LPS, mm; on a picture column and row.
            let points: [[Double]]
            /// Of the series, from 1; `nil` on slices, and where the series cannot be read.
            let frame: Int?
            /// Whether lengths are those on the detector; `nil` on slices.
            let isOnDetector: Bool?
            let values: [Value]
            let author: String
            let mayWithdraw: Bool
        }

        struct Decided: Encodable, Sendable {
            let version: Int
            let choice: String
            let isSigned: Bool
        }

        let item: Int64
        /// Of the list, from 1.
        let number: Int
        let isHidden: Bool
        /// Whose case it is; struck out while names are hidden.
        let title: String
        let question: String
        let referral: String
        let images: [Image]
        /// How many images are withheld because their pixels may hold names.
        let withheld: Int
        let keyImages: [KeyImage]
        let measurements: [Measurement]
        /// `nil` while there is no target lesion.
        let lesions: LesionTable?
        let sites: [Site]
        let decision: Decided?
        let decisionPath: String
        /// Whether the reader keeps key images and measurements, as ``mayWrite(_:in:)`` says.
        let mayMark: Bool
        let mayComment: Bool
    }

    func itemLine(_ call: Call) async throws -> ItemLine {
        let place = try await place(call)
        let patient = try call.caseOwner
        let hidden = place.hidesNames ? HiddenNames(patient.identity) : nil
        func shown(_ text: String) -> String { hidden?.struck(text) ?? text }
        let account = try call.account
        let names = try await folder.accounts.names()
        let agenda = try await folder.records.agenda(of: place.meeting.id)
        let number = (agenda.firstIndex { $0.id == place.item.id } ?? 0) + 1
        let (images, withheld) = try await itemImages(call, isHidden: place.hidesNames)
        let seen = try await reader(call).series()
        let series = Dictionary(seen.map { ($0.id, $0.shortID) }) { first, _ in first }
        let mayComment = account.role.rights.contains(.comment)
        let mayMark = try mayComment && mayWrite(call, in: place.meeting)
        let isChair = place.meeting.chair == account.id
        let keyImages = try await folder.records.keyImages(item: place.item.id)
        let measured = try await folder.records.measurements(item: place.item.id)
        let marked = Set(
            keyImages.compactMap(\.place.pictureSeries) + measured.compactMap(\.pictureSeries))
        let frames = try await frameNumbers(of: seen.filter { marked.contains($0.id) }, call)
        // Sums add up diameters of images that a guest may not see.
        let isOwners = try call.sight.isOwners
        let lesions =
            try await isOwners
            ? LesionTable(folder.records.lesions(of: patient.id), struck: shown) : nil
        let decision = try await folder.records.decisions(item: place.item.id).last
        let identity = patient.identity
        let title =
            hidden == nil
            ? [
                ReadableIdentity.name(identity.name), ReadableIdentity.date(identity.birthDate),
                identity.patientID,
            ].joined(separator: " · ") : "Case \(number)"
        return ItemLine(
            item: place.item.id, number: number, isHidden: place.hidesNames, title: title,
            question: shown(place.item.question), referral: shown(place.item.referral),
            images: images, withheld: withheld,
            keyImages: keyImages.compactMap { image in
                guard let id = series[image.place.series] else { return nil }
                let (point, frame, pixel) = Self.place(image.place, frames)
                return ItemLine.KeyImage(
                    id: image.id, series: id, lpsMM: point, frame: frame, pixel: pixel,
                    note: shown(image.note), author: names[image.account] ?? "",
                    mayWithdraw: mayMark && (isChair || image.account == account.id))
            },
            measurements: measured.compactMap { record in
                guard let id = series[record.draft.series] else { return nil }
                return ItemLine.Measurement(
                    record, series: id, frames: frames, label: shown(record.draft.label),
                    author: names[record.account] ?? "",
                    mayWithdraw: mayMark && (isChair || record.account == account.id))
            }, lesions: lesions,
            sites: isOwners ? ItemLine.sites : [],
            decision: decision.map {
                ItemLine.Decided(
                    version: $0.version, choice: shown($0.decision.choice),
                    isSigned: $0.signature != nil)
            }, decisionPath: "/cases/\(patient.id)/meetings/\(place.meeting.id)/decision",
            mayMark: mayMark,
            mayComment: mayComment && call.opened?.rights.contains(.comment) == true)
    }

    /// The place of each frame among those of its series, from 1.
    ///
    /// Without those of series that cannot be read (any more): the marks on them have no frame.
    private func frameNumbers(
        of series: [SeriesRecord], _ call: Call
    ) async throws -> [CaseFrames.FrameName: Int] {
        let frames = try frames(call)
        var numbers: [CaseFrames.FrameName: Int] = [:]
        for one in series {
            do {
                numbers.merge(try await frames.numbers(of: one)) { first, _ in first }
            } catch let error where !(error is CancellationError) { continue }
        }
        return numbers
    }

    /// Where a key image lies, as the page is told: in the patient, or on a frame of its series.
    private static func place(
        _ anchor: CommentAnchor, _ frames: [CaseFrames.FrameName: Int]
    ) -> (lpsMM: [Double]?, frame: Int?, pixel: [Double]?) {
        switch anchor {
        case .point(_, let p): ([p.x, p.y, p.z], nil, nil)
        case .pixel(_, let instance, let frame, let column, let row):
            (
                nil, frames[CaseFrames.FrameName(instance: instance, frame: frame)],
                [column, row]
            )
        }
    }

    /// What can be shown; while names are hidden called by what it is.
    private func itemImages(
        _ call: Call, isHidden: Bool
    ) async throws -> ([ItemLine.Image], withheld: Int) {
        let reader = try reader(call)
        let choices = try await imageChoices(of: reader) + pictureChoices(of: reader)
        guard isHidden else {
            return (choices.map { ItemLine.Image(id: $0.id, label: $0.name) }, 0)
        }
        let burnedIn = BurnedInText(reader, source: source)
        let withheld = try await heavy(call) {
            try await burnedIn.withheld(among: choices.map(\.id))
        }
        let images = choices.filter { !withheld.contains($0.id) }.map {
            ItemLine.Image(id: $0.id, label: "\($0.modality) \($0.date)")
        }
        return (images, withheld.count)
    }
}

extension GrevyServer.ItemLine.Measurement {
    fileprivate init(
        _ record: MeasurementRecord, series: String, frames: [CaseFrames.FrameName: Int],
        label: String, author: String, mayWithdraw: Bool
    ) {
        let points: [[Double]]
        var picture: MeasurementDraft.PicturePlace?
        switch record.draft.place {
        case .patient(let places): points = places.map { [$0.x, $0.y, $0.z] }
        case .picture(let place): (points, picture) = (place.pixels, place)
        }
        self.init(
            id: record.id, series: series, label: label, shape: record.draft.shape.rawValue,
            points: points,
            frame: picture.flatMap {
                frames[CaseFrames.FrameName(instance: $0.instance, frame: $0.frame)]
            }, isOnDetector: picture?.isOnDetector,
            values: record.draft.values.map {
                Value(quantity: $0.quantity.rawValue, value: $0.value, unit: $0.unit)
            }, author: author, mayWithdraw: mayWithdraw)
    }
}

extension CommentAnchor {
    /// The series of a place on a picture; `nil` for one in the patient.
    fileprivate var pictureSeries: Int64? {
        if case .pixel(let series, _, _, _, _) = self { series } else { nil }
    }
}

extension MeasurementRecord {
    /// The same of a measurement.
    fileprivate var pictureSeries: Int64? {
        if case .picture = draft.place { draft.series } else { nil }
    }
}
