package import DICOM
package import Imaging
package import Physics
package import Quantities

/// Everything a plan is computed from, already read: images, outlines, curve, transform.
package struct PlanInputs: Sendable {
    package var planning: ImageSeries
    package var activity: EmissionImage
    package var outlines: [String: StructureOutline]
    package var registration: AcceptedRegistration
    package var densityCurve: HounsfieldDensityCurve
    package var planarShuntFraction: Double?
    /// What stands in the plan document as its inputs.
    package var sources: [PlanDocument.Input]
    /// What was assumed while the inputs were read.
    package var findings: [Finding]

    package init(
        planning: ImageSeries, activity: EmissionImage, outlines: [String: StructureOutline],
        registration: AcceptedRegistration, densityCurve: HounsfieldDensityCurve,
        planarShuntFraction: Double?, sources: [PlanDocument.Input], findings: [Finding]
    ) {
        self.planning = planning
        self.activity = activity
        self.outlines = outlines
        self.registration = registration
        self.densityCurve = densityCurve
        self.planarShuntFraction = planarShuntFraction
        self.sources = sources
        self.findings = findings
    }
}

/// The image that shows where the activity goes.
package struct EmissionImage: Sendable {
    package var volume: Volume<Float>
    /// Whether voxel values are per millilitre; otherwise they are amounts.
    package var isConcentration: Bool
    /// Stored-value step of a quantised image, in the image's unit; `nil` when not known.
    package var quantisationStep: Double?
    /// `NM`, `PT`; `nil` for a file without one.
    package var modality: String?

    package init(
        volume: Volume<Float>, isConcentration: Bool, quantisationStep: Double?,
        modality: String? = nil
    ) {
        self.volume = volume
        self.isConcentration = isConcentration
        self.quantisationStep = quantisationStep
        self.modality = modality
    }
}

/// A volume of interest as it came: contours or a mask on its own grid.
package enum StructureOutline: Sendable {
    case contours(ContourStack)
    case mask(RegionMask)

    /// Puts the outline on a grid of the same frame of reference.
    ///
    /// Contours in one plane only do not say how thick their slab is; then the slices of the image
    /// that was contoured do.
    ///
    /// - Throws: ``ImagingError``.
    package func region(on grid: VolumeGeometry, sliceSpacingMM: Double) throws -> RegionMask {
        switch self {
        case .contours(let stack):
            try stack.mask(
                on: grid,
                planeSpacingMM: stack.planes(along: grid).spacingMM ?? sliceSpacingMM)
        case .mask(let mask): mask.interpolated(onto: grid)
        }
    }

    /// Positions (mm) whose box holds the outline.
    package var cornersMM: [Vector3<Double>] {
        switch self {
        case .contours(let stack): return stack.contours.flatMap(\.pointsMM)
        case .mask(let mask):
            let box = mask.box
            guard box.count > 0 else { return [] }
            let bounds = [box.lower, Vector3(box.upper.x - 1, box.upper.y - 1, box.upper.z - 1)]
            return bounds.flatMap { x in
                bounds.flatMap { y in
                    bounds.map { z in
                        mask.geometry.positionMM(
                            index: Vector3(Double(x.x), Double(y.y), Double(z.z)))
                    }
                }
            }
        }
    }
}

/// A transform from the planning frame to the activity image's frame, and who accepted it.
package struct AcceptedRegistration: Hashable, Sendable {
    package var kind: PlanSpec.RegistrationChoice.Kind
    package var transform: RigidTransform
    /// Spread of the result over perturbed starts, in millimetres; `nil` when not computed.
    package var spreadMM: Double?
    package var acceptedBy: String?

    package init(
        kind: PlanSpec.RegistrationChoice.Kind, transform: RigidTransform, spreadMM: Double?,
        acceptedBy: String?
    ) {
        self.kind = kind
        self.transform = transform
        self.spreadMM = spreadMM
        self.acceptedBy = acceptedBy
    }
}
