/// The number that names an element of a data set.
package struct Tag: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let group: UInt16
    package let element: UInt16

    package init(_ group: UInt16, _ element: UInt16) {
        self.group = group
        self.element = element
    }

    package static func < (a: Tag, b: Tag) -> Bool {
        (a.group, a.element) < (b.group, b.element)
    }

    /// The tag as the standard prints it: `(0028,0010)`.
    package var description: String {
        func hex(_ word: UInt16) -> String {
            let digits = String(word, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "(\(hex(group)),\(hex(element)))"
    }
}

/// An attribute of the data dictionary: its tag and the VR to write it with.
///
/// The constants carry the keywords of PS3.6.
package struct Attribute: Hashable, Sendable {
    package let tag: Tag
    package let vr: VR

    package init(_ group: UInt16, _ element: UInt16, _ vr: VR) {
        tag = Tag(group, element)
        self.vr = vr
    }
}
