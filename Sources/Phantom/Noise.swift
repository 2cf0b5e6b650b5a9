package import Imaging

/// Noise per voxel, the same for any number of threads.
package enum Noise {
    /// Returns Poisson draws around expected counts.
    package static func poisson(
        _ expected: Volume<Float>, stream: RandomStream
    ) -> Volume<Float> {
        applied(expected, stream) { mean, generator in
            Float(generator.poisson(mean: Double(mean)))
        }
    }

    /// Returns the values plus Gaussian noise.
    ///
    /// - Parameters:
    ///   - values: What is measured.
    ///   - stream: Where the noise comes from.
    ///   - deviation: The standard deviation at a value, in the unit of the values.
    /// - Returns: The noisy volume, which may be negative.
    package static func gaussian(
        _ values: Volume<Float>, stream: RandomStream,
        deviation: @escaping @Sendable (Float) -> Double
    ) -> Volume<Float> {
        applied(values, stream) { value, generator in
            value + Float(deviation(value) * generator.normal())
        }
    }

    private static func applied(
        _ volume: Volume<Float>, _ stream: RandomStream,
        _ draw: @escaping @Sendable (Float, inout RandomGenerator) -> Float
    ) -> Volume<Float> {
        let size = volume.geometry.shape.x * volume.geometry.shape.y
        var result = volume
        result.updateSlices { k, slice in
            for n in slice.indices {
                var generator = stream.generator(at: k * size + n)
                slice[n] = draw(slice[n], &generator)
            }
        }
        return result
    }
}
