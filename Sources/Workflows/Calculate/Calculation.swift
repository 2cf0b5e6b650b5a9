/// Quick numbers without any image: one case per `grevy calculate KIND`.
package enum Calculation: String, Hashable, Sendable, CaseIterable {
    case single, partition, bsa
    case lungShunt = "lung-shunt"
    case residual, vials, bed
    case voxelLocal = "voxel-local"

    /// Computes from one JSON document.
    ///
    /// The document is the UTF-8 text of a JSON object with ``keys``.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` or `TherapyError` naming the key.
    package func result(document: [UInt8]) throws -> CalculationResult {
        let input = try CalculationInput(
            try StrictJSON.parse(document), known: keys, owner: "'\(rawValue)'")
        switch self {
        case .single: return try Self.single(input)
        case .partition: return try Self.partition(input)
        case .bsa: return try Self.bsa(input)
        case .lungShunt: return try Self.lungShunt(input)
        case .residual: return try Self.residual(input)
        case .vials: return try Self.vials(input)
        case .bed: return try Self.bed(input)
        case .voxelLocal: return try Self.voxelLocal(input)
        }
    }
}
