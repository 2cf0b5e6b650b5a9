/// A point of an index plane: `u` along its rows, `v` along its columns, pixel centres at integers.
public struct PlanePoint: Hashable, Sendable {
    public var u: Double
    public var v: Double

    public init(u: Double, v: Double) {
        self.u = u
        self.v = v
    }
}
