import Phantom
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    private static let draws = 200_000

    private func moments(_ draw: (inout RandomGenerator) -> Double) -> (Double, Double) {
        let stream = RandomStream(seed: 42, purpose: 9)
        var sum = 0.0
        var squares = 0.0
        for n in 0 ..< Self.draws {
            var generator = stream.generator(at: n)
            let value = draw(&generator)
            sum += value
            squares += value * value
        }
        let mean = sum / Double(Self.draws)
        return (mean, squares / Double(Self.draws) - mean * mean)
    }

    @Test(
        "Poisson draws have mean and variance λ, on both sides of the switch of method",
        arguments: [0.02, 0.7, 5, 9.99, 10, 30, 400, 20000])
    func poissonMoments(mean: Double) {
        let (found, variance) = moments { Double($0.poisson(mean: mean)) }
        let n = Double(Self.draws)
        // Five standard errors: of the mean √(λ/n), of the variance √((λ + 2λ²)/n).
        #expect(abs(found - mean) < 5 * (mean / n).squareRoot())
        #expect(abs(variance - mean) < 5 * ((mean + 2 * mean * mean) / n).squareRoot())
    }

    @Test("normal draws have mean 0 and variance 1")
    func normalMoments() {
        let (mean, variance) = moments { $0.normal() }
        let n = Double(Self.draws)
        // Five standard errors: 1/√n and √(2/n).
        #expect(abs(mean) < 5 / n.squareRoot())
        #expect(abs(variance - 1) < 5 * (2 / n).squareRoot())
    }

    @Test("no activity gives no counts")
    func zero() {
        var generator = RandomStream(seed: 1, purpose: 1).generator(at: 0)
        #expect(generator.poisson(mean: 0) == 0)
        #expect(generator.poisson(mean: -3) == 0)
        #expect(generator.poisson(mean: .nan) == 0)
    }

    @Test("neighbouring voxels and other purposes are independent")
    func independence() {
        let stream = RandomStream(seed: 42, purpose: 9)
        let other = RandomStream(seed: 42, purpose: 10)
        var neighbours = 0.0
        var purposes = 0.0
        for n in 0 ..< Self.draws {
            var a = stream.generator(at: n)
            var b = stream.generator(at: n + 1)
            var c = other.generator(at: n)
            let x = a.normal()
            neighbours += x * b.normal()
            purposes += x * c.normal()
        }
        // A correlation of independent draws has standard error 1/√n.
        let limit = 5 / Double(Self.draws).squareRoot()
        #expect(abs(neighbours / Double(Self.draws)) < limit)
        #expect(abs(purposes / Double(Self.draws)) < limit)
    }
}
