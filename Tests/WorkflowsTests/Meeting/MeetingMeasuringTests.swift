import DICOM
import Imaging
import Storage
import Testing
import Workflows

/// Closed forms: lengths by Pythagoras, statistics of images whose values are their places.
@Suite("Measuring in a meeting")
struct MeetingMeasuringTests {
    /// An image whose value at a voxel is its column, 1 x 1 x 3 mm.
    private static func ramp() throws -> ImageSeries {
        let geometry = try VolumeGeometry(
            shape: [41, 41, 11], spacingMM: [1, 1, 3], originMM: [-20, -20, -15])
        return ImageSeries(
            modality: "CT", seriesInstanceUID: "1.2", frameOfReferenceUID: "1.9",
            quantity: .hounsfieldUnits,
            volume: try Volume(
                voxels: (0 ..< geometry.count).map { Float($0 % 41) }, geometry: geometry),
            radiopharmaceutical: nil, findings: [])
    }

    private func values(
        _ drawn: DrawnMeasurement, on image: ImageSeries? = nil
    ) throws -> [MeasurementDraft.Value.Quantity: Double] {
        let measured = try MeetingMeasuring.measured(drawn, on: image)
        return Dictionary(uniqueKeysWithValues: measured.2.map { ($0.quantity, $0.value) })
    }

    @Test("Diameters are the distances of their ends")
    func diameters() throws {
        let measured = try MeetingMeasuring.measured(
            .diameters([[0, 0, 5], [30, 40, 5], [10, 10, 5], [10, 22, 10]]), on: nil)
        #expect(measured.0 == .diameters && measured.1.count == 4)
        #expect(measured.2.map(\.quantity) == [.longDiameter, .shortDiameter])
        #expect(measured.2.map(\.value) == [50, 13] && measured.2.allSatisfy { $0.unit == "mm" })
        let one = try MeetingMeasuring.measured(.diameters([[0, 0, 0], [0, 0, 7]]), on: nil)
        #expect(one.2.map(\.value) == [7])
    }

    @Test("A circle's statistics are those of the voxels whose centres lie in it, of one layer")
    func circle() throws {
        // Columns -10 to 10 mm round 0 are values 10 to 30; the plane is that of one slice.
        let found = try values(
            .circle(centre: [0, 0, 0], normal: [0, 0, 1], radiusMM: 10), on: Self.ramp())
        #expect(abs((found[.mean] ?? .nan) - 20) < 1e-9)
        #expect(found[.minimum] == 10 && found[.maximum] == 30)
        #expect(abs((found[.area] ?? .nan) - 100 * Double.pi) < 1e-9)
        // Counted by hand from the definition: x over all whole points with x² + y² <= 100.
        var (count, squares) = (0.0, 0.0)
        for x in -10 ... 10 {
            for y in -10 ... 10 where x * x + y * y <= 100 {
                count += 1
                squares += Double(x * x)
            }
        }
        let expected = (squares / count).squareRoot()
        #expect(abs((found[.standardDeviation] ?? .nan) - expected) < 1e-9)
    }

    @Test("In a plane across the slices the layer is as thick as a voxel is there")
    func coronal() throws {
        let found = try values(
            .circle(centre: [5, 0, 0], normal: [0, 1, 0], radiusMM: 6), on: Self.ramp())
        // One row of voxels, columns 19 to 31 at the slice through the centre.
        #expect(found[.minimum] == 19 && found[.maximum] == 31)
        #expect(abs((found[.mean] ?? .nan) - 25) < 1e-9)
    }

    @Test("A plane halfway between two slices takes one of them")
    func halfway() throws {
        let (a, b) = (
            try values(
                .circle(centre: [0, 0, 1.5], normal: [0, 0, 1], radiusMM: 5), on: Self.ramp()),
            try values(
                .circle(centre: [0, 0, 0], normal: [0, 0, 1], radiusMM: 5), on: Self.ramp())
        )
        #expect(a == b)
    }

    @Test("Nothing, too much and what lies elsewhere is refused")
    func refusals() throws {
        let image = try Self.ramp()
        let drawn: [DrawnMeasurement] = [
            .diameters([]), .diameters([[0, 0, 0]]), .diameters([[0, 0, 0], [0, 0, 0]]),
            .diameters([[0, 0, 0], [0, 0, 1e9]]),
            .diameters([[0, 0, 0], [1, 0, 0], [0, 0, 0], [2, 0, 0]]),
            .circle(centre: [0, 0, 0], normal: [0, 0, 2], radiusMM: 5),
            .circle(centre: [0, 0, 0], normal: [0, 0, 1], radiusMM: 0),
            .circle(centre: [0, 0, 0], normal: [0, 0, 1], radiusMM: .infinity),
            .circle(centre: [.nan, 0, 0], normal: [0, 0, 1], radiusMM: 5),
            .circle(centre: [500, 0, 0], normal: [0, 0, 1], radiusMM: 5),
        ]
        for one in drawn {
            #expect(throws: WorkflowError.self, "\(one)") {
                try MeetingMeasuring.measured(one, on: image)
            }
        }
        #expect(throws: WorkflowError.self) {
            try MeetingMeasuring.measured(
                .circle(centre: [0, 0, 0], normal: [0, 0, 1], radiusMM: 5), on: nil)
        }
    }
}
