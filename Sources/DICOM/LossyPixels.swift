extension DataSet {
    /// Whether coding has changed the pixel values, as far as the header says.
    ///
    /// True for lossy transfer syntaxes and for Lossy Image Compression `01`. JPEG 2000 and HTJ2K
    /// syntaxes that allow both count as lossy unless Lossy Image Compression is `00`.
    package var hasLossyPixels: Bool {
        let declared = string(.lossyImageCompression)
        if declared == "01" { return true }
        guard let syntax = string(.transferSyntaxUID) else { return false }
        if TransferSyntaxes.alwaysLossy.contains(syntax) { return true }
        return TransferSyntaxes.possiblyLossy.contains(syntax) && declared != "00"
    }
}

/// Transfer syntaxes by what they do to values (PS3.5 §A.4).
private enum TransferSyntaxes {
    /// JPEG with quantisation, JPEG-LS near-lossless.
    static let alwaysLossy: Set = [
        "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53",
        "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.81",
    ]
    /// JPEG 2000 and HTJ2K, lossless or lossy.
    static let possiblyLossy: Set = ["1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"]
}
