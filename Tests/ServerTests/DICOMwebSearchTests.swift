import DICOM
import Foundation
import HTTPTypes
import NIOCore
import Server
import Storage
import Testing
import Workflows

/// Against PS3.4 §C.2.2.2 and PS3.18 §10.6.
@Suite("DICOMweb searches")
struct DICOMwebSearchTests {
    /// Four studies; with the fixture's own there are five.
    private static func client(_ label: String) async throws -> ImageClient {
        let client = try await ImageClient(ServerFixture(label, source: InProcessSource()))
        for study in 1 ... 4 {
            let files = try (1 ... study).map { number in
                try ImageClient.image(
                    study: "1.9.\(study)", series: "1.9.\(study).1", number: number,
                    description: "Phase \(study)")
            }
            #expect(try await client.store(ImageClient.body(files)).status == 200)
        }
        return client
    }

    @Test("Conditions match as PS3.4 says")
    func matches() async throws {
        let client = try await Self.client("search-matches")
        for (path, count) in [
            ("/studies", 5), ("/studies?PatientName=phantom*", 5),
            ("/studies?PatientName=Phantom%5ENumber0", 5), ("/studies?PatientName=Number0", 0),
            ("/studies?PatientName=?hantom*", 5), ("/studies?PatientID=P*", 5),
            ("/studies?PatientID=p0", 0), ("/studies?00100020=P0", 5),
            ("/studies?StudyDate=20260301", 4), ("/studies?StudyDate=20260102-20260131", 1),
            ("/studies?StudyDate=20260302-", 0), ("/studies?StudyDate=-20260131", 1),
            ("/studies?ModalitiesInStudy=CT", 5), ("/studies?ModalitiesInStudy=PT", 0),
            ("/studies?AccessionNumber=A-17", 4), ("/studies?AccessionNumber=", 5),
            ("/studies?AccessionNumber=*", 5), ("/studies?AccessionNumber=A-1%5B7%5D", 0),
            ("/studies?StudyInstanceUID=1.9.1,1.9.3,1.9.7", 2),
            ("/studies?StudyInstanceUID=1.9.1%5C1.9.3", 2), ("/series?Modality=CT", 5),
            ("/series?SeriesDescription=Phase*", 4), ("/series?SeriesNumber=2", 4),
            ("/studies/1.9.3/series", 1), ("/studies/1.9.3/instances", 3),
            ("/studies/1.9.3/series/1.9.3.1/instances?InstanceNumber=2", 1),
            ("/instances?SOPInstanceUID=1.9.4.1.4", 1), ("/instances", 11),
            ("/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.2&PatientID=P0", 11),
        ] {
            #expect(try await client.list(path).count == count, "\(path)")
        }
    }

    @Test("A search that is not understood is refused, not passed over")
    func refused() async throws {
        let client = try await Self.client("search-refused")
        for query in [
            "StudyDate=yesterday", "StudyDate=2026-01-01", "StudyInstanceUID=abc",
            "SeriesDescription=x", "Favourite=x", "limit=-1", "limit=x", "offset=-1",
            "fuzzymatching=yes", "PatientID=a&PatientID=b", "PatientName=a*%5Cb", "%ff=1",
            "limit=99999999999999999999",
        ] {
            let reply = try await client.get("/studies?\(query)")
            #expect(reply.status == 400, "\(query): \(reply.status)")
            #expect(reply.headers[.contentType] == "application/problem+json")
        }
        #expect(try await client.get("/series?SeriesNumber=x").status == 400)
    }

    @Test("Pages come in one order, and say what is left only where the server cut them")
    func pages() async throws {
        let client = try await Self.client("search-pages")
        var seen: [String] = []
        for offset in 0 ..< 5 {
            let page = try await client.list("/studies?limit=1&offset=\(offset)")
            seen += page.compactMap { ImageClient.value($0, "0020000D") }
        }
        #expect(Set(seen).count == 5 && seen.last == "1.2.0")
        #expect(try await client.list("/studies?offset=5").isEmpty)
        #expect(try await client.list("/studies?limit=0").isEmpty)
        let reply = try await client.get("/studies?limit=2&fuzzymatching=true")
        let warning = try #require(HTTPField.Name("Warning"))
        #expect(reply.headers[warning]?.contains("fuzzymatching") == true)
        #expect(try await client.get("/studies?limit=2").headers[warning] == nil)
    }

    @Test("Attributes are returned as PS3.18 lists them, others when asked for")
    func fields() async throws {
        let client = try await Self.client("search-fields")
        let plain = try #require(try await client.list("/studies?StudyInstanceUID=1.9.2").first)
        #expect(plain["00081030"] == nil && plain["00100021"] == nil)
        for tag in ["00080020", "00080050", "00080061", "00100010", "00100020", "0020000D"] {
            #expect(plain[tag] != nil, "\(tag)")
        }
        #expect(ImageClient.value(plain, "00201206") == "1")
        for fields in ["includefield=all", "includefield=IssuerOfPatientID,00081030"] {
            let full = try #require(
                try await client.list("/studies?StudyInstanceUID=1.9.2&\(fields)").first)
            #expect(ImageClient.value(full, "00100021") == "H", "\(fields)")
        }
        let series = try #require(try await client.list("/studies/1.9.2/series").first)
        #expect(ImageClient.value(series, "0008103E") == "Phase 2" && series["00100010"] == nil)
        let instance = try #require(try await client.list("/instances?limit=1&offset=1").first)
        #expect(ImageClient.value(instance, "00280010") == "3")
        #expect(ImageClient.value(instance, "00100020") == "P0")
    }
}
