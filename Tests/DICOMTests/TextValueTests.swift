import DICOM
import Testing

@Suite("Text values")
struct TextValueTests {
    private func decimals(_ text: String) -> [Double]? {
        var data = DataSet()
        data.setBytes(.contourData, Array(text.utf8))
        return data.decimals(.contourData)
    }

    @Test("numbers are to the last bit those of the general conversion")
    func exact() throws {
        var state: UInt64 = 7
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0 ..< 20_000 {
            let digits = (0 ... random(17)).map { _ in String(random(10)) }.joined()
            let place = random(digits.count + 1)
            let sign = ["", "-", "+"][random(3)]
            let point = random(4) == 0 ? "" : "."
            let power = random(5) == 0 ? "E\(random(30) - 15)" : ""
            let text = sign + "0" + digits.prefix(place) + point + digits.dropFirst(place) + power
            let expected = try #require(Double(text), "\(text)")
            let found = try #require(decimals(text), "\(text)")
            #expect(found.map(\.bitPattern) == [expected.bitPattern], "\(text)")
        }
    }

    @Test("padding goes, empty values and other text are no numbers")
    func odd() {
        #expect(decimals(" 1.5 \\-2\\ +.25\\3. \\1e3 \0") == [1.5, -2, 0.25, 3, 1000])
        #expect(decimals("1\\\\2") == nil)
        #expect(decimals("1.2.3") == nil)
        #expect(decimals("-") == nil)
        #expect(decimals("1,5") == nil)
        #expect(decimals("inf") == nil)
        #expect(decimals("") == [])
        var data = DataSet()
        data.setBytes(.imageType, Array("ORIGINAL \\\\ Größe\r\n".utf8))
        #expect(data.strings(.imageType) == ["ORIGINAL", "", "Größe"])
    }
}
