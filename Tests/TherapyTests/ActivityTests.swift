import Physics
import Quantities
import Testing
import Therapy

@Suite("Activity")
struct ActivityTests {
    @Test(
        "V11: the sizes on the label in mCi",
        arguments: [(3.0, 81.0), (5, 135), (7, 189), (10, 270), (15, 405), (20, 540)])
    func millicuries(gbq: Double, mCi: Double) {
        // The label rounds to whole mCi; 20 GBq is 540.54.
        #expect(abs(Activity(gigabecquerels: gbq).millicuries - mCi) < 0.6)
        expectSame(Activity(millicuries: 1).becquerels, 37e6)
    }

    @Test("V12: 94.24 % of the dose is given in 11 days")
    func elevenDays() {
        let left = Activity(gigabecquerels: 1).decayed(
            over: TimeSpan(hours: 264), halfLife: TimeSpan(hours: 64.1))
        #expect(abs(1 - left.gigabecquerels - 0.9424) < 5e-5)
    }

    @Test("order, vial, injected, liver and lung activity stay apart")
    func chain() throws {
        let chain = try ActivityChain(
            vial: Activity(gigabecquerels: 2), residualFraction: 0.1, lungShuntFraction: 0.2)
        expectSame(chain.injected.gigabecquerels, 1.8)
        expectSame(chain.liver.gigabecquerels, 1.44)
        expectSame(chain.lung.gigabecquerels, 0.36)
        let order = chain.ordered(calibratedBefore: TimeSpan(hours: 64.1), profile: try profile())
        expectSame(order.gigabecquerels, 4)
        let back = try ActivityChain(
            liver: chain.liver, residualFraction: 0.1, lungShuntFraction: 0.2)
        expectSame(back.vial.gigabecquerels, 2)
    }

    @Test("spheres per activity grow sixfold in a week")
    func spheres() throws {
        let three = Activity(gigabecquerels: 3)
        let fresh = SIRTDevice.glass.sphereCount(
            activity: three, hoursAfterCalibration: 0, profile: try profile())
        expectSame(fresh, 1.2e6)
        let week = SIRTDevice.glass.sphereCount(
            activity: three, hoursAfterCalibration: 168, profile: try profile())
        #expect(abs(week / fresh - 6.15) < 0.005)
        let resin = SIRTDevice.resin.sphereCount(
            activity: three, hoursAfterCalibration: 0, profile: try profile())
        expectSame(resin / 44e6, 1)
    }

    @Test("the rule of 3780 MBq per kilogram gives 60 Gy of Ho-166")
    func holmium() throws {
        let ho = try ConventionProfile(
            name: "ho", nuclide: .ho166, doseConstantGyKgPerGBq: 15.87,
            halfLife: TimeSpan(hours: 26.8), source: "test")
        let dose = ho.meanDose(of: Activity(megabecquerels: 3780), in: Mass(kilograms: 1))
        // The rule is printed to whole Gy; 15.87 · 3.78 = 59.99.
        #expect(abs(dose.grays - 60) < 0.02)
    }
}
