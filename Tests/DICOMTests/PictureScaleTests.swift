import DICOM
import Imaging
import Testing

@Suite("Scale of a picture")
struct PictureScaleTests {
    private static func header(_ modality: String) -> DataSet {
        var data = DataSet()
        data.set(.modality, modality)
        return data
    }

    private static func length(_ header: DataSet, _ a: [Double], _ b: [Double]) -> Double? {
        PictureScale(header)?.lengthMM(
            from: PlanePoint(u: a[0], v: a[1]), to: PlanePoint(u: b[0], v: b[1]))
    }

    @Test("Pixel Spacing counts rows first: 3 columns of 1 mm and 2 rows of 2 mm are 5 mm")
    func spacing() {
        var data = Self.header("SC")
        data.set(.pixelSpacing, ["2", "1"])
        #expect(Self.length(data, [10, 10], [13, 12]) == 5)
        #expect(PictureScale(data)?.isOnDetector == false)
    }

    @Test(
        "A projection's spacing is the detector's unless something says that it was calibrated",
        arguments: [
            (nil, ["0.5", "0.5"], nil, true), (["0.5", "0.5"], ["0.5", "0.5"], nil, true),
            (["0.5", "0.5"], nil, nil, true), (["0.4", "0.4"], ["0.5", "0.5"], nil, false),
            (["0.5", "0.5"], ["0.5", "0.5"], "GEOMETRY", false),
        ] as [([String]?, [String]?, String?, Bool)])
    func projection(own: [String]?, detector: [String]?, type: String?, isOnDetector: Bool) {
        var data = Self.header("XA")
        if let own { data.set(.pixelSpacing, own) }
        if let detector { data.set(.imagerPixelSpacing, detector) }
        if let type { data.set(.pixelSpacingCalibrationType, type) }
        #expect(PictureScale(data)?.isOnDetector == isOnDetector)
        let size = own == ["0.4", "0.4"] ? 0.4 : 0.5
        #expect(Self.length(data, [0, 0], [10, 0]) == 10 * size)
    }

    @Test("A picture without spacing, or with one that cannot be, has none")
    func none() {
        #expect(PictureScale(Self.header("US")) == nil)
        for wrong in [["0", "1"], ["1"], ["-1", "1"], ["1e9", "1"], ["a", "1"]] {
            var data = Self.header("OT")
            data.set(.pixelSpacing, wrong)
            #expect(PictureScale(data) == nil, "\(wrong)")
        }
    }

    private static func region(
        _ bounds: [Int], _ deltasCM: [Double], units: Int = 3, format: Int = 1
    ) -> DataSet {
        var item = DataSet()
        item.set(.regionSpatialFormat, format)
        item.set(.regionLocationMinX0, bounds[0])
        item.set(.regionLocationMinY0, bounds[1])
        item.set(.regionLocationMaxX1, bounds[2])
        item.set(.regionLocationMaxY1, bounds[3])
        item.set(.physicalUnitsXDirection, units)
        item.set(.physicalUnitsYDirection, 3)
        item.set(.physicalDeltaX, [deltasCM[0]])
        item.set(.physicalDeltaY, [deltasCM[1]])
        return item
    }

    @Test("Lengths of ultrasound lie in one region with centimetres both ways")
    func regions() throws {
        var data = Self.header("US")
        data.set(
            .sequenceOfUltrasoundRegions,
            [
                Self.region([0, 0, 9, 9], [0.01, 0.01], units: 4, format: 2),
                Self.region([10, 0, 49, 39], [0.05, -0.025]),
                Self.region([60, 0, 99, 39], [0.1, 0.1]),
            ])
        // 12 columns of 0.5 mm and 20 rows of 0.25 mm.
        let length = try #require(Self.length(data, [20, 10], [32, 30]))
        #expect(abs(length - 61.0.squareRoot()) < 1e-12)
        #expect(try #require(Self.length(data, [60, 0], [70, 0])) == 10)
        #expect(Self.length(data, [20, 10], [70, 10]) == nil)
        #expect(Self.length(data, [2, 2], [8, 2]) == nil)
        #expect(Self.length(data, [52, 2], [55, 2]) == nil)
        data.set(.sequenceOfUltrasoundRegions, [Self.region([0, 0, 9, 9], [1, 1], units: 4)])
        data.set(.pixelSpacing, ["1", "1"])
        #expect(PictureScale(data) == nil)
    }
}
