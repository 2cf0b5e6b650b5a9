import Imaging
import Testing

@Suite("Pictures at other sizes")
struct RGBPictureTests {
    /// Red grows along columns, green along rows.
    private static func ramp(_ width: Int, _ height: Int) throws -> RGBPicture {
        try RGBPicture(
            width: width, height: height,
            rgb: (0 ..< height).flatMap { row in
                (0 ..< width).flatMap { [UInt8($0), UInt8(row), 77] }
            })
    }

    @Test("A part has the pixels of its place")
    func cropped() throws {
        let part = try Self.ramp(7, 5).cropped(columns: 2 ..< 4, rows: 3 ..< 5)
        #expect(part.rgb == [2, 3, 77, 3, 3, 77, 2, 4, 77, 3, 4, 77])
    }

    @Test(
        "An even colour stays what it is, and a ramp a ramp",
        arguments: [(4, 3), (100, 90), (31, 64), (1, 1)])
    func resized(width: Int, height: Int) throws {
        let picture = try Self.ramp(60, 40).resized(width: width, height: height)
        #expect(picture.width == width && picture.height == height)
        #expect(picture.rgb.count == 3 * width * height)
        for row in 0 ..< height {
            for column in 0 ..< width {
                let at = 3 * (row * width + column)
                #expect(picture.rgb[at + 2] == 77)
                // Away from the edges the mean of a ramp is its value at the middle, within
                // rounding and the 0.03 by which whole pixels miss a triangle of 1.9 of them.
                let (x, y) = (
                    (Double(column) + 0.5) * 60 / Double(width) - 0.5,
                    (Double(row) + 0.5) * 40 / Double(height) - 0.5
                )
                let reach = (max(60 / Double(width), 1), max(40 / Double(height), 1))
                if x > reach.0, x < 59 - reach.0 {
                    #expect(abs(Double(picture.rgb[at]) - x) <= 0.54)
                }
                if y > reach.1, y < 39 - reach.1 {
                    #expect(abs(Double(picture.rgb[at + 1]) - y) <= 0.54)
                }
            }
        }
        #expect(try Self.ramp(60, 40).resized(width: 60, height: 40) == Self.ramp(60, 40))
    }

    @Test("A JPEG begins and ends as one, and says its size")
    func jpeg() throws {
        let bytes = try Self.ramp(60, 40).jpeg(quality: 90)
        #expect(bytes.starts(with: [0xff, 0xd8, 0xff]) && bytes.suffix(2) == [0xff, 0xd9])
        // Start of a baseline frame: length, 8 bits, rows, columns, three colours without
        // subsampling (ITU-T T.81 §B.2.2).
        let frame = try #require(
            (0 ..< bytes.count - 18).first { bytes[$0] == 0xff && bytes[$0 + 1] == 0xc0 })
        #expect(Array(bytes[frame + 4 ..< frame + 10]) == [8, 0, 40, 0, 60, 3])
        #expect(bytes[frame + 11] == 0x11)
        #expect(try Self.ramp(60, 40).jpeg(quality: 20).count < bytes.count)
    }

    @Test("Pixels must fill the picture")
    func size() {
        #expect(throws: ImagingError.self) { try RGBPicture(width: 2, height: 2, rgb: [1, 2, 3]) }
        #expect(throws: ImagingError.self) {
            try RGBPicture(width: Int.max, height: 3, rgb: [1, 2, 3])
        }
    }
}
