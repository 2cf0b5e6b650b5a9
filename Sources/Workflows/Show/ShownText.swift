import Foundation
import Quantities

extension Shown {
    /// What a person reads.
    package var text: String {
        switch self {
        case .series(let series): series.lines.joined(separator: "\n")
        case .computed(let object): object.lines.joined(separator: "\n")
        }
    }
}

extension SeriesShown {
    fileprivate var lines: [String] {
        var lines = [
            "\(id)  \(modality)  \(instances) files  \(description)",
            "  patient \(patientName)  ID \(patientID)  study \(studyDate)",
            "  UID \(seriesInstanceUID)", "  frame of reference \(frameOfReferenceUID)",
            "  digest \(digest)",
        ]
        if let refusal { lines.append("  CANNOT BE USED: \(refusal)") }
        lines += images.flatMap(\.lines)
        if let planar {
            lines.append(
                "  \(planar.rows) x \(planar.columns) pixels, \(planar.frames.count) views")
            lines += planar.frames.map {
                "    \($0.view): \(Figures.fixed($0.totalCounts, 0)) counts"
            }
            lines += planar.radiopharmaceutical.lines
        }
        lines += structures.map { structure in
            "  structure \(structure.name)"
                + (structure.contours.map { ", \($0) contours" } ?? "")
                + (structure.volumeML.map { ", \(Figures.significant($0)) mL" } ?? "")
        }
        lines += measurements.map {
            "  measured \(([$0.name] + $0.modifiers).joined(separator: " ")): \($0.value) \($0.unit)"
        }
        lines += findings.map(\.line)
        if !usedBy.isEmpty { lines.append("  used by \(usedBy.joined(separator: ", "))") }
        return lines
    }
}

extension SeriesShown.Image {
    fileprivate var lines: [String] {
        [
            "  \(shape.map(String.init).joined(separator: " x ")) voxels of \(spacingMM.map { Figures.significant($0) }.joined(separator: " x ")) mm, first at \(originMM.map { Figures.significant($0) }.joined(separator: ", ")) mm",
            "  \(quantity.isEmpty ? "no unit" : quantity): minimum \(Figures.significant(minimum)), maximum \(Figures.significant(maximum)), mean \(Figures.significant(mean))",
        ] + (radiopharmaceutical?.lines ?? [])
    }
}

extension SeriesShown.Tracer {
    fileprivate var lines: [String] {
        let facts = [
            nuclide, injectedBecquerels.map { "\(Figures.significant($0 / 1e6)) MBq injected" },
            halfLifeSeconds.map { "half-life \(Figures.significant($0 / 3600)) h" },
            secondsFromInjectionToReference.map {
                "values stand for \(Figures.significant($0 / 3600)) h after injection"
            }, decayCorrection.map { "decay correction \($0)" },
            patientWeightKg.map { "patient \(Figures.significant($0)) kg" },
        ].compactMap(\.self)
        return facts.isEmpty ? [] : ["  tracer: \(facts.joined(separator: ", "))"]
    }
}

extension ComputedShown {
    fileprivate var lines: [String] {
        var lines = [
            "\(id)  \(name)  version \(version)",
            "  state: \(state)" + (reason.map { ", \($0)" } ?? ""),
            "  made \(createdAt) by \(createdBy), version \(softwareVersion) of the software",
        ]
        if let outOfUse { lines.append("  OUT OF USE: \(outOfUse)") }
        if let acceptance {
            lines.append(
                "  accepted \(acceptance.acceptedAt) by \(acceptance.acceptedBy) \(acceptance.note)"
            )
        } else if kind == "registration" {
            lines.append("  accepted by nobody")
        }
        lines += inputs.map { input in
            "  from \(input.role): \(input.id ?? input.kind)  \(input.digest)"
                + (input.unchanged == false ? "  CHANGED SINCE" : "")
        }
        lines += dataVersions.sorted { $0.key < $1.key }.map { "  table \($0.key): \($0.value)" }
        if !usedBy.isEmpty { lines.append("  used by \(usedBy.joined(separator: ", "))") }
        lines.append("  content: \(mediaType), \(bytes) bytes, \(digest)")
        return lines
    }
}

extension Finding {
    fileprivate var line: String { "  \(severity.rawValue) \(code): \(sentence)" }
}

extension Figures {
    /// A measured number with six digits.
    fileprivate static func significant(_ value: Double) -> String {
        value.isFinite ? String(format: "%.6g", value) : missing
    }
}
