public import Imaging

/// How the dose is spread over the volume of one structure.
///
/// Every voxel has one dose, that of its centre, and counts with the share of it that lies inside
/// the structure. Nothing is binned: the samples are kept, sorted by dose, so Dx and Vx are exact
/// for the voxels and repeat to the last bit. Only ``ContourDose/histogram()`` gathers its samples
/// in classes of 1/65,536 of the range of doses.
public struct DoseVolumeHistogram: Sendable {
    /// The volume of the structure on the dose grid, in millilitres.
    public let volumeML: Double
    /// How many voxels the structure touches.
    public let voxelCount: Int
    /// Volume-weighted mean dose, in grays.
    public let meanGy: Double
    /// The lowest dose of a voxel that the structure touches, in grays.
    public let minGy: Double
    /// The highest dose of a voxel that the structure touches, in grays.
    public let maxGy: Double
    /// Mean dose weighted by mass (energy over mass), in grays; `nil` without a density.
    public let massWeightedMeanGy: Double?

    /// Doses in grays, highest first.
    let dosesGy: [Float]
    /// For each dose, the summed shares of the voxels with that rank or a higher dose.
    let cumulatedShares: [Double]

    /// Creates the histogram of a structure.
    ///
    /// - Parameters:
    ///   - dose: The dose.
    ///   - region: The structure, on the dose grid.
    ///   - density: Mass density on the dose grid, for the mass-weighted mean.
    ///   - name: What an error calls the structure.
    /// - Throws: ``DoseError/geometryMismatch(_:_:)``, ``DoseError/emptyRegion(name:)``,
    ///   ``DoseError/nonFiniteValue(atVoxel:)`` when a dose inside is not finite.
    public init(
        dose: DoseMap, region: RegionMask, density: DensityMap? = nil, name: String = "region"
    ) throws {
        let geometry = dose.grays.geometry
        guard region.geometry == geometry else {
            throw DoseError.geometryMismatch(geometry, region.geometry)
        }
        if let other = density?.gramsPerML.geometry, other != geometry {
            throw DoseError.geometryMismatch(geometry, other)
        }
        var samples: [UInt64] = []
        samples.reserveCapacity(region.box.count)
        try dose.grays.withVoxels { voxels in
            try region.forEachVoxel { index, share in
                guard voxels[index].isFinite else {
                    throw DoseError.nonFiniteValue(atVoxel: index)
                }
                samples.append(DoseSamples.packed(dose: voxels[index], share: share))
            }
        }
        guard !samples.isEmpty else { throw DoseError.emptyRegion(name: name) }
        DoseSamples.sort(&samples)
        self.init(
            sorted: samples, voxelVolumeML: geometry.voxelVolumeML,
            massWeightedMeanGy: density.map { Self.massWeightedMean(dose, region, $0) })
    }

    private init(sorted samples: [UInt64], voxelVolumeML: Double, massWeightedMeanGy: Double?) {
        var doses = [Float](repeating: 0, count: samples.count)
        var cumulated = [Double](repeating: 0, count: samples.count)
        var shares = 0.0
        var sum = 0.0
        for n in samples.indices {
            let (dose, share) = DoseSamples.unpacked(samples[n])
            shares += Double(share)
            sum += Double(dose) * Double(share)
            doses[n] = dose
            cumulated[n] = shares
        }
        self.init(
            dosesGy: doses, cumulatedShares: cumulated, meanGy: sum / shares,
            volumeML: shares * voxelVolumeML, massWeightedMeanGy: massWeightedMeanGy)
    }

    /// Creates the histogram of samples in classes, one at least.
    init(_ classes: DoseClasses, voxelVolumeML: Double) {
        var doses: [Float] = []
        var cumulated: [Double] = []
        var shares = 0.0
        var sum = 0.0
        classes.forEachClass { share, meanGy in
            shares += share
            sum += share * meanGy
            doses.append(Float(meanGy))
            cumulated.append(shares)
        }
        dosesGy = doses
        cumulatedShares = cumulated
        meanGy = sum / shares
        volumeML = shares * voxelVolumeML
        massWeightedMeanGy = nil
        voxelCount = classes.sampleCount
        (minGy, maxGy) = (classes.minGy, classes.maxGy)
    }

    private init(
        dosesGy: [Float], cumulatedShares: [Double], meanGy: Double, volumeML: Double,
        massWeightedMeanGy: Double?
    ) {
        self.dosesGy = dosesGy
        self.cumulatedShares = cumulatedShares
        self.meanGy = meanGy
        self.volumeML = volumeML
        self.massWeightedMeanGy = massWeightedMeanGy
        voxelCount = dosesGy.count
        maxGy = Double(dosesGy[0])
        minGy = Double(dosesGy[dosesGy.count - 1])
    }

    private static func massWeightedMean(
        _ dose: DoseMap, _ region: RegionMask, _ density: DensityMap
    ) -> Double {
        var mass = 0.0
        var energy = 0.0
        dose.grays.withVoxels { grays in
            density.gramsPerML.withVoxels { rho in
                region.forEachVoxel { index, share in
                    let part = Double(share) * Double(rho[index])
                    mass += part
                    energy += part * Double(grays[index])
                }
            }
        }
        return energy / mass
    }

    /// Returns the histogram after every dose went through a rising function, as to BED.
    ///
    /// The function must not fall anywhere. The mass-weighted mean is dropped.
    func transformed(_ transform: (Double) -> Double) -> DoseVolumeHistogram {
        let doses = dosesGy.map { Float(transform(Double($0))) }
        return DoseVolumeHistogram(
            dosesGy: doses, cumulatedShares: cumulatedShares, meanGy: mean(of: transform),
            volumeML: volumeML, massWeightedMeanGy: nil)
    }

    /// Returns the volume-weighted mean of a function of the dose (Gy).
    public func mean(of function: (Double) -> Double) -> Double {
        var sum = 0.0
        var before = 0.0
        for n in dosesGy.indices {
            sum += (cumulatedShares[n] - before) * function(Double(dosesGy[n]))
            before = cumulatedShares[n]
        }
        return sum / before
    }
}

extension DoseVolumeHistogram {
    /// The summed shares of all voxels, in voxels.
    var totalShares: Double { cumulatedShares[cumulatedShares.count - 1] }

    /// Returns Dx, the least dose of the hottest x percent of the volume, in grays.
    ///
    /// No interpolation between voxels: it is the dose of the voxel that completes the volume.
    /// 0 percent gives the maximum, 100 the minimum.
    public func doseGy(hottestPercent percent: Double) -> Double {
        precondition((0 ... 100).contains(percent), "not a percentage: \(percent)")
        // Sums of shares round; a billionth of the volume is not a voxel.
        let wanted = percent / 100 * totalShares * (1 - 1e-9)
        var low = 0
        var high = cumulatedShares.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulatedShares[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return Double(dosesGy[low])
    }

    /// Returns the least dose of the hottest millilitres, in grays.
    ///
    /// - Returns: `nil` when the structure is smaller than that or `volumeML` is negative.
    public func doseGy(hottestML volumeML: Double) -> Double? {
        guard volumeML >= 0, volumeML <= self.volumeML else { return nil }
        return doseGy(hottestPercent: min(100, 100 * volumeML / self.volumeML))
    }

    /// Returns Vx, the share of the volume with at least this dose, in percent.
    public func volumePercent(atLeastGy doseGy: Double) -> Double {
        var low = 0
        var high = dosesGy.count
        while low < high {
            let middle = (low + high) / 2
            if Double(dosesGy[middle]) >= doseGy { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : 100 * cumulatedShares[low - 1] / totalShares
    }

    /// Returns the volume with at least this dose, in millilitres.
    public func volumeML(atLeastGy doseGy: Double) -> Double {
        volumePercent(atLeastGy: doseGy) / 100 * volumeML
    }
}
