import DICOM
import Foundation
import Imaging
import Quantities
import Testing
import _TestSupport

/// Expected values: the README beside each folder of `../shared/testdata`.
@Suite("SeriesAssembler on real files", .enabled(if: RealFiles.isPresent), .serialized)
struct SeriesReferenceTests {
    private let source = InProcessSource()

    private func assemble(_ folder: URL) async throws -> ImageSeries {
        try await SeriesAssembler.assemble(try await RealFiles.files(in: folder), source: source)
    }

    @Test("fdg-pet-ct: Bq/mL, decayed activity, SUV factor, maximum and mean, spacing")
    func fdgPET() async throws {
        try await RealFiles.withUnpacked("fdg-pet-ct/raw-pet.tar.xz") { folder in
            let files = try await RealFiles.files(in: folder.appending(path: "image"))
            #expect(files.count == 267)
            let series = try await SeriesAssembler.assemble(files, source: source)
            #expect(series.quantity == .becquerelsPerML)
            let volume = series.volume
            #expect(volume.geometry.shape == [128, 128, 267])
            // The README rounds to 3.27 mm.
            #expect(abs(volume.geometry.spacingMM.z - 3.27) < 1e-4)
            let (mean, _, maximum) = volume.statistics
            // Float voxels: relative 6e-8 each; the README gives two and five decimals.
            #expect(abs(Double(maximum) - 273_860.36) < 0.02)
            #expect(volume[69, 70, 62] == maximum)
            #expect(abs(mean - 614.66148) < 2e-4)
            let agent = try #require(series.radiopharmaceutical)
            let dose = try #require(agent.injectedBecquerels)
            let halfLife = try #require(agent.halfLifeSeconds)
            let elapsed = try #require(agent.secondsFromInjectionToReference)
            #expect(halfLife == 6588 && agent.decayCorrection == "START")
            try checkInjection(files, dose: dose, elapsed: elapsed, maximum: maximum)
            let uneven = try #require(
                series.findings.first { $0.code == "series.uneven-spacing" })
            #expect(uneven.sentence.contains("3.19 to 3.29 mm"))
            let mask = try await RealFiles.files(in: folder.appending(path: "mask"))
            let structures = try StructureSet.read(header: mask[0].header).value
            #expect(Set(structures.structures.map(\.name)) == ["GTV_Mass", "GTV_Edema"])
            #expect(structures.frameOfReferenceUID == series.frameOfReferenceUID)
        }
    }

    private func checkInjection(
        _ files: [SeriesFile], dose: Double, elapsed: Double, maximum: Float
    ) throws {
        #expect(dose == 388_777_472)
        #expect(elapsed == 2711)
        let decayed = dose * exp2(-elapsed / 6588)
        #expect(abs(decayed / 292_297_776.6 - 1) < 1e-9)
        let factor = try PETScaling.suvbwFactor(headers: files.map(\.header))
        #expect(abs(factor / 2.429029766e-4 - 1) < 1e-9)
        #expect(abs(factor * Double(maximum) - 66.5215) < 1e-4)
    }

    @Test("fdg-pet-ct: the same PET in SUV by another program agrees within its rounding")
    func fdgSUV() async throws {
        let raw = try await RealFiles.withUnpacked("fdg-pet-ct/raw-pet.tar.xz") { folder in
            let files = try await RealFiles.files(in: folder.appending(path: "image"))
            return (
                try await SeriesAssembler.assemble(files, source: source).volume,
                try PETScaling.suvbwFactor(headers: files.map(\.header))
            )
        }
        try await RealFiles.withUnpacked("fdg-pet-ct/cropped-ct-suv.tar.xz") { folder in
            let pet = try await assemble(folder.appending(path: "PET/image"))
            #expect(pet.quantity == .standardisedUptakeValue)
            #expect(pet.volume.geometry.shape == [41, 43, 59])
            var (sum, count, greatest) = (0.0, 0.0, 0.0)
            let shape = pet.volume.geometry.shape
            for k in 0 ..< shape.z {
                for j in 0 ..< shape.y {
                    for i in 0 ..< shape.x {
                        let suv = Double(pet.volume[i, j, k])
                        let own = raw.1 * Double(raw.0[i + 59, j + 45, k])
                        greatest = max(greatest, abs(suv - own))
                        guard suv > 0.5 else { continue }
                        sum += suv / own
                        count += 1
                    }
                }
            }
            #expect(abs(sum / count - 0.9999574) < 1e-6)
            #expect(abs(greatest - 0.00078) < 1e-5)
            let ct = try await assemble(folder.appending(path: "CT/image"))
            #expect(ct.quantity == .hounsfieldUnits)
            #expect(Set([ct.volume.geometry.shape.x, ct.volume.geometry.shape.y]) == [202, 198])
        }
    }

    @Test("crlm-ct: every HU, padding, feet-first order")
    func crlmCT() async throws {
        try await RealFiles.withUnpacked("crlm-ct/image.tar.xz") { folder in
            let files = try await RealFiles.files(in: folder)
            let series = try await SeriesAssembler.assemble(files, source: source)
            let volume = series.volume
            #expect(volume.geometry.shape == [512, 512, 41])
            #expect(volume.geometry.originMM == [-198.199997, -204, -375])
            #expect(volume.geometry.spacingMM == [0.796875, 0.796875, 5])
            let padding = try #require(series.findings.first { $0.code == "image.padding" })
            #expect(padding.sentence.hasPrefix("2286652 of 10747904"))
            // The README's hash has padding as −3024 HU, where stored values are −2000.
            var words = volume.voxels.map { Int16($0) }
            var (sum, bright, padded) = (0.0, 0, 0)
            for file in files {
                let z = try #require(file.header.decimals(.imagePositionPatient))[2]
                let k = Int(((z + 375) / 5).rounded())
                let stored = try await source.frames(path: file.path).values(frame: 0)
                for n in stored.indices {
                    if stored[n] == -2000 {
                        words[k * 512 * 512 + n] = -3024
                        padded += 1
                    } else {
                        sum += Double(words[k * 512 * 512 + n])
                        bright += words[k * 512 * 512 + n] > -200 ? 1 : 0
                    }
                }
            }
            #expect(padded == 2_286_652)
            #expect(abs(sum / 8_461_252 - -595.00996) < 1e-5)
            #expect(bright == 2_904_096)
            let bytes = words.flatMap {
                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
            }
            #expect(
                try RealFiles.sha256(bytes)
                    == "0d6957114c31e3f577220682fdc9b6d25a34940ef494adacfd2b3b20abe9b87c")
            checkLiver(volume)
        }
    }

    private func checkLiver(_ volume: Volume<Float>) {
        var values: [Double] = []
        for k in 23 ... 25 {
            for j in 240 ... 260 {
                for i in 124 ... 144 { values.append(Double(volume[i, j, k])) }
            }
        }
        let mean = values.reduce(0, +) / Double(values.count)
        #expect(abs(mean - 118.276) < 1e-3)
        #expect(values.min() == 81 && values.max() == 184)
        let place = volume.geometry.positionMM(index: [134, 250, 24])
        #expect((place - [-91.419, -4.781, -255]).length < 1e-3)
    }

    @Test("tilted-ct: refused as not rectangular, with 16.500 degrees")
    func tiltedCT() async throws {
        try await RealFiles.withUnpacked("tilted-ct/image.tar.xz") { folder in
            let files = try await RealFiles.files(in: folder)
            #expect(files.count == 12)
            await #expect {
                _ = try await SeriesAssembler.assemble(files, source: source)
            } throws: { error in
                guard case DicomError.refused("ct.gantry-tilt", let reason) = error else {
                    return false
                }
                return reason.contains("16.500 degrees") && reason.contains("2.39705 mm")
                    && reason.contains("0.71004 mm")
            }
        }
    }

    @Test("liver-ct-totalseg: JPEG 2000, invented UIDs, statistics and spacing")
    func liverCT() async throws {
        let files = try await RealFiles.files(in: try RealFiles.url("liver-ct-totalseg/dicom"))
        #expect(files.count == 20)
        let summaries = try files.map { try ObjectSummary(header: $0.header) }
        #expect(Set(summaries.map(\.kind)) == [.ct])
        #expect(Set(summaries.map(\.seriesInstanceUID)).count == 1)
        #expect(Set(summaries.map(\.study.studyInstanceUID)).count == 1)
        #expect(Set(summaries.map(\.sopInstanceUID)).count == 20)
        #expect(
            Set(summaries[0].findings.codes()) == ["object.uid-from-meta", "object.uid-invented"])
        try await checkLiverCT(files)
    }

    private func checkLiverCT(_ files: [SeriesFile]) async throws {
        let series = try await SeriesAssembler.assemble(files, source: source)
        #expect(series.volume.geometry.shape == [512, 512, 20])
        #expect(series.volume.geometry.spacingMM == [0.9765625, 0.9765625, 2])
        #expect(series.volume.geometry.originMM.z == -804.5)
        let (mean, minimum, maximum) = series.volume.statistics
        #expect(minimum == -1024 && maximum == 1839)
        #expect(abs(mean - -624.12593) < 1e-5)
        #expect(series.findings.codes().contains("series.overlapping-slices"))
    }

    @Test("penred-y90: CT and the SPECT that says it is a secondary capture of a CT")
    func penred() async throws {
        try await RealFiles.withUnpacked("penred-y90/dicoms.tar.xz") { folder in
            let files = try await RealFiles.files(in: folder)
            let groups = Dictionary(grouping: files) { $0.header.string(.seriesInstanceUID) ?? "" }
            #expect(groups.count == 2)
            for group in groups.values {
                let series = try await SeriesAssembler.assemble(group, source: source)
                let geometry = series.volume.geometry
                if group.count == 190 {
                    #expect(geometry.shape == [124, 72, 190])
                    #expect(geometry.spacingMM.z == 4 && geometry.spacingMM.x == 4)
                    #expect(geometry.originMM == [-248.488, -104.933, -378.625])
                    #expect(series.quantity == .hounsfieldUnits)
                    #expect(series.findings.codes().contains("ct.rescale-unspecified"))
                } else {
                    #expect(geometry.shape == [128, 128, 209])
                    #expect(abs(geometry.spacingMM.z - 4.41806) < 1e-5)
                    #expect(
                        (geometry.originMM - [-281.847, -279.547, -460.547]).length < 2e-3)
                    #expect(series.quantity == .other(unit: ""))
                    #expect(series.findings.codes().contains("image.odd-class"))
                    // The README's four decimals.
                    #expect(abs(series.volume.sum() - 64.3248) < 1e-4)
                }
            }
        }
    }

    @Test("dicom-objects: overlapping CT slices with the liver of a SEG give its mean HU")
    func liverSegmentation() async throws {
        var files: [SeriesFile] = []
        let scratch = try ReferenceFiles.scratch("ct3")
        defer { try? FileManager.default.removeItem(at: scratch) }
        for name in ["01", "02", "03"] {
            let archive = try RealFiles.url("dicom-objects/ct-3slice/\(name).dcm.gz")
            let path = scratch.appending(path: "\(name).dcm").path
            try RealFiles.shell("gunzip -c '\(archive.path)' > '\(path)'")
            files.append(SeriesFile(path: path, header: try await source.header(path: path)))
        }
        let ct = try await SeriesAssembler.assemble(files, source: source)
        #expect(abs(ct.volume.geometry.spacingMM.z - 1) < 1e-6)
        #expect(ct.findings.codes().contains("series.overlapping-slices"))
        let object = try await RealFiles.object(
            try RealFiles.url("dicom-objects/liver-seg/liver.dcm"))
        let seg = try Segmentation.read(header: object.header, pixels: object.pixels).value
        let mask = seg.segments[0].mask
        #expect((mask.geometry.originMM - ct.volume.geometry.originMM).length < 1e-3)
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        mask.forEachVoxel { index, _ in
            let value = Double(ct.volume.withVoxels { $0[index] })
            sum += value
            squares += value * value
            count += 1
        }
        #expect(count == 107_098)
        let mean = sum / count
        #expect(abs(mean - 37.3289) < 1e-4)
        #expect(abs((squares / count - mean * mean).squareRoot() - 59.1688) < 1e-3)
    }
}
