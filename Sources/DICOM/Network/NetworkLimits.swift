import CDicomShim

/// What a peer may cost, times in seconds.
package struct NetworkLimits: Hashable, Sendable {
    /// Longest PDU that is taken, in bytes, 4096 to 131072; longer ones are faster.
    package var longestPDU = 131_072
    /// How long a new connection may take until its association request is here.
    package var requestSeconds = 10
    /// How long a peer may be silent in the middle of a message, or leave ours unread.
    package var stallSeconds = 60
    /// How long an association may be idle between messages.
    package var idleSeconds = 300
    /// How long an answer of a peer may take: a C-MOVE response after the one before, for example.
    package var answerSeconds = 600
    /// How long a peer may take to accept a connection; the same for all callers of the process.
    package var connectSeconds = 10
    /// Most associations at a time; further ones are refused for the moment.
    package var mostAssociations = 64
    /// Most connections without an association request; the oldest gives way.
    package var mostWaiting = 128
    /// Longest instance that is taken, in bytes.
    package var longestInstance = 8 << 30

    /// How often it is asked whether an instance that is on its way to a peer may go on.
    package var lookSeconds = 2.0

    package init() {}

    /// Longest association request, in bytes: 128 contexts with 50 syntaxes each, and room.
    private static let longestRequest = 1 << 20

    var shim: dcm_network_limits {
        dcm_network_limits(
            longest_pdu: UInt32(clamping: min(max(longestPDU, 4096), 131_072)),
            request_seconds: UInt32(clamping: max(requestSeconds, 1)),
            stall_seconds: UInt32(clamping: max(stallSeconds, 1)),
            most_waiting: UInt32(clamping: max(mostWaiting, 1)),
            longest_request: UInt32(Self.longestRequest))
    }
}
