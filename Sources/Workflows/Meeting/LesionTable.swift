package import Pathway
package import Storage

/// A patient's target lesions by day, as pages and minutes show them.
package struct LesionTable: Hashable, Encodable, Sendable {
    package struct Target: Hashable, Encodable, Sendable {
        package let number: Int
        /// `T1 Segment VI`.
        package let name: String
        package let site: String
        /// Diameter of each day, in mm.
        package let cells: [String]
    }

    package struct Line: Hashable, Encodable, Sendable {
        package let name: String
        package let cells: [String]
    }

    /// Of the images: the baseline first.
    package let days: [String]
    package let targets: [Target]
    /// Sum, changes and response of each day.
    package let lines: [Line]
    /// Where the targets are not as the rule has them.
    package let departures: [String]

    /// Makes the table, or nothing without a target.
    ///
    /// `struck` says what of a name may be shown.
    package init?(_ records: LesionRecords, struck: (String) -> String = { $0 }) {
        guard !records.lesions.isEmpty else { return nil }
        let assessed = records.assessed
        let readings = Dictionary(
            records.readings.map { ("\($0.lesion) \($0.day)", $0) }
        ) { first, _ in first }
        days = assessed.map(\.reading.day)
        targets = records.lesions.map { lesion in
            Target(
                number: lesion.target.number,
                name: "T\(lesion.target.number) \(struck(lesion.name))",
                site: lesion.target.isNode
                    ? "\(lesion.target.site.title), short axis" : lesion.target.site.title,
                cells: assessed.map {
                    Self.cell(readings["\(lesion.id) \($0.reading.day)"])
                })
        }
        lines = [
            Line(
                name: "Sum of diameters, mm",
                cells: assessed.map {
                    $0.isComplete
                        ? Figures.fixed($0.sumMM, 1)
                        : "\(Figures.fixed($0.sumMM, 1)) (not every target)"
                }),
            Line(
                name: "From baseline",
                cells: assessed.map {
                    $0.category == .baseline
                        ? "" : Self.change($0.relativeToBaseline, $0.changeFromBaselineMM)
                }),
            Line(
                name: "From the smallest before",
                cells: assessed.map {
                    $0.category == .baseline
                        ? "" : Self.change($0.relativeToNadir, $0.changeFromNadirMM)
                }),
            Line(
                name: "New lesion", cells: assessed.map { $0.reading.hasNewLesion ? "yes" : "" }),
            Line(name: "Response of the targets", cells: assessed.map(\.category.title)),
        ]
        departures = TargetDeparture.all(
            of: records.lesions.map(\.target), baseline: assessed.first?.reading
        ).map(\.sentence)
    }

    private static func cell(_ reading: LesionReadingRecord?) -> String {
        guard let reading, let diameter = reading.diameterMM else { return "not read" }
        switch reading.kind {
        case .measured: return Figures.fixed(diameter, 1)
        case .tooSmall: return "too small (\(Figures.fixed(diameter, 0)))"
        case .gone: return "gone (0)"
        case .notRead: return "not read"
        }
    }

    /// Percent, and how many mm that is.
    private static func change(_ fraction: Double?, _ lengthMM: Double?) -> String {
        guard let lengthMM else { return Figures.missing }
        let text = Figures.fixed(lengthMM, 1)
        let sign = lengthMM > 0 && text != "0.0" ? "+" : ""
        guard let fraction else { return "\(sign)\(text) mm" }
        return "\(Figures.signedPercent(fraction)) % (\(sign)\(text) mm)"
    }
}

extension LesionRecords {
    /// How the targets answer to treatment, day by day.
    package var assessed: [TumourResponse] {
        let numbers = Dictionary(lesions.map { ($0.id, $0.target.number) }) { first, _ in first }
        var diameters = Dictionary(
            daysOfNewLesions.map { ($0, [Int: Double]()) }
        ) { first, _ in first }
        for reading in readings {
            guard let number = numbers[reading.lesion], let diameter = reading.diameterMM else {
                continue
            }
            diameters[reading.day, default: [:]][number] = diameter
        }
        return TumourResponse.assessed(
            diameters.map { day, diameters in
                TargetReading(
                    day: day, diametersMM: diameters,
                    hasNewLesion: daysOfNewLesions.contains(day))
            }, of: lesions.map(\.target))
    }
}
