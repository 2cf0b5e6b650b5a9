import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy node`: asks other DICOM nodes for their services.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Ask DICOM peers: do they answer, what do they have; send and retrieve.",
        discussion: """
            Peers are settings of the kind dicom-peer: 'grevy settings add dicom-peer NAME TABLE' \
            keeps one, with its AE title, address, port and rights, or with the address of its \
            DICOMweb. 'grevy serve --dicom-port' listens for them.
            """,
        subcommands: [Echo.self, Query.self, Send.self, Retrieve.self])

    /// Who calls.
    struct CallerOptions: ParsableArguments {
        @Option(help: "Our AE title.")
        var aeTitle = NodeCaller.usualTitle
        @Option(help: "PEM file of our certificate, for peers with TLS.", completion: .file())
        var certificate: String?
        @Option(help: "PEM file of its key.", completion: .file())
        var key: String?
        @Option(
            help: "File of the tokens that DICOMweb peers have given us. See Docs/Node.md.",
            completion: .file())
        var webTokens: String?

        func validate() throws {
            guard (certificate == nil) == (key == nil) else {
                throw ValidationError("'--certificate' and '--key' go together.")
            }
        }

        var caller: NodeCaller {
            NodeCaller(
                title: aeTitle, certificate: certificate, key: key, webTokens: webTokens)
        }
    }

    /// `grevy node echo`.
    struct Echo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Does a peer answer? C-ECHO, or a search of one study.")

        @Argument(help: "The peer's name.")
        var peer: String
        @OptionGroup var caller: CallerOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            try await data.open().echo(peer, as: caller.caller)
            Console.result("\(peer) answers.")
        }
    }

    /// `grevy node query`.
    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List studies of a peer: C-FIND or QIDO-RS.",
            discussion: "Conditions may have * and ? in them; without any all studies match.")

        @Argument(help: "The peer's name.")
        var peer: String
        @Option(help: "Patient ID.")
        var patientID = ""
        @Option(help: "Patient's name.")
        var patientName = ""
        @Option(help: "Study date, YYYYMMDD or YYYYMMDD-YYYYMMDD.")
        var studyDate = ""
        @Option(help: "Accession number.")
        var accessionNumber = ""
        @Option(help: "Modality in the study, such as CT.")
        var modality = ""
        @OptionGroup var caller: CallerOptions
        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var wishes = NodeClient.Wishes()
            (wishes.patientID, wishes.patientName) = (patientID, patientName)
            (wishes.studyDate, wishes.accessionNumber) = (studyDate, accessionNumber)
            wishes.modality = modality
            let found = try await data.open().query(peer, wishes, as: caller.caller)
            if !found.isComplete {
                Console.note("There are more than \(found.studies.count) studies; ask for fewer.")
            }
            try output.show(found.studies) { studies in
                studies.isEmpty
                    ? "No study matches."
                    : studies.map(NodeCommand.text).joined(separator: "\n")
            }
        }
    }

    /// `grevy node send`.
    struct Send: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send series and plans to a peer: C-STORE or STOW-RS.",
            discussion: """
                A plan goes as RTDOSE, RTSTRUCT, SEG, SR and encapsulated PDF, made again from its record. \
                What a DICOMweb peer lists already is not sent again.
                """)

        @Argument(help: "The peer's name.")
        var peer: String
        @Argument(help: "Series and plans, as 'grevy list' shows them.")
        var series: [String]
        @OptionGroup var caller: CallerOptions
        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let result = try await data.open().send(series, to: peer, as: caller.caller) {
                Console.progress("\($0) of \($1) instances")
            }
            Console.endProgress()
            try output.show(result, text: \.sentence)
            if result.failed > 0 { throw ExitCode(1) }
        }
    }

    /// `grevy node retrieve`.
    struct Retrieve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retrieve a study from a peer and take it in.",
            discussion: """
                By C-GET, or WADO-RS where the peer is one of DICOMweb; what came before a line broke is \
                kept, and WADO-RS fetches only the rest next time. With --move a DIMSE peer is asked to send it to our node, which must listen \
                ('grevy serve --dicom-port') and which the peer must know by our AE title.
                """)

        @Argument(help: "The peer's name.")
        var peer: String
        @Argument(help: "Study Instance UID.")
        var study: String
        @Flag(help: "Ask by C-MOVE.")
        var move = false
        @OptionGroup var caller: CallerOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            let sentence = try await data.open().retrieve(
                study, from: peer, by: move ? .move : .get, as: caller.caller
            ) { Console.progress("\($0) of \($1) instances") }
            Console.endProgress()
            Console.result(sentence)
        }
    }

    private static func text(_ study: NodeClient.RemoteStudy) -> String {
        Console.line(
            "\(study.studyUID)  \(study.date)  \(study.modalities.joined(separator: "/"))  "
                + "\(study.patientID)  \(study.patientName)  \(study.description)"
                + (study.instances.map { "  \($0) instances" } ?? ""))
    }
}
