/// Which synthetic patient.
package enum PhantomCase: String, Sendable, CaseIterable {
    /// A NET patient with five liver metastases, worked up and treated with Y-90 microspheres.
    case sirtNet = "sirt-net"

    /// Finds a case by its name.
    ///
    /// - Throws: ``PhantomError/unknownCase(name:)``.
    package static func named(_ name: String) throws -> PhantomCase {
        guard let found = PhantomCase(rawValue: name) else {
            throw PhantomError.unknownCase(name: name)
        }
        return found
    }
}

/// What may be varied.
package struct PhantomOptions: Sendable, Hashable {
    /// Names the noise and the identifiers.
    package var seed: UInt64
    /// Half the pixels along every axis, over the same field of view; for tests.
    package var isHalfSize: Bool
    /// A SPECT that ends 75 mm above the middle of the trunk and so cuts the lungs.
    package var hasTruncatedLungs: Bool
    /// Share of the Tc-99m MAA in the stomach; below 1 minus the lung shunt.
    package var extrahepaticFraction: Double
    /// Told apart in lists; the family name says that nobody is meant.
    package var givenName = "NOBODY"

    package init(
        seed: UInt64 = 1, isHalfSize: Bool = false, hasTruncatedLungs: Bool = false,
        extrahepaticFraction: Double = 0
    ) {
        precondition(
            (0 ..< 0.5).contains(extrahepaticFraction),
            "extrahepatic fraction \(extrahepaticFraction) outside 0..<0.5")
        self.seed = seed
        self.isHalfSize = isHalfSize
        self.hasTruncatedLungs = hasTruncatedLungs
        self.extrahepaticFraction = extrahepaticFraction
    }

    /// Factor on every spacing.
    var coarseness: Int { isHalfSize ? 2 : 1 }
}

/// How far a phantom is.
package struct PhantomProgress: Sendable {
    /// 0 to 1.
    package let fraction: Double
    /// What is being made, for a person.
    package let step: String
}
