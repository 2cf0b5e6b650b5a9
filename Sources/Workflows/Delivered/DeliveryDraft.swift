import Foundation
import Yams

/// What was given and which image shows it, as somebody chose it on a page: written as a delivery file.
package struct DeliveryDraft: Hashable, Sendable {
    package enum Registration: Hashable, Sendable {
        /// The image lies in the planning CT's frame.
        case identity
        /// Found by the CT of the same machine, or by the image itself; nobody has accepted it yet.
        case rigidCT, rigidActivity
        /// A registration that the case keeps.
        case kept(String)
    }

    package struct Territory: Hashable, Sendable {
        package var name: String
        /// What entered the patient, at administration.
        package var injectedActivityGBq: Double
        package var stasis: Bool

        package init(name: String, injectedActivityGBq: Double, stasis: Bool) {
            (self.name, self.stasis) = (name, stasis)
            self.injectedActivityGBq = injectedActivityGBq
        }
    }

    package var plan: String
    /// `se-…`.
    package var image: String
    package var imageCT: String?
    package var registration: Registration
    /// From administration to the instant of the image's values; `nil` takes the image's own times.
    package var hoursAfterAdministration: Double?
    package var territories: [Territory]

    package init(
        plan: String, image: String, imageCT: String?, registration: Registration,
        hoursAfterAdministration: Double?, territories: [Territory]
    ) {
        (self.plan, self.image, self.imageCT) = (plan, image, imageCT)
        (self.registration, self.territories) = (registration, territories)
        self.hoursAfterAdministration = hoursAfterAdministration
    }

    /// The file's text; whether it can be computed, ``DeliveredSpec`` says.
    var yaml: String {
        get throws {
            let lines: [(String, Node?)] = [
                ("plan", .words(plan)), ("image", .words(image)),
                ("imageCT", imageCT.map(Node.words)), ("registration", .map(registrationLines)),
                ("hoursAfterAdministration", hoursAfterAdministration.map(Node.number)),
                (
                    "territories",
                    .list(
                        territories.map {
                            .map([
                                ("name", .words($0.name)),
                                ("injectedActivityGBq", .number($0.injectedActivityGBq)),
                                ("stasis", Node($0.stasis ? "true" : "false")),
                            ])
                        })
                ),
            ]
            return try Yams.serialize(
                node: .map(lines.compactMap { line in line.1.map { (line.0, $0) } }),
                allowUnicode: true)
        }
    }

    private var registrationLines: [(String, Node)] {
        switch registration {
        case .identity: [("kind", Node("identity"))]
        case .rigidCT: [("kind", Node("rigid-ct"))]
        case .rigidActivity: [("kind", Node("rigid-activity"))]
        case .kept(let record): [("kind", Node("kept")), ("record", .words(record))]
        }
    }
}
