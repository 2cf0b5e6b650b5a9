import ArgumentParser

@main
struct Grevy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grevy",
        abstract: "Plans and verifies SIRT of liver metastases from DICOM images.")
}
