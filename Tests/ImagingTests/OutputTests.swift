import Foundation
import Imaging
import Testing
import _TestSupport

@Suite("Pictures and files")
struct OutputTests {
    /// Grids of a head-first and a feet-first patient, one prone, and an oblique one.
    static let axes = [
        Matrix3.identity,
        Matrix3(columns: [-1, 0, 0], [0, 1, 0], [0, 0, -1]),
        Matrix3(columns: [-1, 0, 0], [0, -1, 0], [0, 0, 1]),
        Matrix3(columns: [0, 1, 0], [0, 0, -1], [-1, 0, 0]),
        ImagingShapes.rotation(degrees: [12, -9, 25]),
    ]

    private static func marked(axes: Matrix3, at marker: Vector3<Double>) throws -> Volume<Float> {
        let half = Vector3(39.0, 44, 49.5)
        let geometry = try VolumeGeometry(
            shape: [40, 45, 34], spacingMM: [2, 2, 3], originMM: -(axes * half), axes: axes)
        return try ImagingShapes.volume(on: geometry) { ($0 - marker).length < 5 ? 240 : -160 }
    }

    private static func brightest(_ picture: SlicePicture) -> PlanePoint {
        var (u, v, total) = (0.0, 0.0, 0.0)
        for n in 0 ..< picture.width * picture.height where picture.rgb[3 * n] > 128 {
            u += Double(n % picture.width) + 0.5
            v += Double(n / picture.width) + 0.5
            total += 1
        }
        return PlanePoint(u: u / total, v: v / total)
    }

    @Test("a marker at the patient's right front head lies where a radiologist looks for it")
    func orientation() throws {
        let marker = Vector3(-20.0, -14, 18)
        for axes in Self.axes {
            let volume = try Self.marked(axes: axes, at: marker)
            for plane in SlicePlane.allCases {
                let picture = try SlicePicture(plane, of: volume, through: marker)
                let seen = Self.brightest(picture)
                let middle = picture.pixel(positionMM: volume.geometry.centreMM)
                switch plane {
                case .axial: #expect(seen.u < middle.u - 5 && seen.v < middle.v - 3)
                case .coronal: #expect(seen.u < middle.u - 5 && seen.v < middle.v - 5)
                case .sagittal: #expect(seen.u < middle.u - 3 && seen.v < middle.v - 5)
                }
                let expected = picture.pixel(positionMM: marker)
                // The ball is seen within the voxels it was made of.
                #expect(abs(seen.u - expected.u) < 0.75 && abs(seen.v - expected.v) < 0.75)
            }
        }
    }

    @Test("colour covers the grey only where the map reaches its range, lines follow it")
    func overlay() throws {
        let volume = try Self.marked(axes: .identity, at: [-20, -14, 18])
        let dose = try ImagingShapes.volume(on: volume.geometry) { 100 - 2 * $0.length }
        let picture = try SlicePicture(
            .axial, of: volume, through: .zero, pixelMM: 1,
            overlay: SlicePicture.Overlay(dose, range: 60 ... 100, opacity: 1))
        let centre = picture.pixel(positionMM: .zero)
        let hot = 3 * (Int(centre.u) + picture.width * Int(centre.v))
        #expect(picture.rgb[hot] > 200 && picture.rgb[hot + 2] < 200)
        #expect(Array(picture.rgb[0 ..< 3]) == [0, 0, 0])
        let lines = picture.isolines(of: dose, level: 60)
        try #require(lines.count == 1)
        for point in lines[0].points {
            let (u, v) = (point.u - centre.u, point.v - centre.v)
            // A cone sampled at 2 mm: chords lie inside by spacing²/(8 r).
            #expect(abs((u * u + v * v).squareRoot() - 20) < 0.2)
        }
    }

    @Test("a picture is a PNG of its size; wrong sizes are refused")
    func png() throws {
        let bytes = try PNGImage.encoded(width: 2, height: 1, rgb: [255, 0, 0, 0, 0, 255])
        #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
        #expect(Array(bytes[16 ..< 24]) == [0, 0, 0, 2, 0, 0, 0, 1])
        #expect(throws: ImagingError.self) {
            try PNGImage.encoded(width: 2, height: 2, rgb: [1, 2, 3])
        }
    }

    @Test("a NIfTI file comes back with the same voxels and place")
    func nifti() throws {
        let folder = try ReferenceFiles.scratch("nifti")
        defer { try? FileManager.default.removeItem(at: folder) }
        for axes in Self.axes {
            let volume = try Self.marked(axes: axes, at: [-20, -14, 18])
            for name in ["a.nii", "a.nii.gz"] {
                let url = folder.appending(path: name)
                try NIfTI.write(volume, to: url, description: "HU")
                let back = try NIfTI.read(url)
                #expect(back.geometry.shape == volume.geometry.shape)
                // The header holds single-precision numbers of some ten millimetres.
                for (a, b) in zip(back.geometry.cornersMM, volume.geometry.cornersMM) {
                    #expect((a - b).length < 1e-4)
                }
                #expect(
                    back.withVoxels { a in
                        volume.withVoxels { b in
                            a.indices.allSatisfy { a[$0] == b[$0] }
                        }
                    })
            }
        }
    }

    @Test("Hounsfield units take half the bytes and lose nothing; other values stay floats")
    func smallNIfTI() throws {
        let grid = try Self.marked(axes: .identity, at: .zero).geometry
        let count = grid.count
        let whole = (0 ..< count).map { Float(($0 * 37) % 5000 - 1024) }
        for (values, bytesPerVoxel) in [
            (whole, 2), (whole.map { $0 + 0.25 }, 4), (whole.map { $0 * 100 }, 4),
        ] {
            let volume = try Volume(voxels: values, geometry: grid)
            let bytes = try NIfTI.encodedSmall(volume, description: "HU")
            #expect(bytes.count == 352 + bytesPerVoxel * count)
            #expect(try Self.reread(bytes).voxels == values)
        }
    }

    @Test("shares come back as their part of 255, and what lies outside 0 to 1 at the ends")
    func shares() throws {
        let grid = try Self.marked(axes: .identity, at: .zero).geometry
        var values = [Float](repeating: 0, count: grid.count)
        values.replaceSubrange(0 ..< 5, with: [1, 0.5, 0.25, -0.1, 1.2])
        let bytes = try NIfTI.encodedShares(
            Volume(voxels: values, geometry: grid), description: "share")
        #expect(bytes.count == 352 + grid.count)
        #expect(Array(try Self.reread(bytes).voxels.prefix(6)) == [255, 128, 64, 0, 255, 0])
    }

    private static func reread(_ bytes: [UInt8]) throws -> Volume<Float> {
        let folder = try ReferenceFiles.scratch("nifti-small")
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: "a.nii.gz")
        try Data(NIfTI.compressed(bytes)).write(to: url)
        return try NIfTI.read(url)
    }

    @Test("broken NIfTI files are refused")
    func brokenNIfTI() throws {
        let folder = try ReferenceFiles.scratch("nifti-broken")
        defer { try? FileManager.default.removeItem(at: folder) }
        let volume = try Self.marked(axes: .identity, at: .zero)
        let whole = try NIfTI.encoded(volume, description: "")
        var lying = whole
        lying.replaceSubrange(42 ..< 48, with: [0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f])
        for bytes in [[], Array(whole.prefix(400)), Array(whole.dropFirst(7)), lying] {
            let url = folder.appending(path: "broken.nii")
            try Data(bytes).write(to: url)
            #expect(throws: ImagingError.self) { try NIfTI.read(url) }
        }
    }
}
