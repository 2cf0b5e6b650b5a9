import Workflows

extension GrevyServer.CasePage {
    /// The line of time as the page shows it: the latest events, and the others folded.
    struct Timeline: Sendable {
        struct Line: Sendable {
            let time: String
            let kind: String
            let what: String
            let who: String
            /// Where it opens; `nil` for scans.
            let path: String?
            /// Why it does not count any more; `nil` while it does.
            let ended: String?
            /// Where its numbers come from; `nil` for what has none.
            let source: String?
        }

        let recent: [Line]
        let earlier: [Line]
        let hasEarlier: Bool

        /// As many as a screen shows beside the rest of the case.
        private static let mostRecent = 12

        init(_ timeline: CaseTimeline, of patient: Int64) {
            let lines = timeline.events.map { Line($0, "/cases/\(patient)") }
            recent = Array(lines.prefix(Self.mostRecent))
            earlier = Array(lines.dropFirst(Self.mostRecent))
            hasEarlier = !earlier.isEmpty
        }
    }
}

extension GrevyServer.CasePage.Timeline.Line {
    fileprivate init(_ event: CaseTimeline.Event, _ base: String) {
        (time, kind, what, who) = (event.time, event.kind.rawValue, event.what, event.who)
        ended = event.ended.isEmpty ? nil : event.ended
        source = event.source
        path = event.record.map {
            switch event.kind {
            case .delivered: "\(base)/delivered/\($0)"
            case .signature: "\(base)/plans/\($0)/signatures"
            case .treatment: "\(base)/plans/\($0)/treatment"
            case .plan, .scan: "\(base)/plans/\($0)"
            }
        }
    }
}
