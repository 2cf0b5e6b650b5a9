/// The fixed dates of the case; local times without zone, as scanners write them.
enum Calendar {
    static let birthDate = "19580101"
    static let ctDate = "20260105"
    static let ctTime = "090000"
    static let maaDate = "20260112"
    static let maaInjectionTime = "090000"
    static let planarTime = "095000"
    static let spectTime = "100000"
    static let spectCTTime = "102500"
    static let yttriumDate = "20260119"
    static let yttriumTime = "120000"
    static let petDate = "20260120"
    static let petCTTime = "074500"
    static let petTime = "080000"
    /// When contours and masks were made.
    static let contourTime = "110000"
}
