import Dosimetry
import Foundation
package import Pathway
import Physics
package import Storage
import Yams

/// A setting that a plan was made with, as the plan's record keeps it.
package struct UsedSetting: Codable, Hashable, Sendable {
    package var kind: SettingKind
    package var name: String
    package var version: Int
    package var sha256: String
    package var date: String
    /// Whose it is, where that is not the case's owner.
    package var organisation: String?
}

/// A plan file whose names of settings are replaced by what they stood for at that moment.
///
/// From then on the plan rests on its own text, whatever version comes later.
package struct PlanSettings: Sendable {
    /// The plan file with everything written out; the text itself when it names no setting.
    let yaml: String
    let used: [UsedSetting]
    /// The table of the density curve that the file names.
    let densityCurve: [UInt8]?

    /// Looks names up.
    ///
    /// - Parameters:
    ///   - yaml: The plan file as written.
    ///   - folder: The data folder.
    ///   - patient: The case; `nil` for a person at the machine.
    ///   - actor: Who plans. The settings of their organisation count, also in another's case: the
    ///     names are those that they know, and the plan says whose they are.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when there is no such constraint set.
    init(yaml: String, folder: DataFolder, patient: Int64?, actor: String) async throws {
        guard var node = try? Node.document(yaml), node.mapping != nil else {
            // Reading the plan file says what is wrong with it.
            (self.yaml, used, densityCurve) = (yaml, [], nil)
            return
        }
        let owner =
            if let patient {
                try await folder.records.owner(ofPatient: patient)
            } else { try await folder.records.onlyOrganisation() }
        let planner = patient == nil ? nil : try await folder.accounts.organisation(ofActor: actor)
        let organisation = planner?.id ?? owner
        let label = owner == nil || organisation == owner ? nil : planner?.name
        let known = try await folder.records.settings(organisation: organisation)
        var used: [UsedSetting] = []
        func table(_ kind: SettingKind, _ name: String?) async throws -> (String, SettingTable)? {
            guard let name, let record = known.first(where: { $0.kind == kind && $0.name == name })
            else { return nil }
            used.append(UsedSetting(record, of: label))
            let text = String(
                decoding: try await folder.objects.bytes(of: record.content), as: UTF8.self)
            return (text, try SettingTable(text, kind: kind, name: name))
        }
        if case (_, .profile(let profile))? = try await table(.profile, node["profile"]?.text) {
            node["profile"] = profile.node(used[used.count - 1])
        }
        let curve = try await table(.densityCurve, node["dose"]?["densityCurve"]?.text)
        if case (_, .recoveryCurve(let points))? = try await table(
            .recoveryCurve, node["uncertainty"]?["recovery"]?.text)
        {
            node["uncertainty"]?["recovery"] = .list(
                points.map {
                    .map([
                        ("diameterMM", .number($0.diameterMM)), ("recovery", .number($0.recovery)),
                        ("sigma", .number($0.sigma)),
                    ])
                })
        }
        if let name = node["constraintSet"]?.text {
            guard case (_, .constraintSet(let set))? = try await table(.constraintSet, name) else {
                let names = Set(known.filter { $0.kind == .constraintSet }.map(\.name)).sorted()
                let there =
                    names.isEmpty
                    ? "the site has none yet; 'grevy settings' or the page of settings adds one"
                    : "there are \(names.joined(separator: ", "))"
                throw WorkflowError.refused(
                    sentence: "There is no constraint set '\(name)'; \(there).")
            }
            try set.write(into: &node, used[used.count - 1])
        }
        self.used = used
        densityCurve = curve.map { Array($0.0.utf8) }
        self.yaml = used.isEmpty ? yaml : try Yams.serialize(node: node)
    }

    /// Which of a plan's settings have newer versions, in words, for people of the organisation
    /// whose settings they are.
    ///
    /// - Throws: ``StorageError``.
    package static func newer(
        than plan: DerivedRecord, folder: DataFolder, patient: Int64,
        seenBy organisation: Int64?
    ) async throws -> [String] {
        let used = try PlanParameters(json: plan.draft.parametersJSON).settings ?? []
        let planner = try await folder.accounts.organisation(ofActor: plan.createdBy)?.id
        let owner = try await folder.records.owner(ofPatient: patient)
        guard !used.isEmpty, planner ?? owner == organisation else { return [] }
        let known = try await folder.records.settings(organisation: organisation)
        return used.compactMap { setting in
            guard
                let latest = known.first(where: {
                    $0.kind == setting.kind && $0.name == setting.name
                }), latest.content.hex != setting.sha256 || latest.version > setting.version
            else { return nil }
            return "\(setting.kind.title) '\(setting.name)': this plan used version "
                + "\(setting.version) of \(setting.date); a newer version exists, \(latest.version) "
                + "of \(latest.date) (\(latest.reason))."
        }
    }
}

extension UsedSetting {
    /// Notes a setting; `organisation` is `nil` for the case's owner.
    init(_ record: SettingRecord, of organisation: String?) {
        self.init(
            kind: record.kind, name: record.name, version: record.version,
            sha256: record.content.hex, date: record.date, organisation: organisation)
    }

    /// As plans and reports name it.
    var label: String {
        "\(name), version \(version) of \(date)" + (organisation.map { ", \($0)" } ?? "")
    }
}

extension SettingTable.Profile {
    fileprivate func node(_ used: UsedSetting) -> Node {
        .map([
            ("name", .words(used.name)), ("nuclide", .words(nuclide)),
            ("doseConstantGyKgPerGBq", .number(doseConstantGyKgPerGBq)),
            ("halfLifeHours", .number(halfLifeHours)),
            ("tissueDensityGPerML", .number(tissueDensityGPerML)),
            ("lungMassKg", .number(lungMassKg)),
            ("source", .words("\(source) (site profile \(used.label))")),
        ])
    }
}

extension SettingTable.ConstraintSet {
    /// Adds the limits to those that the plan file has.
    fileprivate func write(into node: inout Node, _ used: UsedSetting) throws {
        func source(_ text: String) -> Node { .words("\(text) (constraint set \(used.label))") }
        node = Node(
            node.mapping?.filter { $0.key.text != "constraintSet" }.map { ($0.key, $0.value) } ?? []
        )
        let added = limits.map { limit -> Node in
            let lines: [(String, Node)] =
                limit.hottestPercent.map {
                    [("hottestPercent", .number($0)), ("doseGy", .number(limit.limitGy))]
                } ?? [("meanDoseGy", .number(limit.limitGy))]
            return .map(
                [("structure", .words(limit.structure))] + lines
                    + [("source", source(limit.source))])
        }
        let own = node["limits"]?.sequence.map(Array.init) ?? []
        if !added.isEmpty { node["limits"] = .list(own + added) }
        guard let single = lungsSingleGy, let cumulative = lungsCumulativeGy else { return }
        guard node["lungLimits"] == nil else {
            throw WorkflowError.refused(
                sentence: "'lungLimits' stands in the plan file and in constraint set "
                    + "'\(used.name)'; leave one out.")
        }
        node["lungLimits"] = .map([
            ("singleGy", .number(single)), ("cumulativeGy", .number(cumulative)),
            ("source", source(lungsSource)),
        ])
    }
}
