import Storage
import Workflows

extension GrevyServer.CasePage {
    /// Target lesions by day, each diameter with who read it.
    struct LesionLines: Sendable {
        struct Cell: Sendable {
            let value: String
            let source: String
        }

        struct Target: Sendable {
            let name: String
            let site: String
            let cells: [Cell]
        }

        let days: [String]
        let targets: [Target]
        let lines: [LesionTable.Line]
        let departures: [String]

        /// Makes the lines, or nothing without a target; `names` are by the numbers of accounts.
        init?(_ records: LesionRecords, _ names: [Int64: String]) {
            guard let table = LesionTable(records) else { return nil }
            (days, lines, departures) = (table.days, table.lines, table.departures)
            let readings = Dictionary(
                records.readings.map { ("\($0.lesion) \($0.day)", $0) }
            ) { first, _ in first }
            targets = zip(table.targets, records.lesions).map { target, lesion in
                Target(
                    name: target.name, site: target.site,
                    cells: zip(table.days, target.cells).map { day, value in
                        Cell(
                            value: value,
                            source: Self.source(of: readings["\(lesion.id) \(day)"], names))
                    })
            }
        }

        private static func source(
            of reading: LesionReadingRecord?, _ names: [Int64: String]
        ) -> String {
            guard let reading else { return "Nobody has read it on the images of that day." }
            let who = names[reading.account] ?? "account-\(reading.account)"
            let how = reading.measurement.map { "measurement \($0)" } ?? "noted, not measured"
            return "Read \(Moment.text(reading.createdAt)) by \(who); \(how)."
        }
    }
}
