import Foundation
import Physics

/// Photon data of the media of a run, on grids that need no search.
struct PhotonTables: Sendable {
    /// Attenuation at one energy in one medium, in 1/mm per g/mL, added up in this order.
    struct Row: BitwiseCopyable {
        var compton = 0.0
        var rayleigh = 0.0
        var pair = 0.0
        var total = 0.0
    }

    static let lowestKeV = 1.0
    static let energyCells = 800
    static let momentumCells = 400
    /// 1/Å; above it electrons are as good as free.
    static let highestQ = 8.0
    static let spectrumCells = 64

    let logLowest: Double
    let cellsPerLog: Double
    /// By energy, then by medium.
    let rows: RawTable<Row>
    /// Largest attenuation in the phantom per energy, in 1/mm.
    let majorant: RawTable<Double>
    /// Incoherent function by medium and q.
    let incoherent: RawTable<Double>
    /// Cumulative ∫F² dq² by medium and q.
    let coherent: RawTable<Double>
    /// Bremsstrahlung spectrum against its value at κ = 0, by ln T and κ.
    let spectrum: RawTable<Double>

    /// Fills the tables.
    ///
    /// - Parameters:
    ///   - media: The media that occur.
    ///   - densest: The highest density of each medium in the phantom, in g/mL.
    ///   - highestKeV: The highest energy of any particle.
    /// - Throws: What ``PhotonInteractions`` and ``Bremsstrahlung`` throw.
    init(media: [Medium], densest: [Double], highestKeV: Double) throws {
        let top = log(max(highestKeV, 1100) * 1.0001)
        logLowest = log(Self.lowestKeV)
        cellsPerLog = Double(Self.energyCells) / (top - logLowest)
        let photons = try media.map { try PhotonInteractions($0) }
        var rows: [Row] = []
        var majorant: [Double] = []
        for cell in 0 ... Self.energyCells {
            // A hair above 1 keV, where xraylib's tables begin.
            let energy = exp(logLowest + (Double(cell) + 1e-6) / cellsPerLog)
            var largest = 0.0
            for (slot, medium) in photons.enumerated() {
                let c = try medium.coefficients(energyKeV: energy)
                rows.append(
                    Row(
                        compton: 0.1 * c.compton, rayleigh: 0.1 * c.rayleigh, pair: 0.1 * c.pair,
                        total: 0.1 * c.total))
                largest = max(largest, 0.1 * c.total * densest[slot])
            }
            majorant.append(largest)
        }
        self.rows = RawTable(rows)
        // Between nodes the larger end bounds, with room for what lies between.
        self.majorant = RawTable(
            majorant.indices.map {
                1.01
                    * max(
                        majorant[$0], majorant[max(0, $0 - 1)],
                        majorant[min($0 + 1, majorant.count - 1)])
            })
        (incoherent, coherent) = Self.angular(photons)
        spectrum = try Self.bremsstrahlung(media[0], top: top, lowest: logLowest)
    }

    private static func angular(
        _ photons: [PhotonInteractions]
    ) -> (RawTable<Double>, RawTable<Double>) {
        var incoherent: [Double] = []
        var coherent: [Double] = []
        for medium in photons {
            var sum = 0.0
            var previous = 0.0
            for cell in 0 ... momentumCells {
                // q grows with the square of the cell: form factors are steep at the start.
                let q = highestQ * pow(Double(cell) / Double(momentumCells), 2)
                incoherent.append(medium.incoherentFunction(q: q))
                sum += medium.formFactorSquared(q: max(1e-4, q)) * (q * q - previous)
                previous = q * q
                coherent.append(sum)
            }
        }
        return (RawTable(incoherent), RawTable(coherent))
    }

    private static func bremsstrahlung(
        _ medium: Medium, top: Double, lowest: Double
    ) throws -> RawTable<Double> {
        let source = try Bremsstrahlung(medium)
        var values: [Double] = []
        for row in 0 ... spectrumCells {
            let energy = exp(lowest + (top - lowest) * Double(row) / Double(spectrumCells))
            for column in 0 ... spectrumCells {
                values.append(
                    source.relativeSpectrum(
                        energyKeV: energy, kappa: Double(column) / Double(spectrumCells)))
            }
        }
        return RawTable(values)
    }
}
