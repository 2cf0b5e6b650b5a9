import Foundation

/// How many files, sockets and pipes this process may hold open at once.
package enum OpenFileLimit {
    /// Raises the limit to what the system allows this process, 65,536 at most: some programs that
    /// it starts go through all numbers up to the limit.
    ///
    /// - Returns: The limit from now on.
    package static func raise() -> Int {
        var limits = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        // The system reads and writes the two values during the calls only.
        guard unsafe getrlimit(kind, &limits) == 0 else { return cautious }
        var wanted = limits
        wanted.rlim_cur = max(wanted.rlim_cur, min(wanted.rlim_max, most))
        if unsafe setrlimit(kind, &wanted) == 0 { limits = wanted }
        return Int(clamping: limits.rlim_cur)
    }

    /// What every system allows; where the limit cannot be known.
    private static let cautious = 256
    private static let most: rlim_t = 65536
}
