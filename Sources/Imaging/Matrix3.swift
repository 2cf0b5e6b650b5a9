/// A 3 × 3 matrix, stored by rows.
public struct Matrix3: Hashable, Sendable {
    public var rows: Vector3<Vector3<Double>>

    /// Creates a matrix from its rows.
    public init(
        rows first: Vector3<Double>, _ second: Vector3<Double>, _ third: Vector3<Double>
    ) {
        rows = Vector3(first, second, third)
    }

    /// Creates a matrix from its columns.
    public init(
        columns a: Vector3<Double>, _ b: Vector3<Double>, _ c: Vector3<Double>
    ) {
        self.init(
            rows: Vector3(a.x, b.x, c.x), Vector3(a.y, b.y, c.y), Vector3(a.z, b.z, c.z))
    }

    public static let identity = Matrix3(rows: [1, 0, 0], [0, 1, 0], [0, 0, 1])

    /// The transpose, which is the inverse of a rotation.
    public var transposed: Matrix3 { Matrix3(columns: rows.x, rows.y, rows.z) }

    public var determinant: Double { rows.x.dot(rows.y.cross(rows.z)) }

    public static func * (m: Matrix3, v: Vector3<Double>) -> Vector3<Double> {
        Vector3(m.rows.x.dot(v), m.rows.y.dot(v), m.rows.z.dot(v))
    }

    public static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
        let columns = b.transposed.rows
        return Matrix3(columns: a * columns.x, a * columns.y, a * columns.z)
    }
}
