public import Imaging
public import Physics
public import Quantities

extension DensityMap {
    /// Creates a density that is the same everywhere.
    ///
    /// The density must be positive and finite.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``.
    public init(uniform gramsPerML: Double, geometry: VolumeGeometry) throws {
        guard gramsPerML > 0, gramsPerML.isFinite else {
            throw DoseError.outOfRange(parameter: "densityGPerML", value: gramsPerML)
        }
        self.init(gramsPerML: Volume(repeating: Float(gramsPerML), geometry: geometry))
    }

    /// Returns the density with a floor under it, and what the floor changed.
    ///
    /// Local deposition divides by density, so activity that blur or motion puts into air gets a
    /// dose of no meaning (850 times that of water). The floor bounds it.
    ///
    /// - Parameters:
    ///   - minimumGPerML: The floor. ``gasFloorGPerML`` touches no lung tissue.
    ///   - decays: The decays that the finding weighs the raised voxels with; same grid.
    /// - Returns: The raised density, and a finding when voxels with activity were raised.
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``,
    ///   ``DoseError/geometryMismatch(_:_:)``.
    public func floored(
        atGPerML minimumGPerML: Double, decays: TimeIntegratedActivityMap
    ) throws -> (density: DensityMap, findings: [Finding]) {
        guard minimumGPerML > 0, minimumGPerML.isFinite else {
            throw DoseError.outOfRange(
                parameter: "minimumDensityGPerML", value: minimumGPerML)
        }
        guard gramsPerML.geometry == decays.decaysPerML.geometry else {
            throw DoseError.geometryMismatch(gramsPerML.geometry, decays.decaysPerML.geometry)
        }
        let floor = Float(minimumGPerML)
        var raised = 0
        var raisedDecays = 0.0
        var allDecays = 0.0
        gramsPerML.withVoxels { rho in
            decays.decaysPerML.withVoxels { decay in
                for n in rho.indices {
                    allDecays += Double(decay[n])
                    if rho[n] < floor, decay[n] != 0 {
                        raised += 1
                        raisedDecays += Double(decay[n])
                    }
                }
            }
        }
        var result = gramsPerML
        result.updateSlices { _, slice in
            for n in slice.indices where slice[n] < floor { slice[n] = floor }
        }
        guard raised > 0 else { return (DensityMap(gramsPerML: result), []) }
        let percent = allDecays == 0 ? 0 : 100 * raisedDecays / allDecays
        return (
            DensityMap(gramsPerML: result),
            [
                Finding(
                    "dose.density-floor", percent > 1 ? .warning : .note,
                    "\(raised) voxels with activity are thinner than \(minimumGPerML) g/mL and "
                        + "were given that density; they hold \(percent.decimals(2)) % of the "
                        + "energy.")
            ]
        )
    }

    /// The default floor, in g/mL: below it lies gas, above it lung.
    ///
    /// The thinnest lung class of the penRed/GATE material table is 0.103 g/mL.
    public static let gasFloorGPerML = 0.10
}

extension HounsfieldDensityCurve {
    /// Returns the density of an image, and how many voxels lay outside the curve.
    ///
    /// Voxels outside take the density of the curve's nearest end. NaN stays NaN, which every
    /// dose engine refuses.
    public func density(of image: HounsfieldMap) -> (density: DensityMap, findings: [Finding]) {
        let bounds = boundsHU
        var outside = CTSurvey.Outside()
        image.hounsfieldUnits.withVoxels { voxels in
            for n in voxels.indices {
                if voxels[n] < bounds.lowerBound { outside.below += 1 }
                if voxels[n] > bounds.upperBound { outside.above += 1 }
            }
        }
        let table = DensityTable(self)
        var density = image.hounsfieldUnits
        density.updateSlices { _, slice in
            for n in slice.indices { slice[n] = table(slice[n]) }
        }
        return (
            DensityMap(gramsPerML: density),
            findings(outside, of: image.hounsfieldUnits.geometry.count)
        )
    }

    /// The curve's ends as voxels are compared with them.
    var boundsHU: ClosedRange<Float> { Float(rangeHU.lowerBound) ... Float(rangeHU.upperBound) }

    /// What should be known of voxels outside the curve.
    func findings(_ outside: CTSurvey.Outside, of count: Int) -> [Finding] {
        let (below, above) = (outside.below, outside.above)
        guard below + above > 0 else { return [] }
        // Scanners pad the corners outside the reconstruction circle below -1000 HU.
        return [
            Finding(
                "density.outside-curve", above > 0 ? .warning : .note,
                "Of \(count) voxels \(below) lie below and \(above) "
                    + "above the curve \(name) (\(rangeHU.lowerBound.decimals(0)) to "
                    + "\(rangeHU.upperBound.decimals(0)) HU); they take the density of its ends.")
        ]
    }
}
