package import Imaging

/// A convex body with closed forms: an ellipsoid or an endless elliptic tube along z, cut by planes.
///
/// Coordinates are millimetres in the frame of the diagnostic CT (LPS).
package struct ConvexShape: Sendable {
    /// What is cut.
    package enum Base: Sendable {
        case ellipsoid(centreMM: Vector3<Double>, semiAxesMM: Vector3<Double>)
        /// An elliptic cylinder along z; the z components are not used.
        case tube(centreMM: Vector3<Double>, semiAxesMM: Vector3<Double>)
    }

    /// Keeps the side where normal · p ≤ offset.
    package struct HalfSpace: Sendable {
        package let normal: Vector3<Double>
        package let offsetMM: Double

        package init(normal: Vector3<Double>, offsetMM: Double) {
            self.normal = normal
            self.offsetMM = offsetMM
        }

        /// The other side of the same plane.
        package var opposite: HalfSpace { HalfSpace(normal: -normal, offsetMM: -offsetMM) }
    }

    package let base: Base
    package let cuts: [HalfSpace]

    package init(_ base: Base, cuts: [HalfSpace] = []) {
        self.base = base
        self.cuts = cuts
    }

    package static func sphere(centreMM: Vector3<Double>, diameterMM: Double) -> ConvexShape {
        let r = diameterMM / 2
        return ConvexShape(.ellipsoid(centreMM: centreMM, semiAxesMM: [r, r, r]))
    }

    /// Returns the part of the line `origin + t · direction` inside, as bounds of t in millimetres.
    ///
    /// - Parameters:
    ///   - origin: A point on the line, in millimetres.
    ///   - direction: A unit vector.
    /// - Returns: Lower and upper t; `nil` when the line misses the shape or stays in it for ever.
    package func chord(
        origin: Vector3<Double>, direction: Vector3<Double>
    ) -> (lower: Double, upper: Double)? {
        guard var (lower, upper) = baseChord(origin, direction) else { return nil }
        for cut in cuts {
            let slope = cut.normal.dot(direction)
            let room = cut.offsetMM - cut.normal.dot(origin)
            if slope > 1e-12 {
                upper = min(upper, room / slope)
            } else if slope < -1e-12 {
                lower = max(lower, room / slope)
            } else if room < 0 {
                return nil
            }
        }
        return lower < upper ? (lower, upper) : nil
    }

    private func baseChord(
        _ origin: Vector3<Double>, _ direction: Vector3<Double>
    ) -> (Double, Double)? {
        let a: Double
        let b: Double
        let c: Double
        switch base {
        case .ellipsoid(let centre, let semi):
            let o = Self.scaled(origin - centre, by: semi)
            let d = Self.scaled(direction, by: semi)
            (a, b, c) = (d.dot(d), o.dot(d), o.dot(o) - 1)
        case .tube(let centre, let semi):
            let (ox, oy) = ((origin.x - centre.x) / semi.x, (origin.y - centre.y) / semi.y)
            let (dx, dy) = (direction.x / semi.x, direction.y / semi.y)
            (a, b, c) = (dx * dx + dy * dy, ox * dx + oy * dy, ox * ox + oy * oy - 1)
        }
        let discriminant = b * b - a * c
        guard discriminant > 0, a > 0 else { return nil }
        let root = discriminant.squareRoot()
        return ((-b - root) / a, (-b + root) / a)
    }

    private static func scaled(
        _ v: Vector3<Double>, by semi: Vector3<Double>
    ) -> Vector3<Double> {
        Vector3(v.x / semi.x, v.y / semi.y, v.z / semi.z)
    }

    /// Whether a point is inside or on the edge.
    package func contains(_ p: Vector3<Double>) -> Bool {
        let inBase: Bool
        switch base {
        case .ellipsoid(let centre, let semi):
            let o = Self.scaled(p - centre, by: semi)
            inBase = o.dot(o) <= 1
        case .tube(let centre, let semi):
            let (x, y) = ((p.x - centre.x) / semi.x, (p.y - centre.y) / semi.y)
            inBase = x * x + y * y <= 1
        }
        return inBase && cuts.allSatisfy { $0.normal.dot(p) <= $0.offsetMM }
    }
}

// MARK: - Closed forms

extension ConvexShape {
    /// The volume in millilitres, where there is a closed form.
    ///
    /// An ellipsoid: 4/3 π a b c. Cut by one plane: that times (1 + h)² (2 − h) / 4, with h the
    /// distance of the plane from the centre after the ellipsoid was scaled to the unit sphere.
    /// `nil` for tubes and for more than one cut.
    package var volumeML: Double? {
        guard case .ellipsoid(let centre, let semi) = base, cuts.count <= 1 else { return nil }
        let whole = 4 / 3.0 * Double.pi * semi.x * semi.y * semi.z / 1000
        guard let cut = cuts.first else { return whole }
        let stretched = Vector3(
            cut.normal.x * semi.x, cut.normal.y * semi.y, cut.normal.z * semi.z)
        let h = (cut.offsetMM - cut.normal.dot(centre)) / stretched.length
        guard h > -1 else { return 0 }
        guard h < 1 else { return whole }
        return whole * (1 + h) * (1 + h) * (2 - h) / 4
    }

    /// The lowest and highest z of the uncut body; `nil` for a tube.
    package var extentZMM: ClosedRange<Double>? {
        guard case .ellipsoid(let centre, let semi) = base else { return nil }
        return (centre.z - semi.z) ... (centre.z + semi.z)
    }

    /// Returns the outline in the plane of constant z; empty where the plane misses the shape.
    ///
    /// The ellipse is replaced by a polygon of the same area (its corners lie outside by the
    /// factor √(2π/n / sin 2π/n), 0.02 % for 120 corners), then the cuts are applied exactly.
    package func section(z: Double, corners: Int = 120) -> [Vector3<Double>] {
        let centre: Vector3<Double>
        var semi: Vector3<Double>
        switch base {
        case .ellipsoid(let c, let s):
            let height = (z - c.z) / s.z
            guard abs(height) < 1 else { return [] }
            let scale = (1 - height * height).squareRoot()
            (centre, semi) = (c, Vector3(s.x * scale, s.y * scale, s.z))
        case .tube(let c, let s): (centre, semi) = (c, s)
        }
        let step = 2 * Double.pi / Double(corners)
        let grow = (step / Trigonometry.sine(step)).squareRoot()
        semi = Vector3(semi.x * grow, semi.y * grow, semi.z)
        var polygon = (0 ..< corners).map { n in
            let (s, c) = Trigonometry.sineAndCosine(Double(n) * step)
            return Vector3(centre.x + semi.x * c, centre.y + semi.y * s, z)
        }
        for cut in cuts { polygon = Self.clipped(polygon, by: cut) }
        return polygon
    }

    /// Sutherland and Hodgman's clipping of a convex polygon by one half-space.
    private static func clipped(
        _ polygon: [Vector3<Double>], by cut: HalfSpace
    ) -> [Vector3<Double>] {
        var kept: [Vector3<Double>] = []
        for (n, p) in polygon.enumerated() {
            let q = polygon[(n + 1) % polygon.count]
            let (a, b) = (
                cut.normal.dot(p) - cut.offsetMM, cut.normal.dot(q) - cut.offsetMM
            )
            if a <= 0 { kept.append(p) }
            if (a < 0) != (b < 0), a != b { kept.append(p + a / (a - b) * (q - p)) }
        }
        return kept.count >= 3 ? kept : []
    }
}
