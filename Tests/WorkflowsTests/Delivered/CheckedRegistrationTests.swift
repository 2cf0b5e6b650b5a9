import Imaging
import Testing
import Workflows

@Suite("What may verify a treatment")
struct CheckedRegistrationTests {
    private func isChecked(
        _ kind: PlanSpec.RegistrationChoice.Kind, by person: String?, emission: String?,
        planning: String? = "1.1", moving: String? = nil
    ) -> Bool {
        AcceptedRegistration(kind: kind, transform: .identity, spreadMM: nil, acceptedBy: person)
            .isChecked(emission: emission, planning: planning, moving: moving)
    }

    @Test("Images that coincide do so in one frame of reference that both name, or by a word")
    func identity() {
        #expect(isChecked(.identity, by: nil, emission: "1.1"))
        #expect(!isChecked(.identity, by: nil, emission: "1.2"))
        #expect(!isChecked(.identity, by: nil, emission: nil, planning: nil))
        #expect(!isChecked(.identity, by: nil, emission: "", planning: ""))
        #expect(isChecked(.identity, by: "anna", emission: nil))
    }

    @Test(
        "A registered CT speaks for the image in one frame of reference alone, and once accepted",
        arguments: [PlanSpec.RegistrationChoice.Kind.rigidCT, .kept])
    func companion(kind: PlanSpec.RegistrationChoice.Kind) {
        #expect(isChecked(kind, by: "anna", emission: "1.2", moving: "1.2"))
        #expect(!isChecked(kind, by: nil, emission: "1.2", moving: "1.2"))
        #expect(!isChecked(kind, by: "anna", emission: "1.2", moving: "1.3"))
        #expect(!isChecked(kind, by: "anna", emission: nil, moving: nil))
    }

    @Test("A registration of the image itself counts once accepted")
    func activity() {
        #expect(isChecked(.rigidActivity, by: "anna", emission: nil))
        #expect(!isChecked(.rigidActivity, by: nil, emission: "1.2", moving: "1.2"))
    }
}
