import CDicomShim

/// Unpacks one deflated stream (RFC 1951) as its pieces come.
///
/// Safe: it cannot be copied, so the state is closed once and never used after; C gets the counts of
/// the arrays and keeps no pointer to them.
@safe
struct Inflater: ~Copyable {
    private let state: OpaquePointer

    init() throws {
        guard let state = unsafe dcm_inflate_open() else {
            throw DicomError.limitExceeded(what: "memory for unpacking")
        }
        unsafe self.state = state
    }

    deinit { unsafe dcm_inflate_close(state) }

    /// How much came of a step.
    struct Step {
        let consumed: Int
        let produced: Int
        let isEnd: Bool
    }

    /// Unpacks from `input` into `output`, as far as either goes.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` for bytes that are no deflated stream.
    func step(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) throws -> Step {
        var (consumed, produced) = (0, 0)
        let status = unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe dcm_inflate_step(
                    state, input.baseAddress, input.count, &consumed, output.baseAddress,
                    output.count, &produced)
            }
        }
        guard status >= 0 else {
            throw DicomError.refused(
                code: "zip-broken", reason: "The file in the ZIP is damaged.")
        }
        return Step(consumed: consumed, produced: produced, isEnd: status == 1)
    }

    /// The CRC-32 of bytes that follow those of `before`.
    static func crc(_ bytes: ArraySlice<UInt8>, after before: UInt32) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe dcm_crc32(before, bytes.baseAddress, bytes.count)
        }
    }
}
