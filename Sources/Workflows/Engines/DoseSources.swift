package import Foundation
import Physics

/// Where `grevy dose` reads activity and matter from.
package struct DoseSources: Sendable {
    /// What says how dense each voxel is and what it is made of.
    package enum Matter: Hashable, Sendable {
        /// Maps on the grid of the activity, as files or the names of series in the data folder.
        case maps(density: String, medium: String)
        /// A CT on any grid, as a file or the name of a series in the data folder; a site's own
        /// table of CT number and density replaces the generic curve.
        case ct(name: String, curve: URL?)
    }

    /// A file, or the name of a series in the data folder.
    package let tia: String
    /// What the numbers of a series, or of any image with a given activity, stand for.
    package let calibration: ActivityCalibration
    /// Edge of the dose grid's voxels in mm, along the axes of the activity; `nil` for its own grid.
    package let gridSpacingMM: Double?
    package let matter: Matter
    /// A file, or the name of an RTSTRUCT or SEG series in the data folder.
    package let labels: String?
    package let overrides: [MatterOverride]
    /// The data folder that series are looked up in.
    package let data: DataSession?

    package init(
        tia: String, calibration: ActivityCalibration = .asStated, gridSpacingMM: Double? = nil,
        matter: Matter, labels: String?, overrides: [MatterOverride] = [],
        data: DataSession? = nil
    ) {
        (self.tia, self.matter, self.labels) = (tia, matter, labels)
        (self.calibration, self.gridSpacingMM) = (calibration, gridSpacingMM)
        (self.overrides, self.data) = (overrides, data)
    }

    /// Every file that a result must not replace.
    var files: [URL] {
        let matter: [URL] =
            switch matter {
            case .maps(let density, let medium): [URL(filePath: density), URL(filePath: medium)]
            case .ct(let name, let curve): [URL(filePath: name)] + (curve.map { [$0] } ?? [])
            }
        return [URL(filePath: tia)] + matter + (labels.map { [URL(filePath: $0)] } ?? [])
    }
}

/// What a person knows better than the CT about a structure: its density, its medium, or both.
///
/// Contrast-enhanced liver is soft tissue of 1.06 g/mL, whatever its CT number.
package struct MatterOverride: Hashable, Sendable, Encodable {
    /// The structure's number in the label map.
    package let label: Int
    /// A name of ``MaterialsReport``; `nil` leaves the medium.
    package let medium: String?
    /// `nil` leaves the density.
    package let densityGPerML: Double?

    /// Reads `label=medium:density`; medium or density may be left out: `3=liver`, `3=:1.06`.
    ///
    /// - Returns: `nil` when the text is not of that form or asks for no change.
    package init?(text: String) {
        let sides = text.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let label = Int(sides[0]), (0 ..< 1 << 16).contains(label) else {
            return nil
        }
        let parts = sides[1].split(separator: ":", omittingEmptySubsequences: false)
        guard (1 ... 2).contains(parts.count) else { return nil }
        let density = parts.count == 2 ? Double(parts[1]) : nil
        guard parts.count == 1 || density != nil, density != nil || !parts[0].isEmpty else {
            return nil
        }
        self.label = label
        medium = parts[0].isEmpty ? nil : String(parts[0])
        densityGPerML = density
    }

    /// Returns the index of the medium, `nil` where it stays.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for an unknown name or a density that no
    ///   matter has.
    func checkedMedium() throws -> UInt8? {
        guard let medium else {
            _ = try Material(named: "water", density: densityGPerML)
            return nil
        }
        return try Material(named: medium, density: densityGPerML).medium.index
    }

    /// How a finding and a checkpoint write it.
    var text: String {
        "\(label)=\(medium ?? "")" + (densityGPerML.map { ":\($0)" } ?? "")
    }
}
