import DICOM

/// The identifiers of a case: each has a fixed place in the family of its seed and variant.
struct CaseUIDs {
    enum Study: Int {
        case ct = 1
        case maa = 2
        case yttrium = 3

        var date: String {
            switch self {
            case .ct: Calendar.ctDate
            case .maa: Calendar.maaDate
            case .yttrium: Calendar.petDate
            }
        }

        var time: String {
            switch self {
            case .ct: Calendar.ctTime
            case .maa: Calendar.planarTime
            case .yttrium: Calendar.petCTTime
            }
        }

        var title: String {
            switch self {
            case .ct: "CT for planning"
            case .maa: "Tc-99m MAA work-up"
            case .yttrium: "Y-90 verification"
            }
        }
    }

    enum Series: Int {
        case diagnosticCT = 1
        case structures = 2
        case segments = 3
        case planar = 11
        case spectCT = 12
        case spect = 13
        case petCT = 21
        case pet = 22
    }

    private let seed: UInt64

    init(options: PhantomOptions) {
        // A variant is another patient's data: it must not share identifiers with the plain one.
        var variant: UInt64 = options.isHalfSize ? 1 : 0
        if options.hasTruncatedLungs { variant += 2 }
        variant ^= options.extrahepaticFraction.bitPattern
        seed = RandomStream.mixed(options.seed) ^ RandomStream.mixed(variant &+ 0x5eed)
    }

    func study(_ study: Study) -> String { UID.derived(seed: seed, index: study.rawValue) }

    func frame(_ series: Series) -> String {
        UID.derived(seed: seed, index: 100 + series.rawValue)
    }

    func series(_ series: Series) -> String {
        UID.derived(seed: seed, index: 200 + series.rawValue)
    }

    /// The identifier of object `n` of a series, `n` below 10 000.
    func instance(_ series: Series, _ n: Int) -> String {
        UID.derived(seed: seed, index: 10000 * (series.rawValue + 1) + n)
    }
}
