import Storage
import Testing
import Workflows

@Suite("Names hidden from a room")
struct HiddenNamesTests {
    private static let hidden = HiddenNames(
        PatientIdentity(
            patientID: "NHS-4505577104", issuer: "NHS", name: "O'Brien^Mary Li^^Dr=x",
            birthDate: "19610523", sex: "F"))

    @Test(
        "Names, identifiers and birth dates are struck out wherever they stand",
        arguments: [
            ("CT of O'BRIEN, Mary", "CT of •••, •••"),
            ("marys scan", "•••s scan"),
            ("id NHS-4505577104.", "id •••."),
            ("nhs-4505577104_abdomen", "•••_abdomen"),
            ("born 19610523", "born •••"),
            ("born 1961-05-23 or 23.05.1961 or 23/05/1961", "born ••• or ••• or •••"),
            ("Li liked it", "••• liked it"),
            ("lithium in Lille", "lithium in Lille"),
            ("arterial phase, 1.25 mm", "arterial phase, 1.25 mm"),
            ("", ""),
        ])
    func struck(text: String, expected: String) {
        #expect(Self.hidden.struck(text) == expected)
    }

    @Test("Nothing is struck out for somebody of whom nothing is known")
    func nobody() {
        let hidden = HiddenNames(
            PatientIdentity(patientID: "", issuer: "", name: "", birthDate: "", sex: ""))
        #expect(hidden.struck("CT, 2026-01-05") == "CT, 2026-01-05")
    }

    @Test("No part of a longer name is left by a shorter one")
    func longest() {
        let hidden = HiddenNames(
            PatientIdentity(
                patientID: "", issuer: "", name: "Anna^Annabel", birthDate: "", sex: ""))
        #expect(hidden.struck("Annabel and Anna") == "••• and •••")
    }
}
