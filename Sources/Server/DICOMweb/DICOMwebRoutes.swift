import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension Route {
    /// The addresses of DICOMweb begin with this.
    static let imagesPath = "/dicomweb"
}

extension GrevyServer {
    /// Images for programs, by the web services of PS3.18: QIDO-RS, WADO-RS and STOW-RS.
    var dicomwebRoutes: [Route] {
        searchRoutes + metadataRoutes + retrieveRoutes + renderRoutes + storeRoutes
    }

    static let dicomJSON = "application/dicom+json"
    static let jsonTypes = [dicomJSON, "application/json"]
    static let (dicomType, bytesType) = ("application/dicom", "application/octet-stream")
    static let multipartType = "multipart/related"

    /// The parts of an address that name what images are wanted.
    enum Place: CaseIterable {
        case studies, study, series, instance

        var path: String {
            switch self {
            case .studies: "/studies"
            case .study: "/studies/{study}"
            case .series: "/studies/{study}/series/{series}"
            case .instance: "/studies/{study}/series/{series}/instances/{instance}"
            }
        }

        /// As operations are named.
        var name: String {
            switch self {
            case .studies: "Studies"
            case .study: "Study"
            case .series: "Series"
            case .instance: "Instance"
            }
        }
    }

    /// A route that reads images of one study, as far as whoever asks sees them.
    ///
    /// - Parameters:
    ///   - path: After ``Route/imagesPath``; it names the study at least.
    ///   - operation: What the route says about itself.
    ///   - make: Makes the answer from the instances that the path names; there is one at least.
    /// - Returns: The route.
    func reading(
        _ path: String, _ operation: APIOperation,
        _ make: @escaping @Sendable (Call, [VisibleInstance]) async throws -> Response
    ) -> Route {
        let whole = Route.imagesPath + path
        let names = operation.query.map(\.name)
        return Route(.get, whole, .right(.readCase), api: operation) { call in
            try call.checkFields(names)
            try await note(call, "GET \(whole)")
            let given = try await instances(call)
            var answer = try await make(call, given)
            // A study takes a while, and so does one long file.
            let uids = Set(given.map(\.instance.sopInstanceUID))
            answer.body = answer.body.sent(
                everySeconds: settings.lookSeconds, over: call.context
            ) {
                guard let seen = try? await instances(call) else { return false }
                return uids.isSubset(of: seen.map(\.instance.sopInstanceUID))
            }
            return answer
        }
    }

    /// Notes that somebody reads images of the study that the address names.
    ///
    /// - Throws: ``Refusal/notFound`` for a study that is not there or not seen: the two look alike.
    func note(_ call: Call, _ action: String) async throws {
        let account = try call.account
        let subjects = try await folder.images.subjects(
            study: call.parameter("study"), series: call.context.parameters.get("series"),
            seenBy: account.organisation.id)
        guard !subjects.isEmpty else { throw Refusal.notFound }
        for subject in subjects {
            try await folder.accounts.noteAccess(by: account, to: subject, action: action)
        }
    }

    /// The instances that an address names, as far as they are seen.
    func instances(_ call: Call) async throws -> [VisibleInstance] {
        let parameters = call.context.parameters
        let found = try await folder.images.instances(
            study: call.parameter("study"), series: parameters.get("series"),
            instance: parameters.get("instance"), seenBy: call.account.organisation.id)
        guard !found.isEmpty else { throw Refusal.notFound }
        return found
    }

    /// Where DICOMweb begins for whoever asks.
    func imagesBase(_ call: Call) -> String {
        let scheme = call.origin.scheme
        var authority = call.request.head.authority ?? ""
        // dicomweb-client 0.60 leaves the port out of `Host`.
        if !call.origin.isForwarded, let port = call.context.port,
            port != (scheme == "https" ? 443 : 80), authority.wholeMatch(of: /.*:[0-9]+/) == nil
        {
            authority += ":\(port)"
        }
        return "\(scheme)://\(authority)\(Route.imagesPath)"
    }

    /// - Throws: ``Refusal/notAcceptable(_:)`` for who does not take the DICOM JSON model.
    func checkTakesJSON(_ call: Call) throws {
        let isTaken = try call.accepted.contains { range in
            Self.jsonTypes.contains { range.takes($0) }
        }
        guard isTaken else { throw Self.notGiven(Self.dicomJSON) }
    }

    static func notGiven(_ types: String) -> Refusal {
        .notAcceptable("This is given as \(types) only; say in 'Accept' that you take it.")
    }

    /// The field of an address that stands in for the header `Accept`.
    static let acceptField = APIOperation.QueryField(
        name: "accept", about: "Media types, for who cannot set the header 'Accept'.",
        schema: ["type": "string"])

    /// An operation whose answer is a list in the DICOM JSON model.
    static func listOperation(
        _ id: String, _ summary: String, scope: AccessScope
    ) -> APIOperation {
        var operation = APIOperation(id, summary, scope: scope)
        operation.query = [acceptField]
        operation.mediaTypes = [dicomJSON]
        operation.answer = { _ in ["type": "array", "items": ["type": "object"]] }
        return operation
    }

    /// An operation whose answer is bytes.
    static func bytesOperation(
        _ id: String, _ summary: String, _ mediaTypes: [String]
    ) -> APIOperation {
        var operation = APIOperation(id, summary, scope: .wado)
        operation.query = [acceptField]
        operation.mediaTypes = mediaTypes
        operation.answer = { _ in [:] }
        return operation
    }
}

// MARK: - QIDO-RS and metadata

extension GrevyServer {
    private var searchRoutes: [Route] {
        [
            searching("/studies", .study, "searchStudies", "Studies that match."),
            searching("/series", .series, "searchSeries", "Series that match, of all studies."),
            searching(
                "/instances", .instance, "searchInstances", "Instances that match, of all studies."),
            searching(
                "/studies/{study}/series", .series, "searchStudySeries",
                "Series of a study that match."),
            searching(
                "/studies/{study}/instances", .instance, "searchStudyInstances",
                "Instances of a study that match."),
            searching(
                "/studies/{study}/series/{series}/instances", .instance,
                "searchSeriesInstances", "Instances of a series that match."),
        ]
    }

    private static func searchFields(_ level: ImageQuery.Level) -> [APIOperation.QueryField] {
        let keys = ImageQuery.Key.allCases.filter { $0.level <= level }.map { key in
            APIOperation.QueryField(
                name: key.rawValue, about: "What \(key.rawValue) must be, as PS3.4 §C.2.2.2 says.",
                schema: ["type": "string"])
        }
        let number: JSONValue = ["type": "integer", "minimum": 0, "maximum": 1_000_000_000]
        return keys + [
            APIOperation.QueryField(
                name: "limit", about: "How many at most; never above \(ImageSearch.mostRows).",
                schema: number),
            APIOperation.QueryField(
                name: "offset", about: "How many to leave out.", schema: number),
            APIOperation.QueryField(
                name: "includefield", about: "Attributes to return besides, or 'all'.",
                schema: ["type": "string"]),
            APIOperation.QueryField(
                name: "fuzzymatching", about: "Only literal matching is done.",
                schema: ["type": "string", "enum": ["true", "false"]]), acceptField,
        ]
    }

    private func searching(
        _ path: String, _ level: ImageQuery.Level, _ id: String, _ summary: String
    ) -> Route {
        var operation = Self.listOperation(id, summary, scope: .qido)
        operation.query = Self.searchFields(level)
        let whole = Route.imagesPath + path
        return Route(.get, whole, .right(.readCase), api: operation) { call in
            try checkTakesJSON(call)
            if path.contains("{study}") { try await note(call, "GET \(whole)") }
            var fixed: [ImageQuery.Key: String] = [:]
            fixed[.studyInstanceUID] = call.context.parameters.get("study")
            fixed[.seriesInstanceUID] = call.context.parameters.get("series")
            // Attributes may be named by their tags too, so the search itself knows what it takes.
            try call.checkNoToken()
            let search = try ImageSearch(
                level, path: fixed,
                parameters: call.queryFields.filter { $0.name != Self.acceptField.name })
            let found = try await search.answer(
                folder.images, seenBy: call.account.organisation.id, base: imagesBase(call))
            var headers: HTTPFields = [.contentType: Self.dicomJSON, .cacheControl: "no-store"]
            for warning in found.warnings {
                headers.append(HTTPField(name: .warning, value: "299 grevy: \"\(warning)\""))
            }
            return Response(status: .ok, headers: headers, body: Answer.body(found.json))
        }
    }

    private var metadataRoutes: [Route] {
        [Place.study, .series, .instance].map { place in
            let operation = Self.listOperation(
                "metadata\(place.name)",
                "Attributes of every instance of a \(place.name.lowercased()), without bulk data.",
                scope: .wado)
            return reading("\(place.path)/metadata", operation) { call, instances in
                try checkTakesJSON(call)
                let metadata = ImageMetadata(
                    folder: folder, source: source, base: imagesBase(call))
                return try await keptImage(
                    call, tag: metadata.tag(instances), mediaType: Self.dicomJSON
                ) {
                    try await metadata.json(instances)
                }
            }
        }
    }

    /// What is made from images and asked for again and again.
    func keptImage(
        _ call: Call, tag: String, mediaType: String, isLasting: Bool = true,
        _ bytes: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> Response {
        try await kept(
            call, tag: tag, mediaType: mediaType, isLasting: isLasting,
            owner: "organisation \(try call.account.organisation.id)", bytes)
    }
}

extension HTTPField.Name {
    static let warning = HTTPField.Name("Warning") ?? .server
}
