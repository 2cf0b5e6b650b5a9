import Foundation

extension DoseVolumeHistogram {
    /// Returns the histogram of the biologically effective dose, voxel by voxel.
    public func bed(_ model: BEDModel) -> DoseVolumeHistogram {
        transformed(model.bedGy(doseGy:))
    }

    /// Returns the generalised equivalent uniform dose, (mean of Dᵃ)^(1/a).
    ///
    /// Edge cases: doses below zero count as zero; with a negative exponent one voxel without
    /// dose makes it zero.
    ///
    /// The exponent a is below 0 for tumours, above 0 for organs, and not 0.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``.
    ///
    /// Source: Niemierko, Med Phys 1999;26:1100.
    public func generalisedEUD(exponent: Double) throws -> ModelledValue {
        guard exponent.isFinite, exponent != 0 else {
            throw DoseError.outOfRange(parameter: "exponent", value: exponent)
        }
        // Scaled by the largest term, so that powers neither overflow nor vanish.
        let scale = max(0, exponent > 0 ? maxGy : minGy)
        let value =
            scale == 0
            ? 0
            : scale * pow(mean { pow(max(0, $0) / scale, exponent) }, 1 / exponent)
        return ModelledValue(
            quantity: "gEUD", value: value, unit: "Gy", parameters: ["exponent": exponent],
            source: "Niemierko 1999")
    }

    /// Returns the uniform dose with the same cell survival, −(1/α) · ln(mean of exp(−α·D)).
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` unless α is positive and finite.
    ///
    /// Source: O'Donoghue, J Nucl Med 1999;40:1337-1341.
    public func survivalEUD(alphaPerGy: Double) throws -> ModelledValue {
        ModelledValue(
            quantity: "EUD", value: try survivalEquivalentGy(alphaPerGy), unit: "Gy",
            parameters: ["alphaPerGy": alphaPerGy], source: "O'Donoghue 1999")
    }

    /// Returns the uniform biologically effective dose with the same cell survival.
    ///
    /// - Throws: As ``survivalEUD(alphaPerGy:)``.
    ///
    /// Source: O'Donoghue, J Nucl Med 1999;40:1337-1341, on the BED of each voxel.
    public func uniformBED(alphaPerGy: Double, model: BEDModel) throws -> ModelledValue {
        let value = try bed(model).survivalEquivalentGy(alphaPerGy)
        return ModelledValue(
            quantity: "EUBED", value: value, unit: "Gy",
            parameters: model.parameters.merging(["alphaPerGy": alphaPerGy]) { $1 },
            source: "O'Donoghue 1999; " + BEDModel.source)
    }

    private func survivalEquivalentGy(_ alphaPerGy: Double) throws -> Double {
        guard alphaPerGy > 0, alphaPerGy.isFinite else {
            throw DoseError.outOfRange(parameter: "alphaPerGy", value: alphaPerGy)
        }
        // Relative to the coldest voxel, so that the largest term is 1 and none vanishes alone.
        return minGy - log(mean { exp(-alphaPerGy * ($0 - minGy)) }) / alphaPerGy
    }
}

/// The Lyman model of a complication after a uniform dose: Φ((D − TD50) / (m · TD50)).
///
/// Source: Lyman, Radiat Res Suppl 1985;8:S13-S19. Figures belong to one device, tumour and
/// endpoint; none is known for neuroendocrine tumours.
public struct LymanModel: Hashable, Sendable {
    public let td50Gy: Double
    public let slope: Double

    /// Creates a model.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` unless both are positive and finite.
    public init(td50Gy: Double, slope: Double) throws {
        for (parameter, value) in [("td50Gy", td50Gy), ("slope", slope)] {
            guard value > 0, value.isFinite else {
                throw DoseError.outOfRange(parameter: parameter, value: value)
            }
        }
        self.td50Gy = td50Gy
        self.slope = slope
    }

    /// Returns the probability of the complication after a uniform dose.
    public func ntcp(uniformDoseGy: Double) -> ModelledValue {
        let t = (uniformDoseGy - td50Gy) / (slope * td50Gy)
        return ModelledValue(
            quantity: "NTCP", value: erfc(-t / 2.0.squareRoot()) / 2, unit: "1",
            parameters: ["td50Gy": td50Gy, "slope": slope], source: "Lyman 1985")
    }
}

/// The logistic model of tumour control: 1 / (1 + exp(−(b0 + b1 · X))).
///
/// X is the dose or BED the model was fitted with. Source: Dewaraja et al., J Nucl Med
/// 2020;61:104-111 (form); the coefficients are the user's.
public struct LogisticControlModel: Hashable, Sendable {
    public let b0: Double
    public let b1PerGy: Double

    /// Creates a model.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` unless b0 is finite and b1 positive.
    public init(b0: Double, b1PerGy: Double) throws {
        guard b0.isFinite else { throw DoseError.outOfRange(parameter: "b0", value: b0) }
        guard b1PerGy > 0, b1PerGy.isFinite else {
            throw DoseError.outOfRange(parameter: "b1PerGy", value: b1PerGy)
        }
        self.b0 = b0
        self.b1PerGy = b1PerGy
    }

    /// Returns the probability of control after a dose or BED.
    public func tcp(doseGy: Double) -> ModelledValue {
        ModelledValue(
            quantity: "TCP", value: 1 / (1 + exp(-(b0 + b1PerGy * doseGy))), unit: "1",
            parameters: ["b0": b0, "b1PerGy": b1PerGy], source: "Dewaraja 2020, logistic form")
    }
}
