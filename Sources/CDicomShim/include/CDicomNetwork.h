// SPDX-License-Identifier: Apache-2.0
// The DICOM upper layer (PS3.8) over DCMTK: associations and the parts of messages that travel on
// them. What a message means is decided in Swift; no command and no data set is parsed here.
//
// Lists of presentation contexts are text, one line each: "ID ROLE ABSTRACT SYNTAX [SYNTAX ...]\n".
// ROLE is what the requestor is: 0 unstated, 1 user, 2 provider, 3 both.
#pragma once
#include "CDicomShim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dcm_listener dcm_listener;
typedef struct dcm_association dcm_association;
typedef struct dcm_tls dcm_tls;

/// What peers may cost. Times in seconds.
typedef struct {
    /// Longest PDU that is taken, in bytes; 4096 to 131072.
    uint32_t longest_pdu;
    /// How long a new connection may take until its whole association request has arrived.
    uint32_t request_seconds;
    /// How long a peer may be silent in the middle of a message, and may leave ours unread.
    uint32_t stall_seconds;
    /// Most connections whose association request has not arrived; the oldest gives way.
    uint32_t most_waiting;
    /// Longest association request, in bytes.
    uint32_t longest_request;
} dcm_network_limits;

/// Who is at the other end; text ends with 0.
typedef struct {
    char calling[17], called[17];
    char address[64];
    /// SHA-256 of the certificate, 64 lower-case hexadecimal digits; empty without TLS or certificate.
    char fingerprint[65];
    uint32_t is_tls;
} dcm_peer;

/// Whom to call.
typedef struct {
    const char *host;
    uint32_t port;
    const char *calling, *called;
    uint32_t connect_seconds;
    /// NULL without TLS.
    dcm_tls *tls;
    /// The certificate that the peer must have, as in `dcm_peer`; NULL without TLS.
    const char *fingerprint;
} dcm_call;

/// A fragment of a message (PDV, PS3.8 §E.2).
typedef struct {
    uint8_t context;
    uint8_t is_command;
    uint8_t is_last;
    /// Valid until the next call for this association.
    const uint8_t *bytes;
    size_t count;
} dcm_part;

typedef enum {
    DCM_PART = 0,
    /// The peer asked for the release.
    DCM_RELEASED = 1,
    /// Aborted by the peer, or the connection broke, or `dcm_association_interrupt`.
    DCM_GONE = 2,
    /// Nothing came in time.
    DCM_SILENT = 3,
    /// The peer broke the protocol.
    DCM_BROKEN = 4
} dcm_event;

/// Reads certificate chain and key (PEM). Whoever is at the other end must prove to have the key of
/// the certificate it shows; whether that is the expected one is the caller's to compare.
DCM_API dcm_status dcm_tls_open(
    const char *certificate, const char *key, dcm_tls **out, char *message, size_t message_size);
DCM_API void dcm_tls_close(dcm_tls *tls);
/// Writes the SHA-256 of our own certificate in hexadecimal, 65 bytes with the 0.
DCM_API void dcm_tls_fingerprint(const dcm_tls *tls, char *text);

/// Listens at a numeric address; port 0 takes a free one. The listener keeps what it needs of `tls`.
DCM_API dcm_status dcm_listen(
    const char *address, uint32_t port, const dcm_network_limits *limits, dcm_tls *tls,
    dcm_listener **out, uint32_t *bound_port, char *message, size_t message_size);
/// Waits until the whole request of some peer has arrived and returns its association, still
/// unanswered; NULL after `dcm_listener_stop`. No peer delays another.
DCM_API dcm_association *dcm_listener_next(dcm_listener *listener);
/// May be called from any thread while the listener is open.
DCM_API void dcm_listener_stop(dcm_listener *listener);
DCM_API void dcm_listener_close(dcm_listener *listener);

/// Requests an association. `contexts` as said above.
DCM_API dcm_status dcm_connect(
    const dcm_call *call, const dcm_network_limits *limits, const char *contexts,
    dcm_association **out, char *message, size_t message_size);

DCM_API void dcm_association_peer(const dcm_association *association, dcm_peer *peer);
/// The contexts that were proposed (unanswered request) or accepted (else), without those whose
/// names are no UIDs; the caller frees them with dcm_free.
DCM_API dcm_status dcm_association_contexts(
    dcm_association *association, uint8_t **bytes, size_t *count, char *message,
    size_t message_size);
/// Accepts with the contexts of `contexts`, one syntax each; all others are refused.
DCM_API dcm_status dcm_association_accept(
    dcm_association *association, const char *contexts, char *message, size_t message_size);
/// Refuses: result, source and reason of PS3.8 table 9-21.
DCM_API void dcm_association_reject(
    dcm_association *association, int result, int source, int reason);

/// Waits for the next part of a message.
DCM_API dcm_event dcm_association_receive(
    dcm_association *association, uint32_t seconds, dcm_part *part);
/// Whether something has arrived that was not received yet.
DCM_API int dcm_association_has_data(dcm_association *association);
/// Sends bytes as parts that the peer can take. Returns 0, or -1 when the peer is gone.
DCM_API int dcm_association_send(
    dcm_association *association, uint8_t context, int is_command, int is_last,
    const uint8_t *bytes, size_t count);

/// Asks for the release and waits for the answer. Returns 0, or -1 when the peer did otherwise.
DCM_API int dcm_association_release(dcm_association *association);
/// Grants the release that the peer asked for.
DCM_API void dcm_association_acknowledge_release(dcm_association *association);
DCM_API void dcm_association_abort(dcm_association *association);
/// Ends the connection under whoever is using it; may be called from any thread until the close.
DCM_API void dcm_association_interrupt(dcm_association *association);
DCM_API void dcm_association_close(dcm_association *association);

/// Has the disk begin to take a range of a file, without waiting for it.
DCM_API void dcm_begin_writing_out(int descriptor, uint64_t offset, uint64_t count);

#ifdef __cplusplus
}
#endif
