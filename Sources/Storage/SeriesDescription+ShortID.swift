extension SeriesDescription {
    /// What people call a series: `se-` and ten hexadecimal digits of the SHA-256 of its UID.
    package static func shortID(of seriesUID: String) -> String {
        "se-" + ObjectDigest(of: Array(seriesUID.utf8)).hex.prefix(10)
    }
}
