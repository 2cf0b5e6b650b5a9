import CImagingShim

/// The calls into the shim, as Swift values.
///
/// The only file besides `*+Parallel.swift` that touches
/// raw memory: every pointer lives within the call it is made for.
enum ImagingShim {
    /// Returns what one resolution level of a registration gave.
    ///
    /// - Throws: ``ImagingError/registrationFailed(reason:)``.
    static func register(
        fixed: Volume<Float>, moving: Volume<Float>, points: [Double], level: img_level
    ) throws -> img_result {
        var fixedGrid = grid(fixed.geometry)
        var movingGrid = grid(moving.geometry)
        var level = level
        var result = img_result()
        var message = [CChar](repeating: 0, count: 512)
        let status = unsafe fixed.storage.withUnsafeBufferPointer { fixedVoxels in
            unsafe moving.storage.withUnsafeBufferPointer { movingVoxels in
                unsafe points.withUnsafeBufferPointer { coordinates in
                    unsafe img_register(
                        &fixedGrid, fixedVoxels.baseAddress, &movingGrid,
                        movingVoxels.baseAddress, coordinates.baseAddress,
                        coordinates.count / 3, &level, &result, &message, message.count)
                }
            }
        }
        guard status == IMG_OK else {
            throw ImagingError.registrationFailed(reason: text(message))
        }
        return result
    }

    /// Encodes RGB rows as PNG.
    static func png(rgb: [UInt8], width: UInt32, height: UInt32) throws -> [UInt8] {
        try unsafe bytes { out, size, message, count in
            unsafe rgb.withUnsafeBufferPointer { pixels in
                unsafe img_png(
                    pixels.baseAddress, width, height, out, size, message, count)
            }
        }
    }

    /// Encodes RGB rows as JPEG.
    static func jpeg(
        rgb: [UInt8], width: UInt32, height: UInt32, quality: Int32
    ) throws -> [UInt8] {
        try unsafe bytes { out, size, message, count in
            unsafe rgb.withUnsafeBufferPointer { pixels in
                unsafe img_jpeg(
                    pixels.baseAddress, width, height, quality, out, size, message, count)
            }
        }
    }

    /// Compresses bytes as gzip.
    static func gzip(_ input: [UInt8]) throws -> [UInt8] {
        try unsafe bytes { out, size, message, count in
            unsafe input.withUnsafeBufferPointer { buffer in
                unsafe img_gzip(
                    buffer.baseAddress, buffer.count, out, size, message, count)
            }
        }
    }

    /// Decompresses gzip of at most `limit` bytes.
    static func gunzip(_ input: [UInt8], limit: Int) throws -> [UInt8] {
        try unsafe bytes(failure: { .fileNotRead(reason: $0) }) { out, size, message, count in
            unsafe input.withUnsafeBufferPointer { buffer in
                unsafe img_gunzip(
                    buffer.baseAddress, buffer.count, limit, out, size, message, count)
            }
        }
    }

    private static func bytes(
        failure: (String) -> ImagingError = { .fileNotWritten(reason: $0) },
        _ body: (
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>,
            UnsafeMutablePointer<CChar>, Int
        ) -> img_status
    ) throws -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: 512)
        let capacity = message.count
        let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return IMG_FAILED }
            return unsafe body(&start, &count, base, capacity)
        }
        guard status == IMG_OK, let first = unsafe start else {
            throw failure(text(message))
        }
        defer { unsafe img_free(first) }
        return unsafe Array(UnsafeBufferPointer(start: first, count: count))
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func grid(_ geometry: VolumeGeometry) -> img_grid {
        let rows = geometry.axes.rows
        return img_grid(
            size: (geometry.shape.x, geometry.shape.y, geometry.shape.z),
            spacing: (geometry.spacingMM.x, geometry.spacingMM.y, geometry.spacingMM.z),
            origin: (geometry.originMM.x, geometry.originMM.y, geometry.originMM.z),
            direction: (
                rows.x.x, rows.x.y, rows.x.z, rows.y.x, rows.y.y, rows.y.z, rows.z.x, rows.z.y,
                rows.z.z
            ))
    }
}
