/// A scale of colours whose brightness rises evenly, so that it also reads in grey.
///
/// Source: S. van der Walt, N. Smith, viridis and inferno, matplotlib (CC0); samples in
/// `Data/colour-maps.csv`.
public enum ColourMap: String, Hashable, Sendable, CaseIterable {
    case viridis
    case inferno

    /// Returns the colours of equal steps from 0 to 1 as red, green, blue of 0 to 255.
    public var samples: [Vector3<Double>] { Self.tables[self] ?? [] }

    /// Returns the colour of a share, clamped to 0 and 1, between the samples linearly.
    public func colour(_ share: Double) -> Vector3<Double> { Self.colour(share, in: samples) }

    static func colour(_ share: Double, in samples: [Vector3<Double>]) -> Vector3<Double> {
        guard samples.count > 1 else { return .zero }
        let clamped = share > 0 ? min(share, 1) : 0
        let place = clamped * Double(samples.count - 1)
        let lower = min(Int(place), samples.count - 2)
        let fraction = place - Double(lower)
        return (1 - fraction) * samples[lower] + fraction * samples[lower + 1]
    }

    private static let tables: [ColourMap: [Vector3<Double>]] = {
        let text = String(decoding: PackageResources.colour_maps_csv, as: UTF8.self)
        var tables: [ColourMap: [Vector3<Double>]] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let fields = line.split(separator: ",")
            guard
                fields.count == 4, let map = ColourMap(rawValue: String(fields[0])),
                let red = Double(fields[1]), let green = Double(fields[2]),
                let blue = Double(fields[3])
            else { continue }
            tables[map, default: []].append(Vector3(red, green, blue))
        }
        return tables
    }()
}
