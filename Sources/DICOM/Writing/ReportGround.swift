/// Who found what a report says.
package enum ReportObserver: Hashable, Sendable {
    case person(String)
    /// A program; the identifier is that of its version.
    case program(uid: String, name: String, version: String)
}

/// A region as one segment of a segmentation.
package struct MeasuredSegment: Hashable, Sendable {
    package let segmentation: FrameReference
    /// Its number there.
    package let number: Int
    /// The series that it was outlined on.
    package let sourceSeriesUID: String

    package init(segmentation: FrameReference, number: Int, sourceSeriesUID: String) {
        (self.segmentation, self.number) = (segmentation, number)
        self.sourceSeriesUID = sourceSeriesUID
    }

    /// TID 1411, rows 7 and 12.
    var content: [DataSet] {
        [
            .image(
                segmentation, segment: number,
                name: CodedConcept("121191", "DCM", "Referenced Segment"), .contains),
            .uid(
                CodedConcept("121232", "DCM", "Source series for segmentation"), sourceSeriesUID,
                .contains),
        ]
    }
}

/// What all measurements of a report rest on, beside what each of them names.
package struct ReportGround: Hashable, Sendable {
    /// Images of one kind.
    package struct Images: Hashable, Sendable {
        /// A modality of PS3.16, CID 29; `nil` for what no device has acquired, as doses.
        package let modality: CodedConcept?
        package let images: [FrameReference]

        package init(modality: CodedConcept?, images: [FrameReference]) {
            (self.modality, self.images) = (modality, images)
        }

        /// TID 1600, row 2.
        var content: DataSet {
            var content: [DataSet] = []
            if let modality {
                content.append(
                    .code(
                        CodedConcept("121139", "DCM", "Modality"), modality, .acquisitionContext))
            }
            content += images.map { .image($0, .contains) }
            return .container(CodedConcept("126200", "DCM", "Image Library Group"), content)
        }
    }

    /// What computed the values.
    package struct Algorithm: Hashable, Sendable {
        package let name: String
        package let version: String
        package let parameters: [String]

        package init(name: String, version: String, parameters: [String] = []) {
            (self.name, self.version, self.parameters) = (name, version, parameters)
        }

        /// TID 4019.
        var content: [DataSet] {
            [
                .text(CodedConcept("111001", "DCM", "Algorithm Name"), name, .conceptModifier),
                .text(
                    CodedConcept("111003", "DCM", "Algorithm Version"), version, .conceptModifier),
            ]
                + parameters.map {
                    .text(
                        CodedConcept("111002", "DCM", "Algorithm Parameters"), $0,
                        .conceptModifier)
                }
        }
    }

    /// A statement that is no number.
    package struct Evaluation: Hashable, Sendable {
        package let name: CodedConcept
        package let value: CodedConcept

        package init(_ name: CodedConcept, _ value: CodedConcept) {
            (self.name, self.value) = (name, value)
        }
    }

    package let images: [Images]
    /// What belongs to it and is no image, as structure sets.
    package let others: [FrameReference]
    package let algorithm: Algorithm?
    package let statements: [Evaluation]

    package init(
        images: [Images] = [], others: [FrameReference] = [], algorithm: Algorithm? = nil,
        statements: [Evaluation] = []
    ) {
        (self.images, self.others) = (images, others)
        (self.algorithm, self.statements) = (algorithm, statements)
    }

    var references: [FrameReference] { images.flatMap(\.images) + others }

    /// TID 1600; nothing without images.
    var library: [DataSet] {
        let groups = images.filter { !$0.images.isEmpty }.map(\.content)
        guard !groups.isEmpty else { return [] }
        return [
            .container(CodedConcept("111028", "DCM", "Image Library"), template: "1600", groups)
        ]
    }

    /// TID 1500, rows 12 and 13.
    var evaluations: [DataSet] {
        guard !statements.isEmpty else { return [] }
        return [
            .container(
                CodedConcept("C0034375", "UMLS", "Qualitative Evaluations"),
                statements.map { .code($0.name, $0.value) })
        ]
    }
}

extension DataSet {
    /// Observer context (PS3.16, TID 1001 to 1004).
    static func observer(_ observer: ReportObserver) -> [DataSet] {
        let type = CodedConcept("121005", "DCM", "Observer Type")
        switch observer {
        case .person(let name):
            return [
                code(type, CodedConcept("121006", "DCM", "Person"), .observationContext),
                person(
                    CodedConcept("121008", "DCM", "Person Observer Name"), name,
                    .observationContext),
            ]
        case .program(let uid, let name, let version):
            return [
                code(type, CodedConcept("121007", "DCM", "Device"), .observationContext),
                .uid(
                    CodedConcept("121012", "DCM", "Device Observer UID"), uid, .observationContext),
                text(
                    CodedConcept("121013", "DCM", "Device Observer Name"), name,
                    .observationContext),
                text(
                    CodedConcept("121015", "DCM", "Device Observer Model Name"),
                    "\(name) \(version)", .observationContext),
            ]
        }
    }
}
