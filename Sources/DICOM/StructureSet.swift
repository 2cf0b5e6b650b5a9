package import Imaging

/// The content of an RTSTRUCT: named volumes of interest as contours in one frame of reference.
package struct StructureSet: Hashable, Sendable {
    /// One volume of interest.
    package struct Structure: Hashable, Sendable {
        /// ROI Number, unique in the set.
        package var number: Int
        /// ROI Name, as a person gave it.
        package var name: String
        /// RT ROI Interpreted Type (`ORGAN`, `GTV`); `nil` when the file has none.
        package var interpretedType: String?
        /// Display colour, 0 to 255 each; `nil` when the file has none.
        package var colorRGB: [Int]?
        /// ROI Description: what its reader must know; `nil` when the file has none.
        package var note: String?
        package var contours: ContourStack

        package init(
            number: Int, name: String, interpretedType: String? = nil, colorRGB: [Int]? = nil,
            note: String? = nil, contours: ContourStack
        ) {
            self.number = number
            self.name = name
            self.interpretedType = interpretedType
            self.colorRGB = colorRGB
            self.note = note
            self.contours = contours
        }
    }

    package var label: String
    package var frameOfReferenceUID: String
    /// The series whose images were contoured; `nil` when the file does not say.
    package var referencedSeriesUID: String?
    package var structures: [Structure]

    package init(
        label: String, frameOfReferenceUID: String, referencedSeriesUID: String?,
        structures: [Structure]
    ) {
        self.label = label
        self.frameOfReferenceUID = frameOfReferenceUID
        self.referencedSeriesUID = referencedSeriesUID
        self.structures = structures
    }
}
