import Pathway
import Testing

@Suite("Response of target lesions by RECIST 1.1")
struct TumourResponseTests {
    private typealias Category = TumourResponse.Category

    private static let liver = TargetLesion(number: 1, site: .liver)
    private static let lung = TargetLesion(number: 2, site: .lung)
    private static let node = TargetLesion(number: 3, site: .lymphNode)

    private func readings(_ days: [[Int: Double]], new: Set<Int> = []) -> [TargetReading] {
        days.enumerated().map { n, diameters in
            TargetReading(
                day: "2026-0\(n + 1)-05", diametersMM: diameters, hasNewLesion: new.contains(n))
        }
    }

    private func categories(
        _ sums: [Double], new: Set<Int> = []
    ) -> [TumourResponse.Category] {
        TumourResponse.assessed(readings(sums.map { [1: $0] }, new: new), of: [Self.liver])
            .map(\.category)
    }

    @Test(
        "One target: each limit is met exactly, and not a tenth of a millimetre before",
        arguments: [
            ([50, 35], Category.partial), ([50, 35.1], .stable), ([30.3, 21.21], .partial),
            ([50, 60], .progressive), ([50, 59.9], .stable),
            // 20 % is reached, 5 mm is not; then both.
            ([20, 24.9], .stable), ([20, 25], .progressive),
            // 5 mm is reached, 20 % is not.
            ([50, 55], .stable), ([50, 0], .complete), ([50, 0.1], .partial),
            // From the smallest sum, not from baseline or the day before.
            ([50, 20, 24, 25], .progressive), ([50, 20, 24.9], .partial),
            ([50, 20, 28, 18, 22.9], .partial), ([50, 40, 44, 48], .progressive),
            // What was gone and comes back.
            ([50, 0, 5], .progressive), ([50, 0, 4.9], .partial),
        ] as [([Double], Category)])
    func limits(sums: [Double], expected: TumourResponse.Category) {
        #expect(categories(sums).last == expected)
        #expect(categories(sums).first == .baseline)
    }

    @Test("Sums and changes of a worked example of three targets")
    func example() throws {
        let assessed = TumourResponse.assessed(
            readings([
                [1: 40, 2: 20, 3: 20], [1: 24, 2: 12, 3: 14], [1: 28, 2: 14, 3: 18],
                [1: 20, 2: 15, 3: 9],
            ]), of: [Self.liver, Self.lung, Self.node])
        #expect(assessed.map(\.sumMM) == [80, 50, 60, 44])
        #expect(assessed.map(\.category) == [.baseline, .partial, .progressive, .partial])
        #expect(assessed.map(\.changeFromBaselineMM) == [nil, -30, -20, -36])
        #expect(assessed.map(\.relativeToBaseline) == [nil, -0.375, -0.25, -0.45])
        #expect(assessed.map(\.changeFromNadirMM) == [nil, -30, 10, -6])
        #expect(assessed.map(\.relativeToNadir) == [nil, -0.375, 0.2, -0.12])
    }

    @Test("A response is complete with nodes of normal size and everything else gone")
    func nodes() {
        let targets = [Self.liver, Self.node]
        func last(_ days: [[Int: Double]], new: Set<Int> = []) -> TumourResponse.Category? {
            TumourResponse.assessed(readings(days, new: new), of: targets).last?.category
        }
        #expect(last([[1: 30, 3: 20], [1: 0, 3: 9.9]]) == .complete)
        #expect(last([[1: 30, 3: 20], [1: 0, 3: 10]]) == .partial)
        #expect(last([[1: 30, 3: 20], [1: 0.1, 3: 9.9]]) == .partial)
        // Nodes of normal size stay a complete response, whatever they gain.
        #expect(last([[1: 30, 3: 20], [1: 0, 3: 4], [1: 0, 3: 9.9]]) == .complete)
        #expect(last([[1: 30, 3: 20], [1: 0, 3: 4], [1: 0, 3: 10]]) == .progressive)
        #expect(last([[1: 30, 3: 20], [1: 0, 3: 9]], new: [1]) == .progressive)
    }

    @Test("A new lesion is progression, but for one that was there at baseline")
    func newLesions() {
        #expect(categories([50, 20, 20], new: [1]) == [.baseline, .progressive, .partial])
        #expect(categories([50, 50], new: [0]) == [.baseline, .stable])
        let alone = TumourResponse.assessed(
            readings([[1: 50], [:]], new: [1]), of: [Self.liver])
        #expect(alone.map(\.category) == [.baseline, .progressive])
        let before = TumourResponse.assessed(
            readings([[:], [1: 50]], new: [0]), of: [Self.liver])
        #expect(before.map(\.reading.day) == ["2026-02-05"])
        #expect(before.map(\.category) == [.baseline])
    }

    @Test("Without every target nothing is said, unless those that were read have grown enough")
    func missing() {
        let targets = [Self.liver, Self.lung]
        let assessed = TumourResponse.assessed(
            readings([[1: 30, 2: 20], [1: 54.9], [1: 60], [1: 10], [1: 30, 2: 20]]), of: targets)
        #expect(
            assessed.map(\.category)
                == [.baseline, .notEvaluable, .progressive, .notEvaluable, .stable])
        #expect(assessed.map(\.isComplete) == [true, false, false, false, true])
        #expect(assessed[3].changeFromNadirMM == nil && assessed[3].relativeToBaseline == nil)
        // An incomplete sum is no smallest one.
        #expect(assessed[4].changeFromNadirMM == 0)
        let late = TumourResponse.assessed(
            readings([[1: 30], [1: 30, 2: 20]]), of: targets)
        #expect(late.map(\.category) == [.notEvaluable, .notEvaluable])
        #expect(TumourResponse.assessed(readings([[:]]), of: targets).isEmpty)
        #expect(TumourResponse.assessed(readings([[1: 30]]), of: []).isEmpty)
    }

    @Test("The order of the readings does not matter")
    func order() {
        let days = readings([[1: 50], [1: 20], [1: 24]])
        #expect(
            TumourResponse.assessed(days.reversed(), of: [Self.liver])
                == TumourResponse.assessed(days, of: [Self.liver]))
    }

    @Test("What departs from the rule's choice of targets is said")
    func departures() {
        let targets = (1 ... 6).map {
            TargetLesion(number: $0, site: $0 <= 3 ? .liver : $0 <= 5 ? .lymphNode : .other)
        }
        let baseline = TargetReading(
            day: "2026-01-05", diametersMM: [1: 10, 2: 9.9, 3: 40, 4: 15, 5: 14.9],
            hasNewLesion: false)
        #expect(
            TargetDeparture.all(of: targets, baseline: baseline) == [
                .tooMany(6), .tooManyOf(.liver, 3), .tooSmall(targets[1], diameterMM: 9.9),
                .tooSmall(targets[4], diameterMM: 14.9), .notReadAtBaseline(targets[5]),
            ])
        let fitting = Array(targets[2 ... 3])
        #expect(TargetDeparture.all(of: fitting, baseline: baseline).isEmpty)
        #expect(TargetDeparture.all(of: fitting, baseline: nil).isEmpty)
        #expect(
            TargetDeparture.tooSmall(targets[4], diameterMM: 14.9).sentence
                == "T5 has 14.9 mm at baseline; RECIST 1.1 asks for a short axis of 15 mm.")
    }
}
