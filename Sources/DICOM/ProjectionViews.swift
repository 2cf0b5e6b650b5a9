import Imaging
import Quantities

/// From which side each frame of a planar object was seen, as far as its tags tell.
struct ProjectionViews {
    private(set) var views: [PlanarImage.View]
    private(set) var findings: [Finding] = []

    /// Decides by View Code, then by the directions of the detector.
    ///
    /// An image of the patient from the front has rows × columns along +y (into the patient's
    /// back). Several detectors that claim one and the same direction contradict each other, so
    /// their direction says nothing.
    init(header: DataSet, frames: Int, keys: [[String: String]]) {
        views = Array(repeating: .unknown, count: frames)
        let detectors = header.items(.detectorInformationSequence)
        let directions = detectors.map(Self.direction)
        let isContradictory =
            detectors.count > 1 && Set(directions.compactMap(\.self)).count == 1
        for n in 0 ..< frames {
            let number = keys[n]["detector"].flatMap { Int($0) } ?? (detectors.count == 1 ? 1 : 0)
            guard number >= 1, number <= detectors.count else { continue }
            if let coded = Self.coded(detectors[number - 1]) {
                views[n] = coded
            } else if !isContradictory, let direction = directions[number - 1] {
                views[n] = direction
            }
        }
        let isPlanar = !header.strings(.imageType).contains { $0.uppercased().hasPrefix("RECON") }
        if isPlanar, views.contains(.unknown) {
            let reason =
                isContradictory
                ? "all detectors claim the same direction" : "the tags do not say"
            findings.append(
                Finding(
                    "nm.view-unknown", .warning,
                    "Which frame is the anterior and which the posterior view cannot be read: "
                        + "\(reason). A person must say before a geometric mean.",
                    subject: header.seriesSubject))
        }
    }

    private static func coded(_ detector: DataSet) -> PlanarImage.View? {
        guard let meaning = detector.codeMeaning(.viewCodeSequence)?.lowercased() else {
            return nil
        }
        let isAnterior = meaning.hasPrefix("ant")
        let isPosterior = meaning.hasPrefix("post")
        // Oblique views are neither.
        guard isAnterior != isPosterior, !meaning.contains("obl") else { return nil }
        return isAnterior ? .anterior : .posterior
    }

    private static func direction(_ detector: DataSet) -> PlanarImage.View? {
        guard let values = detector.decimals(.imageOrientationPatient, count: 6) else {
            return nil
        }
        let normal = Vector3(values[0], values[1], values[2])
            .cross(Vector3(values[3], values[4], values[5]))
        // Within 10 degrees of the front or the back.
        guard abs(normal.y) > 0.985 else { return nil }
        return normal.y > 0 ? .anterior : .posterior
    }
}
