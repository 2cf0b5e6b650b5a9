import DICOM
import Foundation
import Imaging
import Workflows
import _TestSupport

/// Soft tissue with activity, lung with a little, air beyond; written and read as files.
struct CheckCase {
    let folder: URL

    static var grid: VolumeGeometry {
        get throws { try VolumeGeometry(shape: [20, 16, 15], spacingMM: [4, 4, 4]) }
    }
    static let frame = "2.25.7"

    /// Density of a CT number in ``curve``, in g/mL.
    static func density(_ hu: Double) -> Double { hu < 0 ? 1 + 0.999e-3 * hu : 1 + 1e-3 * hu }

    private static let curve = "hu,densityGPerML\n-1000,0.001\n0,1\n1000,2\n"

    static func run<Value>(_ body: (CheckCase) async throws -> Value) async throws -> Value {
        let folder = try ReferenceFiles.scratch("check")
        defer { try? FileManager.default.removeItem(at: folder) }
        let one = CheckCase(folder: folder)
        try Data(curve.utf8).write(to: one.url("curve.csv"))
        try one.write("ct.nii") { i, _, _ in ct(i, lung: -700) }
        try one.write("tia.nii", activity)
        return try await body(one)
    }

    func url(_ name: String) -> URL { folder.appending(path: name) }

    static func ct(_ i: Int, lung: Float) -> Float { i < 11 ? 50 : i < 18 ? lung : -1000 }

    /// Decays per voxel, without symmetry.
    private static func activity(_ i: Int, _ j: Int, _ k: Int) -> Float {
        guard (4 ..< 11).contains(j), (4 ..< 10).contains(k) else { return 0 }
        if (3 ..< 8).contains(i) { return 1e9 * Float(10 + i + j * k / 4) }
        return (13 ..< 17).contains(i) ? 1e9 : 0
    }

    func write(_ name: String, _ value: (_ i: Int, _ j: Int, _ k: Int) -> Float) throws {
        let grid = try Self.grid
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< grid.shape.z {
            for j in 0 ..< grid.shape.y {
                for i in 0 ..< grid.shape.x { volume[i, j, k] = value(i, j, k) }
            }
        }
        try NIfTI.write(volume, to: url(name), description: name)
    }

    /// The dose that the files give by an engine.
    func dose(
        _ engine: DoseRun.Engine, ct: String = "ct.nii", histories: Int = 1, seed: UInt64 = 1
    ) async throws -> Volume<Float> {
        let sources = DoseSources(
            tia: url("tia.nii").path, matter: .ct(name: url(ct).path, curve: url("curve.csv")),
            labels: nil)
        _ = try await DoseRun(
            sources: sources, nuclide: "Y-90", engine: engine,
            run: TransportRun(stop: .histories(histories), seed: seed, threads: 2),
            out: url("made.nii"), uncertaintyOut: nil)()
        return try NIfTI.read(url("made.nii"))
    }

    private static func series(_ number: Int) -> SeriesContext {
        SeriesContext(
            study: StudyContext(
                patientName: "SYNTHETIC^NOBODY", patientID: "GREVY-TEST",
                studyInstanceUID: "2.25.1"),
            seriesInstanceUID: "2.25.10\(number)", seriesNumber: number, seriesDescription: "",
            date: "20260105", time: "090000", equipment: Equipment(softwareVersions: "test"))
    }

    /// Writes a dose as the RTDOSE of another system.
    func writePlan(_ dose: Volume<Float>, frame: String = Self.frame) throws {
        let object = try DoseWriter(series: Self.series(1), planUID: "2.25.60").compose(
            DoseObject(dose: DoseMap(grays: dose), frameOfReferenceUID: frame),
            instanceUID: "2.25.61")
        try DicomWriter.write(object.dataSets[0], path: url("plan.dcm").path)
    }

    /// A box between the given indices of columns and rows, over whole slices.
    struct Box {
        let name: String
        let columns: ClosedRange<Double>
        var rows = 3.5 ... 10.5
        var slices = 4 ..< 10

        /// One in soft tissue and one in lung, that do not overlap.
        static let two = [
            Box(name: "Liver", columns: 2.5 ... 7.5), Box(name: "Lung", columns: 12.5 ... 16.5),
        ]
    }

    /// Writes boxes as structures, numbered from 1.
    func writeStructures(_ boxes: [Box] = Box.two, frame: String = Self.frame) throws {
        let grid = try Self.grid
        let structures = boxes.enumerated().map { n, box in
            let (x, y) = (box.columns, box.rows)
            let contours = box.slices.map { k in
                PlanarContour(
                    pointsMM: [
                        [x.lowerBound, y.lowerBound], [x.upperBound, y.lowerBound],
                        [x.upperBound, y.upperBound], [x.lowerBound, y.upperBound],
                    ].map { grid.positionMM(index: Vector3($0[0], $0[1], Double(k))) })
            }
            return StructureSet.Structure(
                number: n + 1, name: box.name, contours: ContourStack(contours: contours))
        }
        let set = StructureSet(
            label: "Boxes", frameOfReferenceUID: frame, referencedSeriesUID: nil,
            structures: structures)
        let object = try StructureSetWriter(series: Self.series(2), images: nil).compose(
            set, instanceUID: "2.25.62")
        try DicomWriter.write(object.dataSets[0], path: url("structures.dcm").path)
    }

    /// Checks `plan.dcm` against what the files give.
    func check(
        _ engine: DoseRun.Engine, histories: Int = 1, seed: UInt64 = 1, structures: Bool = false,
        _ change: (inout SecondCheck) -> Void = { _ in }
    ) async throws -> CheckReport {
        var check = SecondCheck(
            sources: SecondCheck.Sources(
                planDose: url("plan.dcm"), activity: url("tia.nii").path,
                ct: url("ct.nii").path, ctCurve: url("curve.csv"),
                structures: structures ? url("structures.dcm") : nil),
            nuclide: "Y-90", engine: engine,
            run: TransportRun(stop: .histories(histories), seed: seed, threads: 2))
        change(&check)
        return try await check(source: InProcessSource())
    }
}
