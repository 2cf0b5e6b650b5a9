/// Three components along `(i, j, k)` or `(x, y, z)`.
///
/// Stored as plain scalars, not as `SIMD3`: with Swift 6.3.1, values that hold a `SIMD3` of 8-byte
/// scalars and live in an async frame corrupt the heap in release builds (swift issue 91639,
/// fixed for 6.4; can go then).
public struct Vector3<Scalar: Hashable & Sendable>: Hashable, Sendable {
    public var x: Scalar
    public var y: Scalar
    public var z: Scalar

    /// Creates a vector from its components.
    public init(_ x: Scalar, _ y: Scalar, _ z: Scalar) {
        self.x = x
        self.y = y
        self.z = z
    }
}

extension Vector3 where Scalar: Comparable {
    /// The smallest component.
    public var smallest: Scalar { min(x, y, z) }
}

extension Vector3 where Scalar: AdditiveArithmetic {
    public static var zero: Vector3 { Vector3(.zero, .zero, .zero) }
}

extension Vector3: ExpressibleByArrayLiteral {
    /// Creates a vector from a literal of exactly three components.
    public init(arrayLiteral elements: Scalar...) {
        precondition(elements.count == 3, "a Vector3 has 3 components, not \(elements.count)")
        self.init(elements[0], elements[1], elements[2])
    }
}

extension Vector3 where Scalar == Double {
    public static func + (a: Self, b: Self) -> Self { Self(a.x + b.x, a.y + b.y, a.z + b.z) }
    public static func - (a: Self, b: Self) -> Self { Self(a.x - b.x, a.y - b.y, a.z - b.z) }
    public static prefix func - (a: Self) -> Self { Self(-a.x, -a.y, -a.z) }
    public static func * (scale: Double, a: Self) -> Self {
        Self(scale * a.x, scale * a.y, scale * a.z)
    }

    /// The scalar product.
    public func dot(_ other: Self) -> Double { x * other.x + y * other.y + z * other.z }

    /// The vector product.
    public func cross(_ other: Self) -> Self {
        Self(
            y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    /// The Euclidean length.
    public var length: Double { dot(self).squareRoot() }
}
