import Foundation
import Physics

/// Decay data of one nuclide as `grevy nuclide` shows it.
package struct NuclideReport: Hashable, Sendable, Encodable {
    package struct Branch: Hashable, Sendable, Encodable {
        package let endpointKeV: Double
        package let endpointUncertaintyKeV: Double?
        /// Per decay, 0 to 1.
        package let intensity: Double
        package let intensityUncertainty: Double?
        package let meanKeV: Double
        /// `electron` or `positron`.
        package let particle: String
        package let shape: String
        package let evaluation: String
    }

    package struct Line: Hashable, Sendable, Encodable {
        package let origin: String
        package let label: String
        package let energyKeV: Double
        package let perDecay: Double
        package let perDecayUncertainty: Double?
        package let evaluation: String
    }

    package struct Balance: Hashable, Sendable, Encodable {
        package let decayKeV: Double
        package let electronsKeV: Double
        package let photonsKeV: Double
        package let neutrinosKeV: Double
        package let retainedKeV: Double
        package let missingKeV: Double
        package let uncertaintyKeV: Double
    }

    /// The same sums from a user's own copy of ICRP Publication 107.
    package struct OwnCopy: Hashable, Sendable, Encodable {
        package let halfLifeSeconds: Double
        package let electronKeVPerDecay: Double
        package let photonKeVPerDecay: Double
        /// Mean energy of a beta of its spectrum; absent without betas or spectrum file.
        package let betaMeanKeV: Double?
    }

    package let nuclide: String
    package let atomicNumber: Int
    package let massNumber: Int
    package let halfLifeSeconds: Double
    package let halfLifeUncertaintySeconds: Double
    package let betaBranches: [Branch]
    package let electrons: [Line]
    package let photons: [Line]
    /// Betas, positrons and all other electrons.
    package let electronKeVPerDecay: Double
    /// Betas and positrons alone.
    package let betaKeVPerDecay: Double
    /// Gamma, X and annihilation photons.
    package let photonKeVPerDecay: Double
    /// What of it is annihilation, which is in no list.
    package let annihilationKeVPerDecay: Double
    /// Electron energy of 1 GBq that decays to nothing; also the dose constant in Gy·kg/GBq.
    package let electronJoulesPerGBq: Double
    package let energyBalance: Balance
    /// Evaluation and year, the text of the source first.
    package let sources: [String]
    package let notes: [String]
    /// Present when a copy was named.
    package let icrp107: OwnCopy?
}

extension NuclideReport {
    /// Collects the data of a nuclide.
    ///
    /// - Parameters:
    ///   - name: `I-131` or any other that the program knows; case does not matter.
    ///   - icrp107: The folder of a user's own copy of the tables; `nil` for none.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for an unknown name or a copy without the
    ///   nuclide; `PhysicsError` when data are damaged; `CocoaError` when the copy cannot be read.
    package init(name: String, icrp107: String? = nil) throws {
        let nuclide = try Nuclide.asked(name)
        self.init(
            try DecayData(nuclide),
            icrp107: try icrp107.map { try OwnCopy(folder: $0, nuclide: nuclide.rawValue) })
    }

    private init(_ data: DecayData, icrp107: OwnCopy?) {
        self.icrp107 = icrp107
        let balance = data.energyBalance
        nuclide = data.nuclide.rawValue
        atomicNumber = data.atomicNumber
        massNumber = data.massNumber
        halfLifeSeconds = data.halfLifeSeconds
        halfLifeUncertaintySeconds = data.halfLifeUncertaintySeconds
        betaBranches = data.betaBranches.map(Branch.init)
        electrons = data.electrons.map(Line.init)
        photons = data.photons.map(Line.init)
        electronKeVPerDecay = data.electronKeVPerDecay
        betaKeVPerDecay = data.betaKeVPerDecay
        photonKeVPerDecay = data.photonKeVPerDecay
        annihilationKeVPerDecay = data.annihilationKeVPerDecay
        electronJoulesPerGBq = data.electronJoulesPerGBq
        energyBalance = Balance(
            decayKeV: balance.decayKeV, electronsKeV: balance.electronsKeV,
            photonsKeV: balance.photonsKeV, neutrinosKeV: balance.neutrinosKeV,
            retainedKeV: balance.retainedKeV, missingKeV: balance.missingKeV,
            uncertaintyKeV: balance.uncertaintyKeV)
        var sources = ["\(data.evaluation): \(data.source)"]
        for one in data.rowEvaluations where one != data.evaluation && one.year != nil {
            sources.append(one.description)
        }
        sources += data.rowEvaluations.filter { $0 != data.evaluation && $0.year == nil }.map(
            \.name)
        if !data.betaBranches.isEmpty {
            sources.append("beta spectra and their means: Fermi theory, computed")
        }
        self.sources = sources
        notes = data.notes
    }
}

extension NuclideReport.OwnCopy {
    fileprivate init(folder: String, nuclide: String) throws {
        let url = URL(filePath: folder)
        let betas = url.appending(path: "ICRP-07.BET")
        let copy = ICRP107Copy(
            radiations: Array(try Data(contentsOf: url.appending(path: "ICRP-07.RAD"))),
            betas: FileManager.default.fileExists(atPath: betas.path)
                ? Array(try Data(contentsOf: betas)) : [])
        guard let record = try copy.record(of: nuclide) else {
            throw WorkflowError.refused(sentence: "ICRP-07.RAD has no nuclide '\(nuclide)'.")
        }
        self.init(
            halfLifeSeconds: record.halfLifeSeconds,
            electronKeVPerDecay: record.electronKeVPerDecay,
            photonKeVPerDecay: record.photonKeVPerDecay, betaMeanKeV: record.spectrumMeanKeV)
    }
}

extension NuclideReport.Branch {
    fileprivate init(_ branch: BetaBranch) {
        self.init(
            endpointKeV: branch.endpointKeV,
            endpointUncertaintyKeV: branch.endpointUncertaintyKeV, intensity: branch.intensity,
            intensityUncertainty: branch.intensityUncertainty, meanKeV: branch.meanKeV,
            particle: branch.isPositron ? "positron" : "electron", shape: branch.shape.rawValue,
            evaluation: branch.evaluation.description)
    }
}

extension NuclideReport.Line {
    fileprivate init(_ emission: Emission) {
        self.init(
            origin: emission.origin.rawValue, label: emission.label,
            energyKeV: emission.energyKeV, perDecay: emission.perDecay,
            perDecayUncertainty: emission.perDecayUncertainty,
            evaluation: emission.evaluation.description)
    }
}
