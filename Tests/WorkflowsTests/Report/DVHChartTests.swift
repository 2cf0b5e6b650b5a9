import Foundation
import Testing
import Workflows

@Suite("DVH chart")
struct DVHChartTests {
    @Test("A straight curve runs from full volume at zero to nothing at the end of the axis")
    func corners() throws {
        let curve = ReportCurve(
            name: "straight", dosesGy: [0, 50, 100], volumeFractions: [1, 0.5, 0],
            style: .numbered(0))
        let svg = DVHChart.svg([curve]).source
        let points = try #require(svg.firstMatch(of: /<polyline points="([^"]*)"/)).1
        // The axis spans 0 to 50 Gy: the last dose with any volume is 50, cut there.
        #expect(points == "52,10 666,119")
        #expect(svg.contains(">50</text>"))
    }

    @Test("A drawing stays small however finely the histogram is binned")
    func thinned() {
        let doses = (0 ... 60_000).map { Double($0) * 0.01 }
        let curve = ReportCurve(
            name: "fine", dosesGy: doses, volumeFractions: doses.map { exp(-$0 / 100) },
            style: .numbered(1))
        let points = DVHChart.svg([curve]).source.count { $0 == "," }
        // 614 by 218 units at 0.3 units each, both directions, at the very most.
        #expect(points > 300 && points < 3000)
    }

    @Test("Curves without numbers draw axes and no line", arguments: [Double.nan, .infinity, -1])
    func unusable(_ value: Double) {
        let curve = ReportCurve(
            name: "bad", dosesGy: [value, value], volumeFractions: [value, value],
            style: .numbered(2))
        let svg = DVHChart.svg([curve]).source
        #expect(!svg.contains("polyline"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test("The first 35 lines all look different, and neighbours differ in dash as well")
    func styles() {
        let styles = (0 ..< 35).map(ReportLineStyle.numbered)
        #expect(Set(styles).count == 35)
        for (one, next) in zip(styles, styles.dropFirst()) { #expect(one.dash != next.dash) }
    }
}
