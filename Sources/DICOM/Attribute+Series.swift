// Keywords, tags and VRs as PS3.6 has them: what only the assembly of series reads.

extension Attribute {
    package static let temporalPositionIdentifier = Attribute(0x0020, 0x0100, .IS)
    package static let triggerTime = Attribute(0x0018, 0x1060, .DS)
    package static let nominalPercentageOfCardiacPhase = Attribute(0x0020, 0x9241, .FL)
    package static let respiratoryPhase = Attribute(0x0020, 0x9248, .FL)
    /// Philips private: body weight SUV for one count (creator `Philips PET Private Group`).
    package static let philipsSUVScaleFactor = Attribute(0x7053, 0x1000, .DS)
    /// Philips private: becquerels per millilitre for one count.
    package static let philipsActivityConcentrationScaleFactor = Attribute(0x7053, 0x1009, .DS)
}
