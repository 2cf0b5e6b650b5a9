import CCryptoShim

/// Calls into libcrypto that may fail, with room for what it says then.
enum Shim {
    typealias Message = UnsafeMutablePointer<CChar>?

    /// Runs one call.
    ///
    /// - Throws: ``CryptographyError/failed(operation:reason:)``.
    static func run(
        _ operation: String, _ call: (Message, Int) -> cry_status
    ) throws {
        var message = [CChar](repeating: 0, count: 256)
        let capacity = message.count
        // Here and wherever else this module is unsafe: C gets pointers to arrays that live through the
        // call, with the counts of those arrays, and keeps none of them.
        let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
            unsafe call(buffer.baseAddress, capacity)
        }
        guard status == CRY_OK else {
            let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw CryptographyError.failed(
                operation: operation, reason: String(decoding: text, as: UTF8.self))
        }
    }
}
