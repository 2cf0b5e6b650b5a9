/// The program's own name and version, as records and objects carry them.
package enum Software {
    package static let name = "Grevy"
    package static let version = "0.1.0"
    package static let notice = "Not a medical device. For research and evaluation only."
}
