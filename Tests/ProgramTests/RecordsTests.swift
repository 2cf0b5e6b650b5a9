import Foundation
import Testing

/// What is kept of a plan, shown, recomputed and exported by the program itself.
@Suite("Records")
struct RecordsTests {
    @Test("a plan comes out of its record byte for byte, on one core and beside other data")
    func recomputed() throws {
        let records = try SyntheticRecords("records", heldBack: "ct-diagnostic/0075.dcm")
        defer { records.remove() }
        try records.json(["import", records.path("patient")])
        let planID = try #require(try records.plan()["planID"] as? String)
        // From here on the record must be enough.
        for name in ["plan.yaml", "curve.csv", "patient"] {
            try FileManager.default.removeItem(atPath: records.path(name))
        }
        try expectIdentical(records, planID)
        try expectIdentical(records, planID, through: ["/usr/bin/taskset", "-c", "0"])
        try records.make("other", seed: 2)
        try records.json(["import", records.path("other")])
        try expectIdentical(records, planID)
        try expectExport(records, planID)
        try expectOutdated(records, planID)
    }

    private func expectIdentical(
        _ records: SyntheticRecords, _ planID: String, through launcher: [String] = [],
        state: String = "current"
    ) throws {
        let answer = try records.json(["recompute", planID], through: launcher)
        #expect(answer["planID"] as? String == planID)
        #expect(answer["identical"] as? Bool == true)
        #expect(answer["differences"] as? [String] == [])
        #expect(answer["state"] as? String == state)
        #expect(answer["keptDoseDigest"] as? String == answer["recomputedDoseDigest"] as? String)
        #expect(answer["keptPlanDigest"] as? String == answer["recomputedPlanDigest"] as? String)
    }

    /// Exported again, everything has the bytes that planning wrote.
    private func expectExport(_ records: SyntheticRecords, _ planID: String) throws {
        let answer = try records.json(["export", planID, "--out", records.path("again")])
        let files = try #require(answer["files"] as? [String])
        #expect(
            Set(files) == [
                "plan.json", "structures.dcm", "segmentation.dcm", "dose.dcm", "dose.nii.gz",
                "measurements.dcm",
            ])
        for file in files {
            #expect(
                try records.bytes("again/\(file)") == records.bytes("out/\(file)"), "\(file)")
        }
        let listed = try #require(try records.json(["list"])["computed"] as? [[String: Any]])
        #expect(
            listed.compactMap { $0["kind"] as? String } == [
                "registration", "dose", "plan", "report",
            ])
        #expect(listed.allSatisfy { $0["state"] as? String == "current" })
        let report = try #require(listed.last?["id"] as? String)
        try records.json(["export", report, "--out", records.path("again")])
        #expect(
            try records.bytes("again/\(report).html") == records.bytes("out/report.html"))
        let nothing = try Program.run([
            "export", "plan-99", "--out", records.path("none"), "--data", records.data.path,
        ])
        #expect(nothing.exitCode == 1)
        #expect(!FileManager.default.fileExists(atPath: records.path("none")))
    }

    /// A change upstream is said with its reason, and a changed input stops the recomputation.
    private func expectOutdated(_ records: SyntheticRecords, _ planID: String) throws {
        let before = try records.json(["show", planID])
        #expect(before["state"] as? String == "current")
        let inputs = try #require(before["inputs"] as? [[String: Any]])
        #expect(
            inputs.compactMap { $0["role"] as? String } == [
                "planning", "activity", "activityCT", "structures", "densityCurve", "spec",
                "registration", "dose", "doseSamples",
            ])
        #expect((before["content"] as? [String: Any])?["schema"] as? String == "grevy-plan/1")
        let registration = try #require(
            inputs.first { $0["role"] as? String == "registration" }?["id"] as? String)
        let shown = try records.json(["show", registration])
        #expect(
            (shown["acceptance"] as? [String: Any])?["acceptedBy"] as? String
                == "Test physicist")

        try records.json(["registration", "withdraw", registration, "--reason", "second look"])
        let after = try records.json(["show", planID])
        #expect(after["state"] as? String == "outdated")
        #expect(after["reason"] as? String == "the acceptance of \(registration) was withdrawn")
        // What was planned then is still what comes out.
        try expectIdentical(records, planID, state: "outdated")

        try records.json(["import", records.path("heldBack.dcm")])
        // A series that grew is another one now; the files that the plan was made from are kept.
        try expectIdentical(records, planID, state: "outdated")
        let changed = try #require(
            try records.json(["show", planID])["inputs"] as? [[String: Any]])
        #expect(
            changed.filter { $0["unchanged"] as? Bool == false }
                .compactMap { $0["role"] as? String } == ["planning"])
        #expect(try records.json(["audit", "verify"])["intact"] as? Bool == true)
    }

    @Test("a series is shown with grid, values and tracer, and exported as it came")
    func series() throws {
        let records = try SyntheticRecords("series")
        defer { records.remove() }
        try records.json(["import", records.path("patient/dicom/pet")])
        let shown = try records.json(["show", "Y-90 PET, simulated"])
        let images = try #require(shown["images"] as? [[String: Any]])
        #expect(images.count == 1)
        let image = try #require(images.first)
        #expect(image["quantity"] as? String == "Bq/mL")
        let shape = try #require(image["shape"] as? [Int])
        #expect(shape.last == 53)
        #expect(try number(image, "minimum") < number(image, "mean"))
        #expect(try number(image, "mean") < number(image, "maximum"))
        let tracer = try #require(image["radiopharmaceutical"] as? [String: Any])
        // The physical half-life of Y-90 as files carry it, within what standards differ by.
        #expect(abs(try number(tracer, "halfLifeSeconds") / 3600 - 64.1) < 0.2)
        #expect(shown["usedBy"] as? [String] == [])

        try records.json(["import", records.path("patient/dicom/nm-planar")])
        let planar = try #require(
            try records.json(["show", "MAA planar ant/post, simulated"])["planar"]
                as? [String: Any])
        #expect((planar["frames"] as? [[String: Any]])?.count == 2)
        // NM states megabecquerels where PET states becquerels; the patient gets 185 MBq.
        let agent = try #require(planar["radiopharmaceutical"] as? [String: Any])
        #expect(try number(agent, "injectedBecquerels") == 185e6)

        let id = try #require(shown["id"] as? String)
        let answer = try records.json(["export", id, "--out", records.path("out")])
        let files = try #require(answer["files"] as? [String])
        #expect(files.count == 53)
        let names = try FileManager.default.contentsOfDirectory(
            atPath: records.path("patient/dicom/pet")
        ).sorted()
        let originals = Set(try names.map { try records.bytes("patient/dicom/pet/\($0)") })
        #expect(Set(try files.map { try records.bytes("out/\($0)") }) == originals)
    }
}
