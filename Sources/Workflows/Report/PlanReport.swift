package import Quantities

/// All that a plan's report shows, as plain values: no image, no record, no clock is read later.
///
/// The same value gives the same HTML, byte for byte. Empty lists and `nil` leave their section
/// out, except findings, where "none" is said. Numbers are unrounded; ``Figures`` rounds them for
/// display only. Every text is escaped when it is written, so any string is allowed.
package struct PlanReport: Sendable {
    package var title: String
    /// The plan's short name, printed on every page.
    package var planName: String
    /// When the report was made, ISO 8601 with zone, given by the caller.
    package var madeAt: String
    package var patient: ReportPatient
    package var convention: ReportConvention
    /// The few numbers a reader looks for first.
    package var headlines: [ReportHeadline] = []
    package var inputs: [ReportInput] = []
    package var images: [ReportImage] = []
    package var territories: [ReportTerritory] = []
    package var lungShunt: ReportLungShunt?
    package var structureMetrics: [ReportMetric] = []
    package var structures: [ReportStructure] = []
    package var constraints: [ReportConstraint] = []
    package var orders: [ReportOrder] = []
    /// What holds for every order: when treatment is, how much more a limit allows.
    package var ordersNote = ""
    package var findings: [Finding] = []
    package var pictures: [ReportPicture] = []
    package var curves: [ReportCurve] = []
    package var verification: ReportVerification?
    /// Tables that a method or a wish adds: plans on three profiles, truth against result.
    package var furtherTables: [ReportTable] = []
    /// Models in use with their parameters, one sentence each: BED, EUD, and what they are not.
    package var models: [String] = []
    /// Engine, versions, digests and parameters, in the order to be printed.
    package var provenance: [ReportFact] = []

    package init(
        title: String, planName: String, madeAt: String, patient: ReportPatient,
        convention: ReportConvention
    ) {
        self.title = title
        self.planName = planName
        self.madeAt = madeAt
        self.patient = patient
        self.convention = convention
    }
}

/// Who the report is about; shown on every page.
package struct ReportPatient: Hashable, Sendable {
    package var name: String
    /// Birth date as it is to be read, `1961-04-09`; empty when unknown.
    package var birthDate: String
    package var identifier: String
    /// Who gave the identifier; empty when the images do not say.
    package var issuer: String
    package var sex: String

    package init(
        name: String, birthDate: String, identifier: String, issuer: String, sex: String
    ) {
        self.name = name
        self.birthDate = birthDate
        self.identifier = identifier
        self.issuer = issuer
        self.sex = sex
    }
}

/// The convention profile with its constants, in the units of ``ConventionProfile``.
package struct ReportConvention: Hashable, Sendable {
    package var name: String
    package var nuclide: String
    package var doseConstantGyKgPerGBq: Double
    package var halfLifeHours: Double
    package var tissueDensityGPerML: Double
    package var lungMassKg: Double
    package var source: String

    package init(
        name: String, nuclide: String, doseConstantGyKgPerGBq: Double, halfLifeHours: Double,
        tissueDensityGPerML: Double, lungMassKg: Double, source: String
    ) {
        self.name = name
        self.nuclide = nuclide
        self.doseConstantGyKgPerGBq = doseConstantGyKgPerGBq
        self.halfLifeHours = halfLifeHours
        self.tissueDensityGPerML = tissueDensityGPerML
        self.lungMassKg = lungMassKg
        self.source = source
    }
}

/// One of the numbers at the top: `Injected activity`, `2.304`, `GBq`, `limited by lung dose`.
package struct ReportHeadline: Hashable, Sendable {
    package var label: String
    package var value: String
    package var unit: String
    package var note: String

    package init(label: String, value: String, unit: String, note: String = "") {
        self.label = label
        self.value = value
        self.unit = unit
        self.note = note
    }
}

/// Something a person typed or a file gave, with where it came from.
package struct ReportInput: Hashable, Sendable {
    package var name: String
    package var value: String
    package var source: String
    /// SHA-256 in hexadecimal, shown by its first twelve digits; `nil` for typed values.
    package var digest: String?

    package init(name: String, value: String, source: String, digest: String? = nil) {
        self.name = name
        self.value = value
        self.source = source
        self.digest = digest
    }
}

/// A series the plan stands on.
package struct ReportImage: Hashable, Sendable {
    /// What the series serves as: `anatomy`, `activity`, `structures`.
    package var role: String
    package var modality: String
    package var description: String
    package var acquired: String
    /// Grid in words: `512 × 512 × 150, 0.98 × 0.98 × 2.50 mm`.
    package var grid: String
    package var digest: String

    package init(
        role: String, modality: String, description: String, acquired: String, grid: String,
        digest: String
    ) {
        self.role = role
        self.modality = modality
        self.description = description
        self.acquired = acquired
        self.grid = grid
        self.digest = digest
    }
}

/// A name with its value, both as text.
package struct ReportFact: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A table whose cells are ready text; columns of numbers are set right.
package struct ReportTable: Hashable, Sendable {
    package var title: String
    package var note: String
    package var columns: [Column]
    package var rows: [[String]]

    package struct Column: Hashable, Sendable {
        package var title: String
        package var isNumber: Bool

        package init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }
    }

    package init(title: String, note: String = "", columns: [Column], rows: [[String]]) {
        self.title = title
        self.note = note
        self.columns = columns
        self.rows = rows
    }
}
