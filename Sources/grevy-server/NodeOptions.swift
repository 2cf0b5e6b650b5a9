import ArgumentParser
import Server

/// Where and as what the server listens for DICOM peers.
struct NodeOptions: ParsableArguments {
    @Option(
        help: "Listen for DICOM peers on this port; 0 lets the system choose. See Docs/Node.md.")
    var dicomPort: Int?
    @Option(
        name: .customLong("dicom-tls-port"),
        help: "Listen for DICOM peers with TLS on this port, with the server's certificate.")
    var dicomTLSPort: Int?
    @Option(help: "The numeric address to listen on for DICOM peers.")
    var dicomHost = "127.0.0.1"
    @Option(help: "Our AE title.")
    var aeTitle = "GREVY"
    @Flag(
        help: """
            Allow DICOM without TLS from other machines: patient data then cross the network in \
            the clear.
            """)
    var dicomWithoutTLS = false

    @Option(
        help: """
            File of the tokens that DICOMweb peers have given us, outside the data folder; see \
            Docs/Node.md.
            """, completion: .file())
    var webTokens: String?

    func validate() throws {
        for port in [dicomPort, dicomTLSPort].compactMap(\.self)
        where !(0 ... 65535).contains(port) {
            throw ValidationError("A DICOM port must be from 0 to 65535.")
        }
        let (isNumeric, isLoopback) = ServerSettings.nodeAddress(dicomHost)
        guard isNumeric else {
            throw ValidationError("'--dicom-host' must be a numeric address.")
        }
        guard ServerSettings.isNodeTitle(aeTitle) else {
            throw ValidationError("An AE title has 1 to 16 plain characters.")
        }
        guard dicomPort == nil || isLoopback || dicomWithoutTLS else {
            throw ValidationError(
                "'--dicom-port' on \(dicomHost) sends patient data in the clear: use "
                    + "'--dicom-tls-port', or allow it with '--dicom-without-tls'.")
        }
    }

    func write(to settings: inout ServerSettings) {
        settings.listenForPeers(
            host: dicomHost, port: dicomPort, portTLS: dicomTLSPort, title: aeTitle,
            webTokens: webTokens)
    }
}
