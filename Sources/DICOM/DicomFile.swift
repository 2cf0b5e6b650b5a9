import CDicomShim

/// One DICOM file opened by DCMTK in this process.
///
/// Untrusted files go through the worker. Safe: it cannot be copied, so the handle is closed once and
/// never used after; what C allocates is copied and freed in the call that got it.
@safe
struct DicomFile: ~Copyable {
    private let handle: OpaquePointer

    /// Opens the file; without pixels, reading stops at Pixel Data.
    ///
    /// - Throws: ``DicomError``.
    init(path: String, withPixels: Bool) throws {
        var handle: OpaquePointer?
        try unsafe Self.call { message, size in
            unsafe dcm_open(path, withPixels ? 1 : 0, &handle, message, size)
        }
        guard let opened = unsafe handle else { throw DicomError.notDicom }
        unsafe self.handle = opened
    }

    deinit { unsafe dcm_close(handle) }

    /// Which file this is.
    var identity: FileIdentity { unsafe FileIdentity(dcm_file_identity(handle)) }

    /// Returns the normal form without pixel data.
    ///
    /// - Throws: ``DicomError``.
    func headerBytes() throws -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        try unsafe Self.call { message, size in
            unsafe dcm_header(handle, ReadingLimits.headerBytes, &start, &count, message, size)
        }
        defer { unsafe dcm_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// Checks what the file says about its pixels.
    ///
    /// - Throws: ``DicomError``.
    func layout(limit: Int) throws -> PixelLayout {
        var layout = dcm_layout()
        try unsafe Self.call { message, size in
            unsafe dcm_pixel_layout(handle, limit, &layout, message, size)
        }
        return PixelLayout(layout)
    }

    /// Where plain values lie in a file opened without pixels; `nil` when they must be decoded.
    func nativePixels() -> NativePixels? {
        var layout = dcm_layout()
        var (offset, size) = (UInt64(0), UInt64(0))
        do {
            try unsafe Self.call { message, length in
                unsafe dcm_native_place(
                    handle, ReadingLimits.pixelBytes, &layout, &offset, &size, message, length)
            }
        } catch {
            // Whatever is wrong with the pixels is found and said when they are asked for.
            return nil
        }
        return NativePixels(layout: PixelLayout(layout), offset: offset, fileSize: size)
    }

    /// Decodes all frames into `destination`, which has room for `layout.bytes` bytes.
    ///
    /// - Throws: ``DicomError``.
    func decode(_ layout: PixelLayout, into destination: UnsafeMutablePointer<UInt8>) throws {
        var layout = layout.shim
        try unsafe Self.call { message, size in
            unsafe dcm_pixels(handle, &layout, destination, message, size)
        }
    }

    /// Returns the decoded pixels, at most `limit` bytes of them.
    ///
    /// - Throws: ``DicomError``.
    func frames(limit: Int) throws -> PixelFrames {
        let layout = try layout(limit: limit)
        let header = try NormalForm.decoded(headerBytes())
        let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: layout.bytes) { buffer, count in
            if let start = buffer.baseAddress { try unsafe decode(layout, into: start) }
            count = layout.bytes
        }
        return layout.frames(wasLossy: header.hasLossyPixels, bytes: bytes)
    }

    /// Calls a function of the shim and throws what it says.
    static func call(
        _ body: (UnsafeMutablePointer<CChar>?, Int) -> dcm_status
    ) throws {
        var message = [CChar](repeating: 0, count: 512)
        let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
            unsafe body(buffer.baseAddress, buffer.count)
        }
        guard status != DCM_OK else { return }
        let text = String(
            decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw DicomError(status: status.rawValue, text: text)
    }
}

extension DicomError {
    /// The error for a status of the shim.
    init(status: UInt32, text: String) {
        switch status {
        case DCM_NOT_DICOM.rawValue: self = .notDicom
        case DCM_IO.rawValue: self = .unreadable(reason: text)
        case DCM_UNSUPPORTED.rawValue: self = .unsupported(what: text)
        case DCM_LIMIT.rawValue: self = .limitExceeded(what: text)
        default: self = .malformed(reason: text)
        }
    }

    /// The shim's status and text for an error of reading one file.
    var statusAndText: (status: UInt32, text: String) {
        switch self {
        case .notDicom: (DCM_NOT_DICOM.rawValue, "not a DICOM file")
        case .unreadable(let reason): (DCM_IO.rawValue, reason)
        case .unsupported(let what): (DCM_UNSUPPORTED.rawValue, what)
        case .limitExceeded(let what): (DCM_LIMIT.rawValue, what)
        case .malformed(let reason): (DCM_MALFORMED.rawValue, reason)
        default: (DCM_INTERNAL.rawValue, "\(self)")
        }
    }
}
