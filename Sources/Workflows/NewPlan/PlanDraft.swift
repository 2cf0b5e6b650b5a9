import Yams

/// A plan as a person chooses it on a page, to be written as a plan file.
///
/// What a page does not ask stays as the plan has it that the person starts from.
package struct PlanDraft: Hashable, Sendable {
    package enum Registration: Hashable, Sendable {
        case identity, rigidCT, rigidActivity
        /// A registration that the case keeps.
        case kept(String)
    }

    package enum LungShunt: Hashable, Sendable {
        case typed(fraction: Double)
        case spect
        /// Regions that somebody drew and the case keeps.
        case drawn(String)
        /// Boxes of the plan that the person starts from.
        case asBefore
    }

    package struct Evidence: Hashable, Sendable {
        package var basis: String
        package var recordedBy: String

        package init(basis: String, recordedBy: String) {
            (self.basis, self.recordedBy) = (basis, recordedBy)
        }
    }

    package enum Limits: Hashable, Sendable {
        case asBefore
        /// None but the lungs', which always hold.
        case none
        /// A constraint set of the site.
        case set(String)
    }

    package struct Territory: Hashable, Sendable {
        package var name: String
        package var structure: String
        package var aim: PlanSpec.TerritoryChoice.Aim

        package init(name: String, structure: String, aim: PlanSpec.TerritoryChoice.Aim) {
            (self.name, self.structure, self.aim) = (name, structure, aim)
        }
    }

    package var name = ""
    package var device = PlanSpec.DeviceChoice.glass
    /// A convention profile, standard or the site's; `nil` leaves it as before.
    package var profile: String?
    package var tumourEntity = "NET"
    /// Why thresholds that were made for another tumour are used, and whose word that is.
    package var evidence: Evidence?
    package var planning = ""
    package var activity = ""
    package var activityCT: String?
    package var planar: String?
    package var registration = Registration.identity
    /// A series, or `vois`.
    package var structuresFrom: String?
    package var liver: String?
    package var lungs: String?
    package var tumours: [String] = []
    package var others: [String] = []
    package var territories: [Territory] = []
    package var method = PlanSpec.MethodChoice.voxel
    package var bodySurface: PlanSpec.BodySurfaceChoice?
    package var lungShunt = LungShunt.spect
    package var lungMass = PlanSpec.LungShuntChoice.LungMass.convention
    package var residualFraction = 0.0
    /// As a plan file calls it.
    package var engine = "local-deposition"
    /// `nil` takes the planning CT's own grid.
    package var gridSpacingMM: Double? = 3
    package var density = PlanSpec.DoseChoice.Density.fixed
    package var limits = Limits.none
    /// ISO 8601 with zone; `nil` for a plan without an order.
    package var treatmentTime: String?
    /// Answers to ``PatientQuestion``, by key; yes is 1, no is 0.
    package var patient: [String: Double] = [:]

    package init() {}
}

extension PlanDraft {
    /// Writes the plan file.
    ///
    /// - Parameter base: The plan file to start from; `nil` starts from nothing.
    /// - Returns: The file's text; whether it makes a plan, ``PlanSpec`` says.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when `base` is no plan file.
    package func yaml(over base: String? = nil) throws -> String {
        var top = try Self.mapping(base)
        top["name"] = .words(name)
        let isSameDevice = top["device"]?.string == device.rawValue
        top["device"] = Node(device.rawValue)
        if let profile { top["profile"] = .words(profile) }
        top["tumourEntity"] = .words(tumourEntity)
        if let evidence {
            top["evidence"] = .map([
                ("basis", .words(evidence.basis)), ("recordedBy", .words(evidence.recordedBy)),
            ])
        }
        writeImages(into: &top)
        top["registration"] = .map(registrationLines)
        writeStructures(into: &top)
        top["method"] = Node(method.rawValue)
        // Whether the table lowers the activity is not asked.
        let reduction = top["bsa"]?["shuntReduction"]
        top["bsa"] = bodySurface.map {
            .map([
                ("heightCM", .number($0.heightCM)), ("weightKg", .number($0.weightKg)),
                ("shuntReduction", reduction ?? Node($0.shuntReduction.rawValue)),
            ])
        }
        try writeShunt(into: &top)
        top["residualFraction"] = .number(residualFraction)
        writeDose(into: &top)
        writeLimits(into: &top)
        writeOrder(into: &top, isSameDevice: isSameDevice)
        let facts = PatientQuestion.all.compactMap { question in
            patient[question.key].map {
                (question.key, question.isFlag ? Node($0 > 0 ? "true" : "false") : .number($0))
            }
        }
        top["patient"] = facts.isEmpty ? nil : .map(facts)
        return try Yams.serialize(node: .mapping(top), allowUnicode: true)
    }

    private static func mapping(_ text: String?) throws -> Node.Mapping {
        guard let text else { return Node.Mapping([]) }
        guard let top = try? Node.document(text)?.mapping else {
            throw WorkflowError.refused(sentence: "The kept plan file cannot be changed.")
        }
        return top
    }

    private func writeImages(into top: inout Node.Mapping) {
        var images = top["images"]?.mapping ?? Node.Mapping([])
        images["planning"] = .words(planning)
        images["activity"] = .words(activity)
        images["activityCT"] = activityCT.map(Node.words)
        images["planar"] = planar.map(Node.words)
        top["images"] = .mapping(images)
    }

    private var registrationLines: [(String, Node)] {
        switch registration {
        case .identity: [("kind", Node("identity"))]
        case .rigidCT: [("kind", Node("rigid-ct"))]
        case .rigidActivity: [("kind", Node("rigid-activity"))]
        case .kept(let record): [("kind", Node("kept")), ("record", .words(record))]
        }
    }

    private func writeStructures(into top: inout Node.Mapping) {
        let lines: [(String, Node?)] = [
            ("from", structuresFrom.map(Node.words)), ("liver", liver.map(Node.words)),
            ("lungs", lungs.map(Node.words)), ("tumours", .list(tumours.map(Node.words))),
            ("others", .list(others.map(Node.words))),
        ]
        top["structures"] =
            structuresFrom == nil
            ? nil : .map(lines.compactMap { line in line.1.map { (line.0, $0) } })
        let before = top["territories"]?.sequence.map(Array.init) ?? []
        top["territories"] = .list(
            territories.map { territory in
                var lines: [(String, Node)] = [
                    ("name", .words(territory.name)), ("structure", .words(territory.structure)),
                ]
                // A territory's own lung shunt is not asked.
                if let own = before.first(where: { $0["name"]?.text == territory.name })?[
                    "lungShuntFraction"]
                {
                    lines.append(("lungShuntFraction", own))
                }
                switch territory.aim {
                case .injectedActivityGBq(let activity):
                    lines.append(("injectedActivityGBq", .number(activity)))
                case .meanDoseGy(let structure, let dose):
                    lines.append(
                        (
                            "aim",
                            .map([("structure", .words(structure)), ("meanDoseGy", .number(dose))])
                        ))
                case .bodySurface: break
                }
                return .map(lines)
            })
    }

    private func writeShunt(into top: inout Node.Mapping) throws {
        var shunt = top["lungShunt"]?.mapping ?? Node.Mapping([])
        shunt["lungMass"] = Node(lungMass.rawValue)
        switch lungShunt {
        case .typed(let fraction):
            shunt["use"] = Node("typed")
            shunt["fraction"] = .number(fraction)
        case .spect: shunt["use"] = Node("spect")
        case .drawn(let record):
            shunt["use"] = Node("planar")
            shunt["planarRegions"] = nil
            shunt["drawnRegions"] = .words(record)
        case .asBefore:
            guard shunt["planarRegions"] != nil else {
                throw WorkflowError.refused(
                    sentence: "The plan has no regions on planar views; draw them, or choose "
                        + "another lung shunt.")
            }
            shunt["use"] = Node("planar")
        }
        // Regions are of one image: without it, or with another, they mean nothing.
        if planar == nil { (shunt["planarRegions"], shunt["drawnRegions"]) = (nil, nil) }
        top["lungShunt"] = .mapping(shunt)
    }

    private func writeDose(into top: inout Node.Mapping) {
        var dose = top["dose"]?.mapping ?? Node.Mapping([])
        dose["engine"] = Node(engine)
        dose["gridSpacingMM"] = gridSpacingMM.map(Node.number) ?? Node("ct")
        dose["density"] = Node(density.rawValue)
        if engine != "monte-carlo" {
            for key in ["uncertainty", "tumourVoxelUncertainty", "histories", "seed"] {
                dose[Node(key)] = nil
            }
        }
        if density == .fixed {
            for key in ["overrides", "gas", "densityCurve"] { dose[Node(key)] = nil }
        }
        top["dose"] = .mapping(dose)
        // Physical dose follows no convention that others could stand beside.
        if engine != "local-deposition" { top["compareProfiles"] = nil }
    }

    private func writeLimits(into top: inout Node.Mapping) {
        guard limits != .asBefore else { return }
        (top["limits"], top["lungLimits"]) = (nil, nil)
        if case .set(let name) = limits { top["constraintSet"] = .words(name) }
    }

    private func writeOrder(into top: inout Node.Mapping, isSameDevice: Bool) {
        guard let treatmentTime else {
            top["order"] = nil
            return
        }
        var order = top["order"]?.mapping ?? Node.Mapping([])
        order["otherTreatmentTimes"] = nil
        // A calibration was for the day and the device that it stood beside.
        if order["treatmentTime"]?.string != treatmentTime || !isSameDevice {
            order["calibrationTime"] = nil
        }
        order["treatmentTime"] = .words(treatmentTime)
        top["order"] = .mapping(order)
    }
}
