import CDicomShim

/// One DICOM file opened by DCMTK in this process.
///
/// Untrusted files go through the worker.
@safe
struct DicomFile: ~Copyable {
    private let handle: OpaquePointer

    /// Opens the file.
    ///
    /// - Throws: ``DicomError``.
    init(path: String) throws {
        var handle: OpaquePointer?
        try unsafe Self.call { message, size in unsafe dcm_open(path, &handle, message, size) }
        guard let opened = unsafe handle else { throw DicomError.notDicom }
        unsafe self.handle = opened
    }

    deinit { unsafe dcm_close(handle) }

    /// Returns the data set without pixel data.
    func header() throws -> DataSet { try NormalForm.decoded(headerBytes()) }

    /// Returns the normal form without pixel data.
    func headerBytes() throws -> [UInt8] {
        try unsafe Self.bytes { out, count, message, size in
            unsafe dcm_header(handle, out, count, message, size)
        }
    }

    /// Returns the decoded stored values of all frames.
    func pixelBytes(limit: Int) throws -> [UInt8] {
        try unsafe Self.bytes { out, count, message, size in
            unsafe dcm_pixels(handle, limit, out, count, message, size)
        }
    }

    /// Returns the decoded pixels, at most `limit` bytes of them.
    func frames(limit: Int) throws -> PixelFrames {
        let header = try header()
        guard let rows = header.integer(.rows), let columns = header.integer(.columns),
            let bits = header.integer(.bitsAllocated)
        else {
            throw DicomError.missing(attribute: "Rows, Columns or Bits Allocated", object: "image")
        }
        return PixelFrames(
            rows: rows, columns: columns, frames: header.integer(.numberOfFrames) ?? 1,
            samplesPerPixel: header.integer(.samplesPerPixel) ?? 1, bitsAllocated: bits,
            isSigned: header.integer(.pixelRepresentation) == 1,
            wasLossy: header.string(.lossyImageCompression) == "01",
            bytes: try pixelBytes(limit: limit))
    }

    private static func bytes(
        _ body: (
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>,
            UnsafeMutablePointer<CChar>?, Int
        ) -> dcm_status
    ) throws -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        try unsafe call { message, size in unsafe body(&start, &count, message, size) }
        defer { unsafe dcm_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    private static func call(
        _ body: (UnsafeMutablePointer<CChar>?, Int) -> dcm_status
    ) throws {
        var message = [CChar](repeating: 0, count: 512)
        let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
            unsafe body(buffer.baseAddress, buffer.count)
        }
        guard status != DCM_OK else { return }
        let text = String(
            decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case DCM_NOT_DICOM: throw DicomError.notDicom
        case DCM_IO: throw DicomError.unreadable(reason: text)
        case DCM_UNSUPPORTED: throw DicomError.unsupported(what: text)
        case DCM_LIMIT: throw DicomError.limitExceeded(what: text)
        default: throw DicomError.malformed(reason: text)
        }
    }
}
