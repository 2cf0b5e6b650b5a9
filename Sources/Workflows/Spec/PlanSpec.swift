package import Therapy

/// What a user asks for in a plan file: which images, whose contours, which aims and limits.
///
/// Names of structures are those of the structure set. Series are named by Series Instance UID,
/// by the short id that `grevy list` prints, or by a description that only one series has.
package struct PlanSpec: Hashable, Sendable {
    package var name: String
    package var device: DeviceChoice
    package var profile: ProfileChoice
    package var tumourEntity: String
    package var evidence: EvidenceChoice?
    package var images: ImageChoice
    package var registration: RegistrationChoice
    package var structures: StructureChoice
    package var territories: [TerritoryChoice]
    package var method: MethodChoice
    /// For ``MethodChoice/bsa`` alone.
    package var bodySurface: BodySurfaceChoice?
    /// What selection asks about; `nil` when the file says nothing of the patient.
    package var patient: PatientFacts?
    package var lungShunt: LungShuntChoice
    package var residualFraction: Double
    package var dose: DoseChoice
    package var limits: [LimitChoice]
    package var lungLimits: LungLimitChoice
    package var order: OrderChoice?
    package var compareProfiles: [String]
    package var uncertainty: UncertaintyChoice
}

extension PlanSpec {
    package enum DeviceChoice: String, Hashable, Sendable, CaseIterable {
        case glass, resin, holmium
    }

    /// Which dose per activity is held against aims and limits.
    package enum MethodChoice: String, Hashable, Sendable, CaseIterable {
        /// Mean doses of the voxel dose map.
        case voxel
        /// Uptake ratio and masses: one dose per compartment.
        case partition
        /// One mean dose over the perfused volume.
        case single
        /// Resin's body-surface rule for the activity; doses are those of the voxels.
        case bsa
    }

    /// What the body-surface rule needs of the patient.
    package struct BodySurfaceChoice: Hashable, Sendable {
        package var heightCM: Double
        package var weightKg: Double
        package var shuntReduction: ShuntReduction

        package init(heightCM: Double, weightKg: Double, shuntReduction: ShuntReduction) {
            (self.heightCM, self.weightKg) = (heightCM, weightKg)
            self.shuntReduction = shuntReduction
        }

        package enum ShuntReduction: String, Hashable, Sendable, CaseIterable {
            /// The activity is lowered by the resin table.
            case apply
            /// The table is shown, the activity is not lowered by it.
            case show
        }
    }

    /// A standard convention profile by name, or a site's own.
    package enum ProfileChoice: Hashable, Sendable {
        case standard(name: String, tissueDensityGPerML: Double?, lungMassKg: Double?)
        case own(
            name: String, nuclide: String, doseConstantGyKgPerGBq: Double, halfLifeHours: Double,
            tissueDensityGPerML: Double, lungMassKg: Double, source: String)
    }

    /// Why thresholds of another tumour or none at all were used, and who decided it.
    package struct EvidenceChoice: Hashable, Sendable {
        package var basis: String
        package var recordedBy: String
        /// Ids of published thresholds of other tumours that the choice takes over.
        package var thresholds: [String]
    }

    package struct ImageChoice: Hashable, Sendable {
        /// The CT in whose frame structures and dose live.
        package var planning: String
        /// The SPECT or PET that shows where the activity goes.
        package var activity: ActivitySource
        /// The CT of the same machine, in the activity image's own frame of reference.
        package var activityCT: String?
        package var planar: String?
        /// Full width at half maximum of the activity image; `nil` takes the table's default.
        package var activityResolutionMM: Double?
    }

    package enum ActivitySource: Hashable, Sendable {
        case series(String)
        /// A MetaImage file on disk, in the planning CT's frame, with one amount per voxel.
        case metaImage(path: String)
    }

    package struct RegistrationChoice: Hashable, Sendable {
        package var kind: Kind
        package var startTranslationMM: [Double]
        package var startRotationDegrees: [Double]
        /// Who looked at the result and accepted it; `nil` while nobody has.
        package var acceptedBy: String?
        /// The kept registration (`registration-3`) of ``Kind/kept``; `nil` for the others.
        package var record: String?

        package enum Kind: String, Hashable, Sendable, CaseIterable {
            /// The images share a frame of reference, or the user says that they coincide.
            case identity
            /// The activity's own CT to the planning CT.
            case rigidCT = "rigid-ct"
            /// The activity image itself to the planning CT; needs a start and a second look.
            case rigidActivity = "rigid-activity"
            /// One that the case keeps already: set by hand, or found before.
            case kept
        }
    }

    package struct StructureChoice: Hashable, Sendable {
        /// Series of the RTSTRUCT or SEG, or `vois` for the case's own volumes of interest; `nil`
        /// when the plan has no contours.
        package var from: String?
        package var liver: String?
        package var lungs: String?
        package var tumours: [String]
        package var others: [String]
    }

    package struct TerritoryChoice: Hashable, Sendable {
        package var name: String
        /// The structure it perfuses; `nil` for the whole grid.
        package var structure: String?
        /// Own lung shunt; `nil` takes the plan's.
        package var lungShuntFraction: Double?
        package var aim: Aim

        package enum Aim: Hashable, Sendable {
            case injectedActivityGBq(Double)
            case meanDoseGy(structure: String, doseGy: Double)
            /// What the body-surface rule gives.
            case bodySurface

            /// Whether a person has given the activity itself.
            var isActivity: Bool { if case .injectedActivityGBq = self { true } else { false } }
        }
    }

    package struct LungShuntChoice: Hashable, Sendable {
        package var use: Source
        package var typedFraction: Double?
        package var planarRegions: PlanarRegions?
        /// Regions that somebody drew and the case keeps (`planar-regions-4`), in their place.
        package var drawnRegions: String?
        package var lungMass: LungMass

        /// Whether the planar image is read.
        var readsPlanar: Bool { planarRegions != nil || drawnRegions != nil }

        package enum Source: String, Hashable, Sendable, CaseIterable {
            case typed, planar, spect
        }

        package enum LungMass: String, Hashable, Sendable, CaseIterable {
            /// The convention profile's lung mass.
            case convention
            /// CT density summed over the lungs.
            case ct
        }
    }

    /// Boxes in the anterior planar view, `[firstRow, lastRow, firstColumn, lastColumn]` from 0.
    ///
    /// The posterior view is mirrored left to right before it is read.
    package struct PlanarRegions: Hashable, Sendable {
        package var lungs: [[Int]]
        package var liver: [[Int]]
        package var background: [[Int]]
        package var anteriorFrame: Int
        package var posteriorFrame: Int
    }

    package struct DoseChoice: Hashable, Sendable {
        package var grid: Grid
        package var density: Density
        /// CSV of the site's HU to density curve; `nil` takes Grevy's default.
        package var densityCurve: String?
        package var engine: Engine
        /// Matter of structures that the CT shows wrongly, for ``Density/ct``.
        package var overrides: [MatterChoice]
        package var to = DoseTarget.medium
        /// Whether voxels of gas count in means and histograms of dose, for ``Density/ct``.
        package var gas: Gas = .leftOut

        /// What becomes of voxels thinner than any lung.
        package enum Gas: String, Hashable, Sendable, CaseIterable {
            case leftOut = "left-out"
            case counted
        }

        /// What a structure is made of, whatever the CT says: contrast agent, metal, air.
        package struct MatterChoice: Hashable, Sendable {
            package var structure: String
            package var densityGPerML: Double
            /// Name of a medium; `nil` leaves that of the CT.
            package var medium: String?
        }

        /// Who computes voxel doses.
        package enum Engine: Hashable, Sendable {
            /// Electrons stay in their voxel; energy by the profile's dose constant.
            case localDeposition
            /// Kernels in an infinite medium, divided by the mass of each voxel; physical dose.
            case voxelKernel
            /// Electrons and photons are followed through the patient; physical dose.
            case monteCarlo(MonteCarlo)

            /// What a plan file calls it.
            package var name: String {
                switch self {
                case .localDeposition: "local-deposition"
                case .voxelKernel: "kernel"
                case .monteCarlo: "monte-carlo"
                }
            }
        }

        /// How long a Monte Carlo run is, by rules that repeat to the byte.
        package struct MonteCarlo: Hashable, Sendable {
            package var length: Length
            package var seed: UInt64

            package enum Length: Hashable, Sendable {
                /// Relative 1 sigma of the means of structures, and of the median voxel above half
                /// maximum of every treated tumour.
                case relativeUncertainty(means: Double, tumourVoxels: Double)
                /// Decays per territory.
                case histories(Int)
            }
        }

        package enum Grid: Hashable, Sendable {
            case planningCT
            case spacingMM(Double)
        }

        package enum Density: String, Hashable, Sendable, CaseIterable {
            /// The profile's tissue density everywhere.
            case fixed
            /// From the CT through the HU to density curve.
            case ct
        }
    }

    package struct LimitChoice: Hashable, Sendable {
        package var structure: String
        package var value: Value

        package enum Value: Hashable, Sendable {
            case meanDoseGy(Double, source: String)
            /// Dx at most this dose; V(d) ≤ x % is the same limit.
            case hottestPercent(Double, doseGy: Double, source: String)
            /// Id of a threshold that the recorded evidence choice takes over.
            case threshold(String)
        }
    }

    package struct LungLimitChoice: Hashable, Sendable {
        package var singleGy: Double
        package var cumulativeGy: Double
        package var earlierGy: Double
        package var source: String
    }

    package struct OrderChoice: Hashable, Sendable {
        /// ISO 8601 with zone.
        package var treatmentTime: String
        /// Times at which glass could be given instead.
        package var otherTreatmentTimes: [String]
        /// For resin and Ho-166: the only calibration looked at.
        package var calibrationTime: String?
        package var workingHours: Hours
        /// How far a glass vial may be off the need, as a fraction of it.
        package var tolerance: Double

        /// When treatment is possible, in the zone of the treatment times.
        package struct Hours: Hashable, Sendable {
            package var first: Double
            package var last: Double
            /// 0 Sunday to 6 Saturday.
            package var weekdays: [Int]

            package static let office = Hours(first: 8, last: 17, weekdays: [1, 2, 3, 4, 5])
        }
    }
}
