import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Objects that do not say whose they are")
struct DeidentifierTests {
    private static func pseudonym(
        _ dates: Pseudonym.Dates = .moved(DateShift(days: -400)), identity: Set<String> = []
    ) -> Pseudonym {
        Pseudonym(
            label: "G-TEST", dates: dates, identity: IdentityWords(patient: Array(identity))
        ) { "2.25.9\($0.utf8.count)" }
    }

    private static func object() -> DataSet {
        var data = DataSet()
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.2")
        data.set(.sopInstanceUID, "1.2.3.4")
        data.set(.studyInstanceUID, "1.2.3")
        data.set(.seriesInstanceUID, "1.2.3.44")
        data.set(.patientName, "Mustermann^Erika")
        data.set(.patientID, "KH-778812")
        data.set(.patientBirthDate, "19600101")
        data.set(.studyDate, "20260105")
        data.set(.studyTime, "101500.25")
        data.set(.studyDescription, "CT Abdomen portal venous, Frau Mustermann 05.01.1960")
        data.set(.seriesDescription, "Liver 5 mm")
        data.set(.institutionName, "Klinik Musterstadt")
        data.set(.manufacturer, "SIEMENS")
        data.set(.modality, "CT")
        data.setBytes(Attribute(0x0009, 0x0010, .LO), Array("MAKER ".utf8))
        data.setBytes(Attribute(0x0009, 0x1010, .LO), Array("Mustermann".utf8))
        data.setBytes(Attribute(0x6000, 0x0010, .US), [1, 0])
        data.setBytes(Attribute(0x5000, 0x3000, .OW), [1, 0])
        return data
    }

    @Test("Names, identifiers, private attributes, curves and overlays go; what describes stays")
    func basic() throws {
        let copy = try Deidentifier(Self.pseudonym()).copy(of: Self.object())
        #expect(copy.string(.patientName) == "G-TEST" && copy.string(.patientID) == "G-TEST")
        #expect(copy.contains(.patientBirthDate) && copy.string(.patientBirthDate) == nil)
        #expect(copy.string(.studyDate) == "20241201" && copy.string(.studyTime) == "101500.25")
        #expect(copy.string(.studyDescription) == "CT Abdomen portal venous")
        #expect(copy.string(.seriesDescription) == "Liver 5 mm")
        #expect(copy.string(.manufacturer) == "SIEMENS" && copy.string(.modality) == "CT")
        #expect(copy.string(.sopClassUID) == "1.2.840.10008.5.1.4.1.1.2")
        #expect(copy.string(.sopInstanceUID) == "2.25.97")
        let odd = copy.elements.keys.filter {
            $0.group % 2 == 1 || [0x50, 0x60].contains($0.group >> 8)
        }
        #expect(odd.isEmpty)
        let text = String(decoding: try DicomWriter.fileBytes(copy), as: Unicode.ASCII.self)
        for word in ["Mustermann", "Erika", "778812", "Musterstadt", "1.2.3.4", "20260105"] {
            #expect(!text.contains(word), "\(word)")
        }
    }

    @Test("It says that and how it was done, with the codes of the options")
    func codes() throws {
        let moved = try Deidentifier(Self.pseudonym()).copy(of: Self.object())
        #expect(moved.string(.patientIdentityRemoved) == "YES")
        func codes(_ data: DataSet) -> [String] {
            data.items(.deidentificationMethodCodeSequence).compactMap { $0.string(.codeValue) }
        }
        #expect(codes(moved) == ["113100", "113104", "113105", "113107"])
        #expect(moved.string(.longitudinalTemporalInformationModified) == "MODIFIED")
        let kept = try Deidentifier(Self.pseudonym(.kept)).copy(of: Self.object())
        #expect(codes(kept) == ["113100", "113104", "113105", "113106"])
        #expect(kept.string(.studyDate) == "20260105")
        #expect(kept.string(.patientBirthDate) == nil)
    }

    @Test("References in sequences lead to the same new identifiers, however deep")
    func references() throws {
        var data = Self.object()
        var reference = DataSet()
        reference.set(.referencedSOPClassUID, "1.2.840.10008.5.1.4.1.1.2")
        reference.set(.referencedSOPInstanceUID, "1.2.3.4")
        reference.setBytes(Attribute(0x0011, 0x1001, .LO), [0x41, 0x42])
        var outer = DataSet()
        outer.set(.referencedSOPSequence, [reference])
        data.set(.sourceImageSequence, [reference])
        data.set(.referencedSeriesSequence, [outer])
        let copy = try Deidentifier(Self.pseudonym()).copy(of: data)
        let new = try #require(copy.string(.sopInstanceUID))
        let shallow = try #require(copy.items(.sourceImageSequence).first)
        let deep = try #require(
            copy.items(.referencedSeriesSequence).first?.items(.referencedSOPSequence).first)
        for item in [shallow, deep] {
            #expect(item.string(.referencedSOPInstanceUID) == new)
            #expect(item.string(.referencedSOPClassUID) == "1.2.840.10008.5.1.4.1.1.2")
            #expect(item.elements.count == 2)
        }
    }

    @Test("Content of reports keeps its measurements and loses what people wrote")
    func content() throws {
        var name = DataSet()
        name.set(.valueType, "PNAME")
        name.setBytes(Attribute(0x0040, 0xa123, .PN), Array("Radiologe^Rita".utf8))
        var text = DataSet()
        text.set(.valueType, "TEXT")
        text.setBytes(
            Attribute(0x0040, 0xa160, .UT),
            Array("Lesion in liver segment, Frau Mustermann, Lindenweg".utf8))
        var data = Self.object()
        data.set(.contentSequence, [name, text])
        let items = try Deidentifier(Self.pseudonym()).copy(of: data).items(.contentSequence)
        #expect(items.count == 2)
        #expect(items[0].bytes(Attribute(0x0040, 0xa123, .PN)) == Array("Anonymous ".utf8))
        #expect(
            items[1].string(Attribute(0x0040, 0xa160, .UT)) == "Lesion in liver segment")
    }

    @Test(
        "What the table does not name goes where it names the patient",
        arguments: [
            (VR.LO, "Scanner 3", "Scanner 3"), (.LO, "for Mustermann", "REMOVED"),
            (.SH, "XMUSTERMANNX", "REMOVED"), (.CS, "AXIAL", "AXIAL"),
            (.CS, "KH-778812", "REMOVED"),
            (.LT, "Jane Doe", "REMOVED"), (.LT, " ", ""),
            (.LT, "whole body scan of Jane Doe", "whole body scan of"),
            (.PN, "Somebody^Else", "Anonymous"), (.UI, "1.2.840.10008.1.2", "1.2.840.10008.1.2"),
        ])
    func unnamed(vr: VR, value: String, expected: String) throws {
        // Of the standard's groups, and not in the table.
        let attribute = Attribute(0x0018, 0x0fff, vr)
        var data = Self.object()
        data.setBytes(attribute, Array(value.utf8))
        let copy = try Deidentifier(Self.pseudonym()).copy(of: data)
        #expect((copy.string(attribute) ?? "") == expected)
    }

    @Test("A word that names somebody in one object goes from the descriptions of another")
    func overTheCase() throws {
        var other = DataSet()
        other.setBytes(Attribute(0x0070, 0x0084, .PN), Array("Qiicr".utf8))
        var nested = DataSet()
        nested.set(.patientID, "ALIAS77")
        other.set(.referencedSOPSequence, [nested])
        var words = IdentityWords()
        words.add(other)
        #expect(words.all == ["qiicr", "alias77"] && words.patient == ["alias77"])
        var data = Self.object()
        data.set(.manufacturer, "QIICR")
        data.set(.seriesDescription, "Liver alias77")
        let pseudonym = Pseudonym(label: "G-TEST", dates: .kept, identity: words) { $0 }
        let copy = try Deidentifier(pseudonym).copy(of: data)
        #expect(copy.string(.manufacturer) == "REMOVED")
        #expect(copy.string(.seriesDescription) == "Liver")
    }

    @Test(
        "Codes of published schemes stay, without the patient in their meaning; others lose names",
        arguments: [
            ("DCM", "121008", "Imaging Device", "DCM", "121008", "Imaging Device"),
            ("DCM", "121008", "of Mustermann", "DCM", "121008", "121008"),
            ("SCT", "778812", "Liver", "SCT", "REMOVED", "Liver"),
            ("99KLINIK", "A1", "Imaging", "99REMOVED", "A1", "REMOVED"),
        ])
    func codes(
        scheme: String, code: String, meaning: String, newScheme: String, newCode: String,
        newMeaning: String
    ) throws {
        var item = DataSet()
        item.set(.codingSchemeDesignator, scheme)
        item.set(.codeValue, code)
        item.set(.codeMeaning, meaning)
        var content = DataSet()
        content.set(.valueType, "TEXT")
        content.set(.conceptNameCodeSequence, [item])
        var data = Self.object()
        data.set(.institutionName, "Imaging Text 99Klinik")
        data.set(.contentSequence, [content])
        let copy = try #require(
            try Deidentifier(Self.pseudonym()).copy(of: data).items(.contentSequence).first)
        let new = try #require(copy.items(.conceptNameCodeSequence).first)
        #expect(copy.string(.valueType) == "TEXT")
        #expect(new.string(.codingSchemeDesignator) == newScheme)
        #expect(new.string(.codeValue) == newCode)
        #expect(new.string(.codeMeaning) == newMeaning)
    }

    @Test(
        "Dates move over months, leap years and centuries; what is none is emptied",
        arguments: [
            ("20240301", -1, "20240229"), ("20230301", -1, "20230228"),
            ("19000301", -1, "19000228"),
            ("20000301", -1, "20000229"), ("20260101", -365, "20250101"),
            ("20261231", 1, "20270101"),
            ("2024.03.01", -1, "20240229"), ("20240301101500.5+0100", -1, "20240229101500.5+0100"),
            ("Mustermann", -1, ""), ("20240230", -1, ""), ("202401", -1, ""), ("", -1, ""),
            ("20240301Smith", 0, ""), ("00010101", -1, ""),
        ])
    func dates(text: String, days: Int, moved: String) {
        #expect(DateShift(days: days).moved(text) == moved)
    }

    @Test("Moved dates agree with the system's calendar for two centuries")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        let start = try #require(
            calendar.date(from: DateComponents(year: 1899, month: 12, day: 31)))
        for days in stride(from: 0, to: 73_000, by: 37) {
            let day = try #require(calendar.date(byAdding: .day, value: days, to: start))
            let parts = calendar.dateComponents([.year, .month, .day], from: day)
            let expected = String(
                format: "%04d%02d%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
            #expect(DateShift(days: days).moved("18991231") == expected)
        }
    }

    @Test(
        "Descriptions keep known words, small numbers and quantities",
        arguments: [
            ("CT Abdomen 1.5 mm", "CT Abdomen 1.5 mm"), ("WB 3mm", "WB 3mm"),
            ("Leber Müller links", ""), ("born 12/03/56", ""), ("MRN 12345678", ""),
            ("liver liver-dome Tc-99m", "liver Tc-99m"), ("Smith, John: portal", "portal"),
        ])
    func descriptions(text: String, cleaned: String) {
        #expect(DescriptorWords.cleaned(text, identity: []) == cleaned)
    }

    @Test("A known word that is part of the patient's name goes too")
    func namedLiver() {
        #expect(DescriptorWords.cleaned("Liver portal", identity: ["liver"]) == "portal")
    }

    @Test(
        "A short name goes where it stands by itself, also beside digits, and not from within a word",
        arguments: [
            ("Anna", "REMOVED"), ("scan of ANNA", "REMOVED"), ("Anna2", "REMOVED"),
            ("T1_anna_70", "REMOVED"), ("ScanAnna", "REMOVED"), ("Ho", "REMOVED"),
            ("2 Ho", "REMOVED"), ("annalen", "annalen"), ("Hot plate", "Hot plate"),
            ("PHOTO", "PHOTO"), ("Mr", "Mr"),
        ])
    func shortNames(text: String, left: String) throws {
        var data = Self.object()
        data.set(.patientName, "Ho^Anna^^Mr")
        // Which the table does not name.
        let unnamed = Attribute(0x0018, 0x1160, .SH)
        data.set(unnamed, text)
        data.set(.seriesDescription, "Ho-166 SPECT Ho 5 mm liver anna")
        let copy = try Deidentifier(Self.pseudonym()).copy(of: data)
        #expect(copy.string(unnamed) == left)
        #expect(copy.string(.seriesDescription) == "Ho-166 SPECT 5 mm liver")
    }

    @Test("Overlays in unused bits of pixels are cleared, values and signs stay")
    func mixedOverlay() async throws {
        var data = Self.object()
        for (attribute, value) in [
            (Attribute.samplesPerPixel, 1), (.rows, 1), (.columns, 2), (.bitsAllocated, 16),
            (.bitsStored, 12), (.highBit, 11), (.pixelRepresentation, 0),
        ] { data.set(attribute, value) }
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.setBytes(Attribute(0x6000, 0x0102, .US), [12, 0])
        let pixels = PixelFrames(
            rows: 1, columns: 2, frames: 1, samplesPerPixel: 1, bitsAllocated: 16, isSigned: false,
            wasLossy: false, bytes: [0x34, 0x12, 0xff, 0xff])
        let bytes = try Deidentifier(Self.pseudonym()).fileBytes(header: data, pixels: pixels)
        #expect(Array(bytes.suffix(4)) == [0x34, 0x02, 0xff, 0x0f])
    }
}
