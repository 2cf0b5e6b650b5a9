/// Why a synthetic patient could not be made.
package enum PhantomError: Error, Hashable {
    case unknownCase(name: String)
    case folderNotEmpty
}
