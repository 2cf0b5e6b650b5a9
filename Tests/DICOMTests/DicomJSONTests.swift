import DICOM
import Foundation
import Testing

/// Against PS3.18 annex F.
@Suite("DICOM JSON model")
struct DicomJSONTests {
    private static func text(
        _ data: DataSet, bulkAddress: String? = nil, pixels: Attribute? = nil
    ) throws -> String {
        var json = DicomJSON(bulkAddress: bulkAddress, longestInline: 4)
        json.append(data, pixels: pixels)
        _ = try JSONSerialization.jsonObject(with: Data(json.bytes))
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func text(_ attribute: Attribute, _ bytes: [UInt8]) throws -> String {
        var data = DataSet()
        data.setBytes(attribute, bytes)
        return try text(data)
    }

    @Test("Text, names and numbers in text become strings, objects and numbers")
    func text() throws {
        for (attribute, value, expected) in [
            (
                Attribute.patientName, "Yamada^Tarou=山田^太郎=やまだ^たろう",
                #""vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎","#
                    + #""Phonetic":"やまだ^たろう"}]"#
            ), (.patientName, "=A", #""vr":"PN","Value":[{"Ideographic":"A"}]"#),
            (.pixelSpacing, "0.5 \\2E-3 ", #""vr":"DS","Value":[0.5,2E-3]"#),
            (.pixelSpacing, "+1.\\007", #""vr":"DS","Value":[1.0,7.0]"#),
            (.pixelSpacing, "odd", #""vr":"DS","Value":["odd"]"#),
            (.instanceNumber, "-12", #""vr":"IS","Value":[-12]"#),
            (.imageType, "A\\\\B", #""vr":"CS","Value":["A",null,"B"]"#),
            (.patientID, "a\"\u{1}b\u{e9}", #""vr":"LO","Value":["a\"\u0001bé"]"#),
            (.patientID, "", #""vr":"LO""#), (.patientID, "  ", #""vr":"LO""#),
            (.patientComments, "a\\b", #""vr":"LT","Value":["a\\b"]"#),
        ] {
            #expect(
                try Self.text(attribute, Array(value.utf8))
                    == "{\"\(attribute.tag.digits)\":{\(expected)}}")
        }
    }

    @Test("Numbers in bytes are read with the low byte first")
    func numbers() throws {
        for (vr, bytes, expected) in [
            (VR.US, [0xff, 0xff, 1, 0], "65535,1"), (.SS, [0xff, 0xff], "-1"),
            (.UL, [1, 0, 0, 0x80], "2147483649"), (.SL, [0xfe, 0xff, 0xff, 0xff], "-2"),
            (.FL, [0, 0, 0x20, 0x40], "2.5"), (.FD, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], "1.0"),
            (.FD, [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], "\"NaN\""),
            (.FL, [0, 0, 0x80, 0xff], "\"-inf\""), (.AT, [0x10, 0, 0x20, 0], "\"00100020\""),
            (.SV, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "-1"),
        ] as [(VR, [UInt8], String)] {
            let attribute = Attribute(0x0018, 0x9999, vr)
            #expect(
                try Self.text(attribute, bytes)
                    == "{\"00189999\":{\"vr\":\"\(vr.rawValue)\",\"Value\":[\(expected)]}}")
        }
    }

    @Test("Long binary values are named by an address that leads back to them")
    func bulk() throws {
        var item = DataSet()
        item.setBytes(Attribute(0x5400, 0x1010, .OW), [1, 2, 3, 4, 5, 6])
        var data = DataSet()
        data.setBytes(.encapsulatedDocument, [1, 2, 3, 4])
        data.set(Attribute(0x5400, 0x0100, .SQ), [DataSet(), item])
        let text = try Self.text(data, bulkAddress: "http://x/", pixels: .pixelData)
        #expect(
            text == #"{"00420011":{"vr":"OB","InlineBinary":"AQIDBA=="},"#
                + #""54000100":{"vr":"SQ","Value":[{},{"54001010":{"vr":"OW","#
                + #""BulkDataURI":"http://x/54000100.2.54001010"}}]},"#
                + #""7FE00010":{"vr":"OW","BulkDataURI":"http://x/7FE00010"}}"#)
        let place = try #require(BulkPlace("54000100.2.54001010"))
        #expect(data.bytes(at: place) == [1, 2, 3, 4, 5, 6] && place.isNested)
        for wrong in [
            "", "5400", "54000100.0.54001010", "54000100.x.54001010", "54000100.2",
            "0054000100", "54000100.2.", "+4000100",
        ] {
            #expect(BulkPlace(wrong) == nil, "\(wrong)")
        }
        let absent = try #require(BulkPlace("54000100.9.54001010"))
        #expect(data.bytes(at: absent) == nil)
    }

    @Test("Meta group and group lengths are left out, the rest is in the order of tags")
    func order() throws {
        var data = DataSet()
        data.set(.transferSyntaxUID, "1.2")
        data.set(.patientID, "P")
        data.setBytes(Attribute(0x0010, 0x0000, .UL), [0, 0, 0, 0])
        data.set(.modality, "CT")
        #expect(
            try Self.text(data) == #"{"00080060":{"vr":"CS","Value":["CT"]},"#
                + #""00100020":{"vr":"LO","Value":["P"]}}"#)
        #expect(DicomJSON.array([DataSet]()) == Array("[]".utf8))
    }
}
