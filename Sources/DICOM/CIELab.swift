import Foundation

/// Colours as SEG objects recommend them.
enum CIELab {
    /// Turns a Recommended Display CIELab Value (PS3.3 §C.10.7.1.1) into sRGB, 0 to 255 each.
    ///
    /// White point D50 as the standard asks; Bradford-adapted matrix to sRGB of B. Lindbloom.
    static func rgb(_ coded: [Int]?) -> [Int]? {
        guard let coded, coded.count == 3, coded.allSatisfy({ (0 ... 65535).contains($0) }) else {
            return nil
        }
        let lightness = Double(coded[0]) * 100 / 65535
        let a = Double(coded[1]) * 255 / 65535 - 128
        let b = Double(coded[2]) * 255 / 65535 - 128
        let fy = (lightness + 16) / 116
        let x = 0.96422 * inverse(fy + a / 500)
        let y = inverse(fy)
        let z = 0.82521 * inverse(fy - b / 200)
        let linear = [
            3.1338561 * x - 1.6168667 * y - 0.4906146 * z,
            -0.9787684 * x + 1.9161415 * y + 0.0334540 * z,
            0.0719453 * x - 0.2289914 * y + 1.4052427 * z,
        ]
        return linear.map { Int((255 * gamma(min(max($0, 0), 1))).rounded()) }
    }

    private static func inverse(_ t: Double) -> Double {
        let limit = 6.0 / 29
        return t > limit ? t * t * t : 3 * limit * limit * (t - 4.0 / 29)
    }

    private static func gamma(_ value: Double) -> Double {
        value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
    }
}
