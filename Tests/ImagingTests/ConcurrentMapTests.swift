import Imaging
import Testing

@Suite("Elements side by side")
struct ConcurrentMapTests {
    private struct Odd: Error, Hashable { let number: Int }

    @Test("results come in the order of the elements")
    func order() throws {
        let squares = try Array(0 ..< 500).concurrentMap { $0 * $0 }
        #expect(squares == (0 ..< 500).map { $0 * $0 })
        #expect(try [Int]().concurrentMap { $0 }.isEmpty)
    }

    @Test("of several errors that of the first element is thrown, whichever came first")
    func firstError() {
        #expect(throws: Odd(number: 41)) {
            try Array(0 ..< 500).concurrentMap { number in
                if number > 40, number % 2 == 1 { throw Odd(number: number) }
                return number
            }
        }
    }
}
