import Quantities

/// One frame of one file: where it lies, how its values are read, what sets it apart.
struct SeriesFrame: Sendable {
    /// Index of the file in the series.
    let file: Int
    /// Index of the frame in the file, from 0.
    let frame: Int
    var plane: SeriesPlane
    var values: SeriesValues
    /// Unit of the values after ``values``, as the file writes it; `nil` when it has none.
    var unit: String?
    /// What may tell frames at the same position apart, by name.
    var keys: [String: String]
    var thicknessMM: Double?
    let sopInstanceUID: String?
}

extension SeriesFrame {
    /// Reads the frames of a file, single-frame, multi-frame with functional groups, or NM.
    ///
    /// - Throws: ``DicomError``.
    static func frames(
        of file: SeriesFile, index: Int, findings: inout [Finding]
    ) throws -> [SeriesFrame] {
        let header = file.header
        let (rows, columns) = try matrix(header)
        if header.term(.modality) == "NM" || ObjectKind(header: header) == .nm {
            return try nuclearFrames(
                header, index: index, rows: rows, columns: columns, findings: &findings)
        }
        if !header.items(.perFrameFunctionalGroupsSequence).isEmpty {
            return try enhancedFrames(header, index: index, rows: rows, columns: columns)
        }
        if let count = header.integer(.numberOfFrames), count > 1 {
            throw DicomError.refused(
                code: "image.no-geometry",
                reason: "\(count) frames without a position for each")
        }
        return [try singleFrame(header, index: index, rows: rows, columns: columns)]
    }

    static func matrix(_ header: DataSet) throws -> (rows: Int, columns: Int) {
        guard let rows = header.integer(.rows), let columns = header.integer(.columns), rows > 0,
            columns > 0
        else { throw DicomError.missing(attribute: "Rows, Columns", object: "image") }
        return (rows, columns)
    }

    private static func singleFrame(
        _ header: DataSet, index: Int, rows: Int, columns: Int
    ) throws -> SeriesFrame {
        guard let position = header.decimals(.imagePositionPatient, count: 3),
            let orientation = header.decimals(.imageOrientationPatient, count: 6),
            let spacing = header.decimals(.pixelSpacing, count: 2)
        else {
            throw DicomError.refused(
                code: "image.no-geometry",
                reason: "position, orientation or pixel spacing is missing")
        }
        var values = try SeriesValues(header: header, transformation: header)
        var unit = header.string(.rescaleType)
        if let table = header.firstItem(.modalityLUTSequence) {
            unit = table.string(.modalityLUTType) ?? unit
        }
        if let mapping = ownMapping(header, modality: header.term(.modality)) {
            values.map(mapping)
            unit = mapping.unit
        }
        return SeriesFrame(
            file: index, frame: 0,
            plane: try SeriesPlane(
                rows: rows, columns: columns, position: position, orientation: orientation,
                spacing: spacing),
            values: values, unit: unit, keys: header.distinguishingKeys,
            thicknessMM: header.decimal(.sliceThickness),
            sopInstanceUID: header.string(.sopInstanceUID)
                ?? header.string(.mediaStorageSOPInstanceUID))
    }

    /// The linear real-world mapping of an object whose own rescale has no physical unit.
    ///
    /// CT and PET images define their unit themselves; for them a mapping is additional.
    static func ownMapping(_ data: DataSet, modality: String?) -> RealWorldValueMap.Mapping? {
        guard modality != "CT", modality != "PT" else { return nil }
        return RealWorldValueMap.mappings(data.items(.realWorldValueMappingSequence)).first
    }

    private static func enhancedFrames(
        _ header: DataSet, index: Int, rows: Int, columns: Int
    ) throws -> [SeriesFrame] {
        let shared = header.firstItem(.sharedFunctionalGroupsSequence) ?? DataSet()
        let groups = header.items(.perFrameFunctionalGroupsSequence)
        let declared = header.integer(.numberOfFrames) ?? 1
        guard groups.count == declared else {
            throw DicomError.malformed(
                reason: "\(declared) frames but \(groups.count) functional groups")
        }
        let modality = header.term(.modality)
        return try groups.enumerated().map { number, own in
            func group(_ sequence: Attribute) -> DataSet? {
                own.firstItem(sequence) ?? shared.firstItem(sequence)
            }
            let measures = group(.pixelMeasuresSequence)
            let transformation = group(.pixelValueTransformationSequence)
            var values = try SeriesValues(
                header: header, transformation: transformation ?? DataSet())
            var unit = transformation?.string(.rescaleType)
            // Functional groups replace the image's own unit: enhanced PET has it only here.
            let mappings =
                own.items(.realWorldValueMappingSequence).isEmpty
                ? shared.items(.realWorldValueMappingSequence)
                : own.items(.realWorldValueMappingSequence)
            if modality != "CT", let mapping = RealWorldValueMap.mappings(mappings).first {
                values.map(mapping)
                unit = mapping.unit
            }
            return SeriesFrame(
                file: index, frame: number,
                plane: try SeriesPlane(
                    rows: rows, columns: columns,
                    position: group(.planePositionSequence)?.decimals(.imagePositionPatient) ?? [],
                    orientation: group(.planeOrientationSequence)?
                        .decimals(.imageOrientationPatient) ?? [],
                    spacing: measures?.decimals(.pixelSpacing) ?? []),
                values: values, unit: unit, keys: Self.enhancedKeys(own, shared: shared),
                thicknessMM: measures?.decimal(.sliceThickness), sopInstanceUID: nil)
        }
    }

    private static func enhancedKeys(_ own: DataSet, shared: DataSet) -> [String: String] {
        var keys: [String: String] = [:]
        if let content = own.firstItem(.frameContentSequence)
            ?? shared.firstItem(
                .frameContentSequence)
        {
            keys["stack"] = content.string(.stackID)
            keys["temporal position"] = content.integer(.temporalPositionIndex).map(String.init)
            keys["acquisition number"] =
                content.integer(.frameAcquisitionNumber).map(String.init)
        }
        for sequence in [
            Attribute.ctImageFrameTypeSequence, .petFrameTypeSequence, .mrImageFrameTypeSequence,
        ] {
            guard let item = own.firstItem(sequence) else { continue }
            keys["image type"] = item.strings(.frameType).joined(separator: "/")
        }
        if let echo = own.firstItem(.mrEchoSequence) {
            keys["echo"] = echo.decimal(.effectiveEchoTime).map { shown($0) }
        }
        if let diffusion = own.firstItem(.mrDiffusionSequence) {
            keys["b value"] = diffusion.decimal(.diffusionBValue).map { shown($0) }
        }
        return keys
    }
}

extension DataSet {
    /// What may tell images at the same position apart, strongest first in
    /// ``SeriesStacks/keyOrder``.
    var distinguishingKeys: [String: String] {
        let named: [(String, Attribute)] = [
            ("temporal position", .temporalPositionIdentifier), ("trigger time", .triggerTime),
            ("cardiac phase", .nominalPercentageOfCardiacPhase), ("echo", .echoTime),
            ("b value", .diffusionBValue), ("acquisition number", .acquisitionNumber),
            ("frame reference time", .frameReferenceTime), ("kernel", .convolutionKernel),
            ("acquisition time", .acquisitionTime),
        ]
        var keys: [String: String] = [:]
        for (name, attribute) in named { keys[name] = string(attribute) }
        let type = strings(.imageType)
        if !type.isEmpty { keys["image type"] = type.joined(separator: "/") }
        return keys
    }
}
