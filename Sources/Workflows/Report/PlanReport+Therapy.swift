package import Quantities

/// One perfused territory with what goes into it.
package struct ReportTerritory: Hashable, Sendable {
    package var name: String
    package var device: String
    package var method: String
    /// The wish or prescription in words: `perfused mean 120 Gy`.
    package var prescription: String
    package var volumeML: Double
    package var massGrams: Double
    package var lungShuntFraction: Double
    package var residualFraction: Double
    /// Activity that enters the patient, at administration, in GBq.
    package var injectedActivityGBq: Double
    /// Activity needed in the vial at administration, residual included, in GBq.
    package var vialActivityGBq: Double
    package var perfusedDoseGy: Double
    /// 95 % interval of the perfused dose, in Gy; `nil` where it is not known.
    package var perfusedIntervalGy: ClosedRange<Double>?

    package init(
        name: String, device: String, method: String, prescription: String, volumeML: Double,
        massGrams: Double, lungShuntFraction: Double, residualFraction: Double,
        injectedActivityGBq: Double, vialActivityGBq: Double, perfusedDoseGy: Double
    ) {
        self.name = name
        self.device = device
        self.method = method
        self.prescription = prescription
        self.volumeML = volumeML
        self.massGrams = massGrams
        self.lungShuntFraction = lungShuntFraction
        self.residualFraction = residualFraction
        self.injectedActivityGBq = injectedActivityGBq
        self.vialActivityGBq = vialActivityGBq
        self.perfusedDoseGy = perfusedDoseGy
    }
}

/// The lung shunt by each method, and which of them the plan uses.
package struct ReportLungShunt: Hashable, Sendable {
    /// Geometric mean of the planar views, 0 to 1; `nil` when it was not measured.
    package var planarFraction: Double?
    package var spectFraction: Double?
    package var usedFraction: Double
    /// `planar`, `SPECT`, or another source in words.
    package var usedSource: String
    package var lungMassKg: Double
    package var lungMassSource: String
    package var lungDoseGy: Double
    /// Lung dose of earlier sessions on the same mass, in Gy.
    package var earlierLungDoseGy: Double
    /// 95 % interval of the lung dose, in Gy; `nil` where it is not known.
    package var lungDoseIntervalGy: ClosedRange<Double>?

    package init(
        planarFraction: Double?, spectFraction: Double?, usedFraction: Double, usedSource: String,
        lungMassKg: Double, lungMassSource: String, lungDoseGy: Double, earlierLungDoseGy: Double
    ) {
        self.planarFraction = planarFraction
        self.spectFraction = spectFraction
        self.usedFraction = usedFraction
        self.usedSource = usedSource
        self.lungMassKg = lungMassKg
        self.lungMassSource = lungMassSource
        self.lungDoseGy = lungDoseGy
        self.earlierLungDoseGy = earlierLungDoseGy
    }
}

/// A column of the structure table: `D95` in `Gy`, `BED` in `Gy`.
package struct ReportMetric: Hashable, Sendable {
    package var name: String
    package var unit: String

    package init(_ name: String, unit: String) {
        self.name = name
        self.unit = unit
    }
}

/// One structure of the dose table.
package struct ReportStructure: Hashable, Sendable {
    package var name: String
    /// What it is to the plan: `tumour`, `normal liver`, `lungs`.
    package var role: String
    package var volumeML: Double
    /// `nil` where no density is defined.
    package var massGrams: Double?
    package var meanDoseGy: Double?
    /// 95 % interval of the mean, in Gy; `nil` where it is not known.
    package var meanIntervalGy: ClosedRange<Double>?
    /// One value for each of ``PlanReport/structureMetrics``, in the same order.
    package var values: [Double?]
    /// The 95 % intervals of ``values``, in the same order; empty where they are not known.
    package var valueIntervals: [ClosedRange<Double>?] = []

    package init(
        name: String, role: String, volumeML: Double, massGrams: Double?, meanDoseGy: Double?,
        meanIntervalGy: ClosedRange<Double>? = nil, values: [Double?]
    ) {
        self.name = name
        self.role = role
        self.volumeML = volumeML
        self.massGrams = massGrams
        self.meanDoseGy = meanDoseGy
        self.meanIntervalGy = meanIntervalGy
        self.values = values
    }
}

/// A limit or a goal with the value the plan reaches.
package struct ReportConstraint: Hashable, Sendable {
    package enum Sense: Hashable, Sendable {
        case atMost
        case atLeast
    }

    package var name: String
    package var structure: String
    package var sense: Sense
    package var unit: String
    package var limit: Double
    /// What the plan reaches, unrounded; `nil` when it could not be evaluated.
    package var value: Double?
    /// 95 % interval of the value; `nil` where it is not known.
    package var valueInterval: ClosedRange<Double>?
    /// The total injected activity at which this limit alone is reached, in GBq.
    package var maximumActivityGBq: Double?
    package var isBinding: Bool
    /// Chance that the truth keeps the limit, 0 to 1; `nil` where it is not known.
    package var probabilityMet: Double?
    /// Device, tumour, compartment, dose method, evidence level and source, in words.
    package var provenance: String

    package init(
        name: String, structure: String, sense: Sense = .atMost, unit: String = "Gy",
        limit: Double, value: Double?, maximumActivityGBq: Double?, isBinding: Bool,
        probabilityMet: Double? = nil, provenance: String
    ) {
        self.name = name
        self.structure = structure
        self.sense = sense
        self.unit = unit
        self.limit = limit
        self.value = value
        self.maximumActivityGBq = maximumActivityGBq
        self.isBinding = isBinding
        self.probabilityMet = probabilityMet
        self.provenance = provenance
    }

    /// The distance to the limit, positive on the allowed side; `nil` without a value.
    package var margin: Double? {
        value.map { sense == .atMost ? limit - $0 : $0 - limit }
    }

    /// Whether the unrounded value keeps the limit; `nil` without a value.
    ///
    /// NaN does not keep it.
    package var isKept: Bool? {
        value.map { sense == .atMost ? $0 <= limit : $0 >= limit }
    }
}

/// One vial that could be ordered.
package struct ReportOrder: Hashable, Sendable {
    package var device: String
    package var territory: String
    package var vialGBq: Double
    /// Calibration time with zone, as text.
    package var calibrationTime: String
    package var hoursAfterCalibration: Double
    package var activityAtTreatmentGBq: Double
    /// (activity − needed) / needed.
    package var offTargetFraction: Double
    package var perfusedDoseGy: Double?
    /// The same dose when treatment is four hours late, in Gy.
    package var perfusedDoseAfterDelayGy: Double?
    package var isBelowNeed: Bool
    package var isChosen: Bool
    /// Names of the limits that this vial would exceed.
    package var limitsExceeded: [String] = []
    /// When it would be given, with zone, as text.
    package var treatmentTime = ""
    /// The ends of the 95 % interval of a dose of the territory over that dose; `nil` where they are
    /// not known.
    package var doseFactors: ClosedRange<Double>?

    package init(
        device: String, territory: String, vialGBq: Double, calibrationTime: String,
        hoursAfterCalibration: Double, activityAtTreatmentGBq: Double, offTargetFraction: Double,
        perfusedDoseGy: Double?, perfusedDoseAfterDelayGy: Double?, isBelowNeed: Bool,
        isChosen: Bool
    ) {
        self.device = device
        self.territory = territory
        self.vialGBq = vialGBq
        self.calibrationTime = calibrationTime
        self.hoursAfterCalibration = hoursAfterCalibration
        self.activityAtTreatmentGBq = activityAtTreatmentGBq
        self.offTargetFraction = offTargetFraction
        self.perfusedDoseGy = perfusedDoseGy
        self.perfusedDoseAfterDelayGy = perfusedDoseAfterDelayGy
        self.isBelowNeed = isBelowNeed
        self.isChosen = isChosen
    }
}

/// What was delivered, against the plan.
package struct ReportVerification: Hashable, Sendable {
    /// The image and engine the delivered dose comes from, in words.
    package var method: String
    package var injectedActivityGBq: Double
    /// Activity found in the image, decay-corrected to administration, in GBq; `nil` when the
    /// image is not calibrated.
    package var imageActivityGBq: Double?
    package var rows: [Row]
    package var findings: [Finding]

    package struct Row: Hashable, Sendable {
        package var structure: String
        package var plannedGy: Double?
        /// From absolute Bq/mL.
        package var absoluteGy: Double?
        /// From the share of counts times the injected activity.
        package var relativeGy: Double?
        /// 95 % intervals in Gy; `nil` where they are not known.
        package var absoluteIntervalGy: ClosedRange<Double>?
        package var relativeIntervalGy: ClosedRange<Double>?

        package init(
            structure: String, plannedGy: Double?, absoluteGy: Double?, relativeGy: Double?
        ) {
            self.structure = structure
            self.plannedGy = plannedGy
            self.absoluteGy = absoluteGy
            self.relativeGy = relativeGy
        }
    }

    package init(
        method: String, injectedActivityGBq: Double, imageActivityGBq: Double?, rows: [Row],
        findings: [Finding]
    ) {
        self.method = method
        self.injectedActivityGBq = injectedActivityGBq
        self.imageActivityGBq = imageActivityGBq
        self.rows = rows
        self.findings = findings
    }
}
