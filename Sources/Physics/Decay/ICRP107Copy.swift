/// Decay data of one nuclide from a user's own copy of the tables of ICRP Publication 107.
public struct ICRP107Record: Hashable, Sendable {
    /// One line of the radiation file.
    public struct Line: Hashable, Sendable {
        /// 1 gamma, 2 X, 3 annihilation, 4 positrons, 5 betas, 6 conversion and 7 Auger electrons,
        /// 8 alphas, 9 recoils, 10 fragments, 11 neutrons.
        public let code: Int
        public let perDecay: Double
        /// Energy, or mean energy of a beta transition.
        public let energyKeV: Double
    }

    /// One point of the beta spectrum of all branches together.
    public struct Point: Hashable, Sendable {
        public let energyKeV: Double
        /// Betas per decay and keV.
        public let perKeV: Double
    }

    public let nuclide: String
    public let halfLifeSeconds: Double
    public let lines: [Line]
    /// Rising in energy; empty without betas or without the spectrum file.
    public let spectrum: [Point]

    /// Betas, positrons, conversion and Auger electrons, in keV per decay.
    public var electronKeVPerDecay: Double { sum(4 ... 7) }

    /// Gamma, X and annihilation photons, in keV per decay.
    public var photonKeVPerDecay: Double { sum(1 ... 3) }

    /// Mean energy of one beta of the spectrum, by trapezia; `nil` without a spectrum.
    public var spectrumMeanKeV: Double? {
        var (count, energy) = (0.0, 0.0)
        for (a, b) in zip(spectrum, spectrum.dropFirst()) {
            let half = (b.energyKeV - a.energyKeV) / 2
            count += half * (a.perKeV + b.perKeV)
            energy += half * (a.perKeV * a.energyKeV + b.perKeV * b.energyKeV)
        }
        return count > 0 ? energy / count : nil
    }

    private func sum(_ codes: ClosedRange<Int>) -> Double {
        lines.reduce(0) { codes.contains($1.code) ? $0 + $1.perDecay * $1.energyKeV : $0 }
    }
}

/// The files ICRP-07.RAD and ICRP-07.BET of a user who has them.
///
/// The tables are copyrighted and not part of Grevy; they are read for comparison only.
///
/// Source of the layout: Eckerman and Endo, user guide of the electronic files of ICRP
/// Publication 107, 2008.
public struct ICRP107Copy: Sendable {
    private let radiations: [UInt8]
    private let betas: [UInt8]

    /// Takes the contents of the files; `betas` may be empty.
    public init(radiations: [UInt8], betas: [UInt8]) {
        self.radiations = radiations
        self.betas = betas
    }

    /// Returns the record of a nuclide, or `nil` when the radiation file does not have it.
    ///
    /// - Parameter name: As the files write it: `Tc-99m`.
    /// - Returns: The record with all lines the file announces.
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)``, with the line, when a record is
    ///   not of the layout or ends early.
    public func record(of name: String) throws -> ICRP107Record? {
        var file = FixedWidthFile(name: "ICRP-07.RAD", bytes: radiations)
        guard let head = file.find(name) else { return nil }
        let count = try file.integer(head, 20 ..< 29)
        let unit = file.text(head, 18 ..< 20)
        guard let seconds = Self.unitSeconds[unit] else {
            throw file.damaged("unknown unit of the half-life")
        }
        let halfLife = try file.number(head, 7 ..< 18) * seconds
        var lines: [ICRP107Record.Line] = []
        for _ in 0 ..< count {
            let row = try file.next()
            lines.append(
                ICRP107Record.Line(
                    code: try file.integer(row, 0 ..< 2),
                    perDecay: try file.number(row, 2 ..< 14),
                    energyKeV: 1000 * (try file.number(row, 14 ..< 26))))
        }
        return ICRP107Record(
            nuclide: name, halfLifeSeconds: halfLife, lines: lines, spectrum: try spectrum(of: name)
        )
    }

    private func spectrum(of name: String) throws -> [ICRP107Record.Point] {
        var file = FixedWidthFile(name: "ICRP-07.BET", bytes: betas)
        guard let head = file.find(name) else { return [] }
        var points: [ICRP107Record.Point] = []
        for _ in 0 ..< (try file.integer(head, 7 ..< 17)) {
            let row = try file.next()
            let energy = 1000 * (try file.number(row, 0 ..< 7))
            guard energy > (points.last?.energyKeV ?? -1) else {
                throw file.damaged("energies do not rise")
            }
            points.append(
                ICRP107Record.Point(
                    energyKeV: energy, perKeV: try file.number(row, 7 ..< 17) / 1000))
        }
        return points
    }

    /// A year is the tropical one, as in the publication.
    private static let unitSeconds: [String: Double] = [
        "us": 1e-6, "\u{B5}s": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400,
        "y": 365.2422 * 86400,
    ]
}

/// Lines of fixed columns, read one after the other; bytes above 127 count as Latin-1.
private struct FixedWidthFile {
    let name: String
    private let bytes: [UInt8]
    private var position = 0
    private var line = 0

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    func damaged(_ reason: String) -> PhysicsError {
        .malformedTable(name: name, reason: "line \(line): \(reason)")
    }

    /// Returns the line whose first seven columns are the name, and goes on behind it.
    mutating func find(_ nuclide: String) -> ArraySlice<UInt8>? {
        while let row = advance() {
            if text(row, 0 ..< 7) == nuclide { return row }
        }
        return nil
    }

    mutating func next() throws -> ArraySlice<UInt8> {
        guard let row = advance() else { throw damaged("the record ends early") }
        return row
    }

    func text(_ row: ArraySlice<UInt8>, _ columns: Range<Int>) -> String {
        let cell = row.dropFirst(columns.lowerBound).prefix(columns.count)
        let scalars = cell.map { Character(Unicode.Scalar($0)) }
        return String(scalars).filter { !$0.isWhitespace }
    }

    func number(_ row: ArraySlice<UInt8>, _ columns: Range<Int>) throws -> Double {
        guard let value = Double(text(row, columns)), value.isFinite, value >= 0 else {
            throw damaged("no number in columns \(columns.lowerBound + 1)-\(columns.upperBound)")
        }
        return value
    }

    func integer(_ row: ArraySlice<UInt8>, _ columns: Range<Int>) throws -> Int {
        guard let value = Int(text(row, columns)), value >= 0 else {
            throw damaged("no count in columns \(columns.lowerBound + 1)-\(columns.upperBound)")
        }
        return value
    }

    private mutating func advance() -> ArraySlice<UInt8>? {
        guard position < bytes.count else { return nil }
        let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
        let row = bytes[position ..< end]
        position = end + 1
        line += 1
        return row.last == 0x0D ? row.dropLast() : row
    }
}
