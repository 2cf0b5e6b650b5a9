import DICOM
import Imaging
import Storage

extension VOIWorkflow {
    /// Makes a version by an operation and keeps it.
    ///
    /// - Throws: ``WorkflowError`` when it names what is not there or gives nothing; what reading
    ///   images throws.
    @concurrent
    package func make(_ operation: VOIOperation, in target: VOITarget) async throws -> Kept {
        let place = try await place(of: target)
        let made = try await made(by: operation, in: place)
        guard !made.mask.isEmpty else {
            throw WorkflowError.refused(sentence: "Nothing is left; no version was kept.")
        }
        return try await keep(made.mask, made.making, inputs: made.inputs, in: place)
    }

    /// Takes structures of an RTSTRUCT or SEG series over, each as a VOI of its name.
    ///
    /// - Parameters:
    ///   - series: The structures.
    ///   - names: Which; all when empty.
    ///   - ct: The CT that new VOIs lie on; `nil` takes that of the case's other VOIs.
    ///   - role: Of new ones; `nil` goes by their names.
    /// - Returns: What was kept, in the order of the names.
    /// - Throws: As ``make(_:in:)``.
    package func takeOver(
        _ series: String, names: [String], on ct: String?, role: VOIRole?
    ) async throws -> [Kept] {
        let uid = try await reader.series(named: series).description.seriesUID
        let known = try await library.outlines(seriesUID: uid).outlines.keys.sorted()
        let wanted = names.isEmpty ? known : names
        // All or nothing: another organisation may have a volume of one of the names.
        for voi in try await folder.records.vois(patient: patient) where wanted.contains(voi.name) {
            guard let head = voi.head?.record else { continue }
            try await folder.shares.checkMaker(actor, changing: head)
        }
        var kept: [Kept] = []
        for name in wanted {
            let target = VOITarget(
                name: name, role: role ?? VOIRole(structureName: name), series: ct, base: .current)
            kept.append(try await make(.structure(name, of: series), in: target))
        }
        return kept
    }

    struct Made: Sendable {
        var mask: RegionMask
        var making: VOIMaking
        var inputs: [DerivedInput] = []
    }

    private func made(by operation: VOIOperation, in place: Place) async throws -> Made {
        switch operation {
        case .sphere(let centre, let diameter):
            let mask = try sphere(centre, diameter, on: place.grid)
            var making = VOIMaking("sphere")
            (making.centreMM, making.diameterMM) = (centre, diameter)
            return Made(mask: mask, making: making)
        case .threshold(let layer, let limits, let within):
            return try await thresholded(layer, limits, within, in: place)
        case .combination(let combination, let names):
            return try await combined(combination, names, in: place)
        case .margin(let name, let mm):
            guard abs(mm) <= 200 else {
                throw WorkflowError.refused(sentence: "A margin is at most 200 mm.")
            }
            var made = try await changed(name, "margin", in: place) { try $0.withMargin(mm) }
            made.making.marginMM = mm
            return made
        case .smoothing(let name, let mm):
            guard mm > 0, mm <= 50 else {
                throw WorkflowError.refused(
                    sentence: "Smoothing is by more than 0 and at most 50 mm.")
            }
            var made = try await changed(name, "smoothing", in: place) { try $0.smoothed(mm) }
            made.making.smoothingMM = mm
            return made
        case .fill(let name, let inSlices):
            var made = try await changed(name, "fill", in: place) {
                try $0.filled(inSlices: inSlices)
            }
            made.making.inSlices = inSlices
            return made
        case .interpolation(let name):
            return try await changed(name, "interpolation", in: place) {
                try $0.interpolatedBetweenSlices()
            }
        case .structure(let name, let series):
            return try await structure(name, of: series, in: place)
        case .proposal(let organ):
            let ct = try await planningCT(place.seriesUID)
            var making = VOIMaking("proposal")
            making.organ = organ.rawValue
            return Made(mask: try VOIProposal(ct: ct.volume).region(organ), making: making)
        }
    }

    private func sphere(
        _ centre: [Double], _ diameter: Double, on grid: VolumeGeometry
    ) throws -> RegionMask {
        guard centre.count == 3, centre.allSatisfy(\.isFinite), diameter > 0, diameter <= 1000
        else {
            throw WorkflowError.refused(
                sentence: "A sphere needs a centre of three numbers and a diameter above 0 mm, "
                    + "up to 1000 mm.")
        }
        return try .sphere(
            centreMM: Vector3(centre[0], centre[1], centre[2]), diameterMM: diameter, on: grid)
    }

    /// Another VOI as the operation's input; the target itself is its base, no input.
    private func operand(
        _ name: String, in place: Place
    ) async throws -> (mask: RegionMask, version: String, inputs: [DerivedInput]) {
        let voi = try await voi(name)
        let (mask, version) = try await mask(of: voi)
        guard mask.geometry == place.grid else {
            throw WorkflowError.refused(
                sentence: "'\(name)' lies on another CT than '\(place.name)'.")
        }
        let isTarget = voi.id == place.existing?.id
        return (
            mask, version.id, isTarget ? [] : [DerivedInput("voi", .derived(version.id))]
        )
    }

    private func changed(
        _ name: String, _ making: String, in place: Place,
        _ change: (RegionMask) throws -> RegionMask
    ) async throws -> Made {
        let operand = try await operand(name, in: place)
        var made = Made(
            mask: try change(operand.mask), making: VOIMaking(making), inputs: operand.inputs)
        made.making.operands = [operand.version]
        return made
    }

    private func combined(
        _ combination: VOIOperation.Combination, _ names: [String], in place: Place
    ) async throws -> Made {
        guard names.count >= 2, Set(names).count == names.count else {
            throw WorkflowError.refused(
                sentence: "A \(combination.rawValue) needs two or more different volumes.")
        }
        var made: Made?
        var versions: [String] = []
        for name in names {
            let next = try await operand(name, in: place)
            versions.append(next.version)
            guard var sofar = made else {
                made = Made(
                    mask: next.mask, making: VOIMaking(combination.rawValue), inputs: next.inputs)
                continue
            }
            switch combination {
            case .union: sofar.mask = try sofar.mask.union(next.mask)
            case .difference: sofar.mask = try sofar.mask.subtracting(next.mask)
            case .intersection: sofar.mask = try sofar.mask.intersection(next.mask)
            }
            sofar.inputs += next.inputs
            made = sofar
        }
        guard var made else { throw WorkflowError.refused(sentence: "Nothing was named.") }
        made.making.operands = versions
        return made
    }

    private func structure(
        _ name: String, of series: String, in place: Place
    ) async throws -> Made {
        let structures = NamedSeriesReader(folder: folder, library: library)
        let uid = try await reader.series(named: series).description.seriesUID
        let read = try await structures.outlines("structures", uid)
        guard let outline = read.outlines[name] else {
            throw WorkflowError.notFound(kind: "structure", name: name)
        }
        guard
            read.frameOfReferenceUID
                == (try await folder.records.series(uid: place.seriesUID)).description
                .frameOfReferenceUID
        else {
            throw WorkflowError.refused(
                sentence: "The structures lie in another frame of reference than the CT.")
        }
        var making = VOIMaking("import")
        (making.layer, making.structure) = (SeriesName.short(uid), name)
        return Made(
            mask: try outline.region(on: place.grid, sliceSpacingMM: place.grid.spacingMM.z),
            making: making, inputs: [read.series.input])
    }
}

extension VOIWorkflow {
    private func thresholded(
        _ layer: String, _ limits: VOIOperation.Limits, _ within: VOIOperation.Within,
        in place: Place
    ) async throws -> Made {
        var made = Made(mask: RegionMask(empty: place.grid), making: VOIMaking("threshold"))
        let region: RegionMask
        switch within {
        case .voi(let name):
            let operand = try await operand(name, in: place)
            (region, made.inputs) = (operand.mask, operand.inputs)
            made.making.operands = [operand.version]
        case .sphere(let centre, let diameter):
            region = try sphere(centre, diameter, on: place.grid)
            (made.making.centreMM, made.making.diameterMM) = (centre, diameter)
        }
        let record = try await reader.series(named: layer)
        let uid = record.description.seriesUID
        let digest = try await folder.records.instances(seriesUID: uid).seriesDigest
        let (transform, registration) = try await way(from: place.seriesUID, to: record)
        let image = try await library.image(seriesUID: uid).volume
        switch limits {
        case .values(let lowest, let highest):
            guard lowest <= highest else {
                throw WorkflowError.refused(
                    sentence: "The lowest value of a threshold is not above the highest.")
            }
            (made.making.lowest, made.making.highest) = (lowest, highest)
            made.mask = try region.thresholded(image, through: transform) { _ in
                Float(lowest) ... Float(highest)
            }
        case .shareOfHighest(let share):
            guard share > 0, share <= 1 else {
                throw WorkflowError.refused(
                    sentence: "A share of the highest value is above 0 and up to 1.")
            }
            made.making.shareOfHighest = share
            made.mask = try region.thresholded(image, through: transform) { highest in
                guard highest > 0 else {
                    throw WorkflowError.refused(sentence: "The image shows nothing there.")
                }
                return Float(share) * highest ... .infinity
            }
        }
        made.making.layer = SeriesName.short(uid)
        made.inputs += [DerivedInput("layer", .series(uid: uid, digest: digest))] + registration
        return made
    }

    /// From the planning CT's frame to a layer's: the same, or by an accepted registration.
    private func way(
        from planningUID: String, to layer: SeriesRecord
    ) async throws -> (RigidTransform, [DerivedInput]) {
        let frame = layer.description.frameOfReferenceUID
        let own = try await folder.records.series(uid: planningUID).description
            .frameOfReferenceUID
        if !frame.isEmpty, frame == own { return (.identity, []) }
        let planning = SeriesName.short(planningUID)
        let registration = try await CaseRegistrations(reader).current().first {
            $0.isAccepted && $0.fixed == planning && !frame.isEmpty && $0.movingFrameUID == frame
        }
        guard let registration else {
            throw WorkflowError.refused(
                sentence: "\(layer.shortID) lies in another frame of reference than the CT, and "
                    + "no accepted registration joins them.")
        }
        return (
            registration.transform, [DerivedInput("registration", .derived(registration.record.id))]
        )
    }
}
