import Quantities

/// The content of a Real World Value Mapping object: what stored values mean physically.
package struct RealWorldValueMap: Hashable, Sendable {
    /// One linear mapping.
    package struct Mapping: Hashable, Sendable {
        /// Units per stored value.
        package var slope: Double
        package var intercept: Double
        /// UCUM code as written: `{SUVbw}g/ml`, `Bq/ml`.
        package var unit: String
        package var label: String
        /// The stored values it holds for; `nil` when not stated.
        package var firstValue: Double?
        package var lastValue: Double?
        /// SOP Instance UIDs it applies to; empty when it applies to its own object.
        package var instanceUIDs: [String]
    }

    package var mappings: [Mapping]
    /// Series whose images are referenced.
    package var seriesUIDs: [String]

    /// Reads a Real World Value Mapping object.
    ///
    /// Tables instead of slope and intercept are left out and reported.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `rwvm.no-linear-mapping`.
    package static func read(header: DataSet) throws -> Reading<RealWorldValueMap> {
        var mappings: [Mapping] = []
        var tables = 0
        for item in header.items(.referencedImageRealWorldValueMappingSequence) {
            let instances = item.items(.referencedImageSequence).compactMap {
                $0.string(.referencedSOPInstanceUID)
            }
            let all = item.items(.realWorldValueMappingSequence)
            let linear = Self.mappings(all)
            tables += all.count - linear.count
            mappings += linear.map { mapping in
                var mapping = mapping
                mapping.instanceUIDs = instances
                return mapping
            }
        }
        guard !mappings.isEmpty else {
            throw DicomError.refused(
                code: "rwvm.no-linear-mapping", reason: "no mapping with slope and intercept")
        }
        let series = header.items(.referencedSeriesSequence).compactMap {
            $0.string(.seriesInstanceUID)
        }
        var findings: [Finding] = []
        if tables > 0 {
            findings.append(
                Finding(
                    "rwvm.table", .warning, "\(tables) mappings are tables and were left out.",
                    subject: header.seriesSubject))
        }
        return Reading(
            RealWorldValueMap(mappings: mappings, seriesUIDs: series), findings: findings)
    }

    /// The linear mappings of a Real World Value Mapping Sequence.
    package static func mappings(_ items: [DataSet]) -> [Mapping] {
        items.compactMap { item in
            guard let slope = item.decimal(.realWorldValueSlope), slope.isFinite, slope != 0,
                let intercept = item.decimal(.realWorldValueIntercept), intercept.isFinite
            else { return nil }
            return Mapping(
                slope: slope, intercept: intercept,
                unit: item.firstItem(.measurementUnitsCodeSequence)?.string(.codeValue) ?? "",
                label: item.string(.lutLabel) ?? item.string(.lutExplanation) ?? "",
                firstValue: item.decimal(.realWorldValueFirstValueMapped)
                    ?? item.decimal(.doubleFloatRealWorldValueFirstValueMapped),
                lastValue: item.decimal(.realWorldValueLastValueMapped)
                    ?? item.decimal(.doubleFloatRealWorldValueLastValueMapped),
                instanceUIDs: [])
        }
    }

    /// The mapping for an image; the first one when several apply.
    package func mapping(forInstance uid: String) -> Mapping? {
        mappings.first { $0.instanceUIDs.contains(uid) }
    }
}

extension ImageSeries.Quantity {
    /// The quantity behind a unit as files write it, and the factor that takes a value to it.
    ///
    /// Knows UCUM and the terms of Rescale Type and Units; anything else stays `other`.
    static func of(unit: String) -> (quantity: ImageSeries.Quantity, factor: Double) {
        switch unit.lowercased().filter({ $0 != " " }) {
        case "hu", "[hnsf'u]": (.hounsfieldUnits, 1)
        case "bqml", "bq/ml", "bq/cm3": (.becquerelsPerML, 1)
        case "kbqml", "kbq/ml": (.becquerelsPerML, 1e3)
        case "mbqml", "mbq/ml": (.becquerelsPerML, 1e6)
        case "cnts", "counts", "{counts}", "count": (.counts, 1)
        case "{suvbw}g/ml", "g/ml{suvbw}": (.standardisedUptakeValue, 1)
        default: (.other(unit: unit), 1)
        }
    }
}
