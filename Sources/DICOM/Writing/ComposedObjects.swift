package import Quantities

/// Data sets ready to be written, and what was changed so that they could be.
package struct ComposedObjects: Sendable {
    /// One per file, in slice order for image series.
    package let dataSets: [DataSet]
    /// Values that were clipped, rounded to masks or shortened.
    package let findings: [Finding]

    package init(dataSets: [DataSet], findings: [Finding]) {
        self.dataSets = dataSets
        self.findings = findings
    }

    /// The objects as others refer to them.
    package var references: [InstanceReference] {
        dataSets.compactMap { data in
            guard let sopClass = data.string(.sopClassUID),
                let instance = data.string(.sopInstanceUID)
            else { return nil }
            return InstanceReference(sopClassUID: sopClass, sopInstanceUID: instance)
        }
    }
}
