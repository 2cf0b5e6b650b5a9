import Testing
import Workflows

@Suite("SPECT alone to CT")
struct SpectRegistrationTests {
    @Test("from a manual start 10 mm and 3 degrees off, two noise seeds end within half a voxel")
    func seeds() async throws {
        let report = try await SpectRegistrationBenchmark.run(seeds: [1, 2], isHalfSize: true)
        print("SPECT alone to CT:", report)
        // Half a voxel of a full-size SPECT (4.42 mm) at the liver's centre, a whole one at its
        // corners: what a person can see on the overlay. The voxels here are twice as large.
        #expect(report.greatestCentreDistanceMM < 2.2)
        #expect(report.greatestCornerDistanceMM < 4.4)
        #expect(report.withoutNoise.liverCentreDistanceMM < 2.2)
    }
}
