import Physics

/// Mean energies of beta branches against an independent solution of the Dirac equation.
package enum SpectrumGate {
    private struct Branch {
        let nuclide: Nuclide
        let endpointKeV: Double
        /// By the formula and by the Dirac equation; the nearer one counts.
        let meansKeV: [Double]
        let allowed: Double
    }

    private static let branches = [
        Branch(nuclide: .y90, endpointKeV: 2278.7, meansKeV: [933.0], allowed: 1.5 / 933),
        Branch(nuclide: .y90, endpointKeV: 518.0, meansKeV: [184.5, 184.7], allowed: 0.005),
        Branch(nuclide: .lu177, endpointKeV: 498.3, meansKeV: [149.26, 149.77], allowed: 0.005),
        Branch(nuclide: .lu177, endpointKeV: 385.4, meansKeV: [111.64, 112.04], allowed: 0.005),
        Branch(nuclide: .lu177, endpointKeV: 177.0, meansKeV: [47.63, 47.85], allowed: 0.005),
        Branch(nuclide: .ho166, endpointKeV: 1854.5, meansKeV: [693.98, 695.7], allowed: 0.005),
        Branch(nuclide: .ho166, endpointKeV: 1773.9, meansKeV: [644.7, 646.0], allowed: 0.01),
        Branch(nuclide: .i131, endpointKeV: 606.3, meansKeV: [191.52, 192.0], allowed: 0.005),
        Branch(nuclide: .i131, endpointKeV: 333.8, meansKeV: [96.59, 96.9], allowed: 0.005),
        Branch(nuclide: .ga68, endpointKeV: 1899.1, meansKeV: [836.2], allowed: 0.005),
    ]

    package static func run(_ setup: GateSetup) throws -> Gate {
        var gate = Gate(
            title: "Beta spectra",
            note: "Mean energy of branches; reference: Fermi theory and the radial Dirac equation, "
                + "integrated by another program, whichever is nearer. Y-90 within 1.5 keV.")
        for branch in branches {
            let data = try DecayData(branch.nuclide)
            let nearest = data.betaBranches.min {
                abs($0.endpointKeV - branch.endpointKeV) < abs($1.endpointKeV - branch.endpointKeV)
            }
            guard let found = nearest?.meanKeV,
                let reference = branch.meansKeV.min(by: { abs($0 - found) < abs($1 - found) })
            else { continue }
            gate.rows.append(
                Gate.Row(
                    quantity: "\(branch.nuclide.rawValue), \(branch.endpointKeV) keV", found: found,
                    reference: reference, unit: "keV", allowed: branch.allowed))
        }
        return gate
    }
}
