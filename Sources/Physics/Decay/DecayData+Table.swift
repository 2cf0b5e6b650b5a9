extension DecayData {
    /// Reads the data of a nuclide from the file that is built in.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the file is damaged.
    public init(_ nuclide: Nuclide) throws {
        let table = try decodeTable(
            DecayTable.self, nuclide.decayFile, name: "decay/\(nuclide.rawValue)")
        guard table.nuclide == nuclide.rawValue else {
            throw table.damaged("it is for \(table.nuclide)")
        }
        guard let unit = table.halfLife.unitSeconds else {
            throw table.damaged("unknown unit of the half-life")
        }
        self.nuclide = nuclide
        atomicNumber = table.atomicNumber
        massNumber = table.massNumber
        daughterAtomicNumber = table.daughterAtomicNumber
        halfLifeSeconds = table.halfLife.value * unit
        halfLifeUncertaintySeconds = table.halfLife.uncertainty * unit
        decayEnergyKeV = table.decayEnergyKeV.value
        decayEnergyUncertaintyKeV = table.decayEnergyKeV.uncertainty
        evaluation = table.evaluation.evaluation
        source = table.source
        notes = table.notes
        halfLifeCrossCheck = table.crossCheck.flatMap { check in
            check.halfLife.unitSeconds.map {
                HalfLifeValue(
                    seconds: check.halfLife.value * $0,
                    uncertaintySeconds: check.halfLife.uncertainty * $0,
                    evaluation: check.evaluation)
            }
        }
        metastableDaughter = table.metastableDaughter.map {
            MetastableDaughter(
                name: $0.name, levelKeV: $0.levelKeV, perDecay: $0.per100 / 100,
                perDecayUncertainty: $0.uncertaintyPer100 / 100)
        }
        bindingKeV = table.bindingKeV
        betaBranches = try table.betas.map { try table.branch($0) }
        captureBranches = try table.captures.map { try table.capture($0) }
        transitions = try table.transitions.map { try table.transition($0) }
        let atom = try table.atom(captures: captureBranches, transitions: transitions)
        electrons = atom.electrons
        photons = try table.gammas() + atom.xRays
    }
}

extension DecayTable {
    fileprivate func branch(_ row: Beta) throws -> BetaBranch {
        guard let shape = BetaShape(rawValue: row.shape) else {
            throw damaged("unknown shape '\(row.shape)'")
        }
        let isPositron = row.positron ?? false
        return BetaBranch(
            endpointKeV: row.endpointKeV, endpointUncertaintyKeV: row.endpointUncertaintyKeV,
            intensity: row.per100 / 100,
            intensityUncertainty: row.uncertaintyPer100.map { $0 / 100 },
            shape: shape, isPositron: isPositron, daughterAtomicNumber: daughterAtomicNumber,
            massNumber: massNumber, levelKeV: row.levelKeV,
            evaluation: try evaluation(row.evaluation),
            spectrum: try BetaSpectrum(
                endpointKeV: row.endpointKeV, daughterAtomicNumber: daughterAtomicNumber,
                massNumber: massNumber, shape: shape, isPositron: isPositron))
    }

    fileprivate func capture(_ row: Capture) throws -> CaptureBranch {
        CaptureBranch(
            levelKeV: row.levelKeV, intensity: row.per100 / 100,
            intensityUncertainty: row.uncertaintyPer100.map { $0 / 100 },
            shellFractions: [
                .k: row.shellK, .l: row.shellL, .m: row.shellM,
                .n: max(1 - row.shellK - row.shellL - row.shellM, 0),
            ],
            evaluation: try evaluation(row.evaluation))
    }

    fileprivate func transition(_ row: Transition) throws -> NuclearTransition {
        var electrons: [AtomicShell: Double] = [:]
        func add(_ shell: AtomicShell, _ perDecay: Double) {
            if perDecay > 0 { electrons[shell, default: 0] += perDecay }
        }
        let photons = row.per100 / 100
        let (k, l, m) = (row.conversionK ?? 0, row.conversionL ?? 0, row.conversionM)
        add(.k, photons * k + (row.electronsPer100K ?? 0) / 100)
        add(.l, photons * l)
        let rest = (row.conversionTotal ?? 0) - k - l
        // Evaluations that stop at L say nothing of how the rest is shared: M takes it.
        add(.m, photons * (m ?? rest) + (row.electronsPer100M ?? 0) / 100)
        add(.n, photons * (m.map { rest - $0 } ?? 0) + (row.electronsPer100N ?? 0) / 100)
        return NuclearTransition(
            energyKeV: row.energyKeV, photonsPerDecay: photons, electronsPerDecay: electrons,
            pairsPerDecay: (row.pairsPer100 ?? 0) / 100,
            relativeUncertainty: spread(row) { 1 + $0 },
            electronsRelativeUncertainty: spread(row) { $0 },
            evaluation: try evaluation(row.evaluation))
    }

    /// Relative uncertainty of a row's intensity and conversion together; `nil` without either.
    ///
    /// `weight` gives what of the total coefficient α the number is proportional to: 1 + α for all
    /// transitions, α for electrons.
    private func spread(_ row: Transition, weight: (Double) -> Double) -> Double? {
        let numbers = [
            row.per100, row.electronsPer100K, row.electronsPer100M, row.electronsPer100N,
            row.pairsPer100,
        ].compactMap(\.self)
        let intensity = row.uncertaintyPer100.map { $0 / numbers.reduce(0, +) }
        let total = row.conversionTotal ?? 0
        let conversion = row.conversionTotalUncertainty.map {
            weight(total) > 0 ? $0 / weight(total) : 0
        }
        guard intensity != nil || conversion != nil else { return nil }
        let (a, b) = (intensity ?? 0, conversion ?? 0)
        return (a * a + b * b).squareRoot()
    }

    fileprivate func gammas() throws -> [Emission] {
        try transitions.filter { $0.per100 > 0 }.map { row in
            Emission(
                origin: .gamma, label: "gamma", energyKeV: row.energyKeV,
                perDecay: row.per100 / 100,
                perDecayUncertainty: row.uncertaintyPer100.map { $0 / 100 },
                evaluation: try evaluation(row.evaluation))
        }
    }
}
