import Physics
import Quantities
import Testing
import Therapy

@Suite("Lung shunt and lung dose")
struct LungShuntTests {
    @Test("lungs half in view count twice")
    func fieldOfView() throws {
        let shunt = try TomographicLungShunt(
            lungCounts: 50, liverCounts: 900, visibleLungMass: Mass(kilograms: 0.5),
            lungMass: Mass(kilograms: 1))
        expectSame(shunt.lungShuntFraction, 0.1)
        expectSame(shunt.visibleFraction, 50.0 / 950)
        expectSame(shunt.lungShareInView, 0.5)
    }

    @Test("background is taken off before the geometric mean")
    func background() throws {
        let shunt = try PlanarLungShunt(
            lung: .init(anterior: 110, posterior: 410), liver: .init(anterior: 810, posterior: 820),
            lungBackground: .init(anterior: 10, posterior: 10),
            liverBackground: .init(anterior: 10, posterior: 20))
        expectSame(shunt.lungShuntFraction, 200.0 / 1000)
    }

    @Test("every value is kept and the one used is named")
    func record() throws {
        let record = try LungShuntRecord(planar: 0.12, spect: 0.05, use: .spect)
        #expect(record.values.map(\.fraction) == [0.12, 0.05])
        #expect(record.used.method == .spect && record.used.fraction == 0.05)
        #expect(throws: TherapyError.self) { try LungShuntRecord(planar: 0.12, use: .typed) }
    }

    @Test(
        "the lesser of single limit and what is left of the cumulative one holds",
        arguments: [(0.0, 30.0), (20, 30), (20.5, 29.5), (45, 5), (50, 0), (60, 0)])
    func limit(earlier: Double, allowed: Double) throws {
        let limit = try LungDoseLimit(earlier: AbsorbedDose(grays: earlier))
        #expect(limit.allowed.grays == allowed)
    }

    @Test("territories add up with their own shunts")
    func sum() throws {
        let chains = try [(1.0, 0.1), (2.0, 0.05)].map {
            try ActivityChain(
                injected: Activity(gigabecquerels: $0), residualFraction: 0, lungShuntFraction: $1)
        }
        let dose = LungDose.mean(chains, mass: Mass(kilograms: 0.8), profile: try profile())
        expectSame(dose.grays, 49.67 * 0.2 / 0.8)
    }
}
