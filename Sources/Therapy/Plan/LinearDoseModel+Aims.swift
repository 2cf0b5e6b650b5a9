public import Quantities

/// What the user wants of one territory.
public enum TerritoryAim: Hashable, Sendable {
    case injectedActivity(Activity)
    /// The mean dose of a structure, from all territories together.
    case meanDose(structure: String, dose: AbsorbedDose)
}

extension LinearDoseModel {
    /// Returns the injected activities that meet every aim at once.
    ///
    /// Territories with a dose aim are solved together, because a structure may get dose from
    /// its neighbour's activity too: Σ_k d_{s,k} · A_k = D_s.
    ///
    /// - Parameter aims: One per territory, in order.
    /// - Returns: One activity per territory, none negative.
    /// - Throws: ``TherapyError/inconsistent(reason:)`` when the aims contradict each other or
    ///   one is already exceeded by the other territories; ``TherapyError/unknown(kind:name:)``.
    public func activities(for aims: [TerritoryAim]) throws -> [Activity] {
        guard aims.count == territories.count else {
            throw TherapyError.inconsistent(
                reason: "\(aims.count) aims for \(territories.count) territories.")
        }
        let system = try aims.enumerated().map { index, aim -> Equation in
            switch aim {
            case .injectedActivity(let activity):
                let gbq = try Checked.notNegative(activity.gigabecquerels, "injectedActivityGBq")
                let row = territories.indices.map { $0 == index ? 1.0 : 0 }
                return Equation(row: row, value: gbq)
            case .meanDose(let name, let dose):
                let dose = try Checked.positive(dose.grays, "meanDoseGy")
                let row = try response(name).graysPerGBq
                guard row[index] > 0 else {
                    throw TherapyError.inconsistent(
                        reason: "'\(name)' gets no dose from territory '\(territories[index])', "
                            + "so that cannot be its aim.")
                }
                return Equation(row: row, value: dose)
            }
        }
        let solution = try Self.solve(system)
        for (name, value) in zip(territories, solution) where !(value >= 0 && value.isFinite) {
            throw TherapyError.inconsistent(
                reason: "The aims ask for a negative activity in territory '\(name)': its "
                    + "structure gets more than the aim from the other territories.")
        }
        return solution.map { Activity(gigabecquerels: $0) }
    }

    private struct Equation {
        var row: [Double]
        var value: Double
    }

    /// Gaussian elimination with the largest pivot; plans have a handful of territories.
    private static func solve(_ system: [Equation]) throws -> [Double] {
        // Rows in Gy/GBq and in 1 stand side by side; scaling makes pivots comparable.
        var rows = system.map { equation -> Equation in
            let scale = equation.row.max() ?? 1
            return Equation(row: equation.row.map { $0 / scale }, value: equation.value / scale)
        }
        let count = rows.count
        for column in 0 ..< count {
            let pivot = (column ..< count).max {
                abs(rows[$0].row[column]) < abs(rows[$1].row[column])
            }
            // Below 1e-9 of the largest coefficient two aims are the same but for rounding.
            guard let pivot, abs(rows[pivot].row[column]) > 1e-9 else {
                throw TherapyError.inconsistent(
                    reason: "Two territories' aims concern the same dose; one must be an activity.")
            }
            rows.swapAt(column, pivot)
            for lower in (column + 1) ..< max(count, column + 1) {
                let factor = rows[lower].row[column] / rows[column].row[column]
                for k in column ..< count { rows[lower].row[k] -= factor * rows[column].row[k] }
                rows[lower].value -= factor * rows[column].value
            }
        }
        var solution = [Double](repeating: 0, count: count)
        for row in (0 ..< count).reversed() {
            let known = ((row + 1) ..< max(count, row + 1)).reduce(0) {
                $0 + rows[row].row[$1] * solution[$1]
            }
            solution[row] = (rows[row].value - known) / rows[row].row[row]
        }
        return solution
    }
}
