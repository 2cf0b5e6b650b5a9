// SPDX-License-Identifier: Apache-2.0
// What the parts of the network share.
#pragma once
#include "internal.hpp"

#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>
#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <mutex>

namespace shim {

using Clock = std::chrono::steady_clock;

/// A socket that its owner uses and another thread can end.
class Line {
public:
    explicit Line(int socket) : socket_(socket) {}
    ~Line() { close(); }
    Line(const Line &) = delete;
    Line &operator=(const Line &) = delete;

    /// For the owner's thread, the only one that changes it.
    int socket() const { return socket_; }
    void close();
    /// For any thread: reading and writing end at once, the number stays taken until `close`.
    void interrupt();

    /// SHA-256 of the peer's certificate in hexadecimal; empty without one.
    std::string fingerprint;

private:
    std::mutex lock_;
    int socket_;
};

struct FreeSSL {
    void operator()(SSL *ssl) const { SSL_free(ssl); }
};
using Session = std::unique_ptr<SSL, FreeSSL>;

/// A socket that is never waited for, with or without TLS.
class Wire {
public:
    /// Results of a try below 0.
    static constexpr ssize_t gone = -1, mustRead = -2, mustWrite = -3;

    /// Makes the socket non-blocking, and unhurried acknowledgements hurried.
    Wire(std::shared_ptr<Line> line, Session session);

    /// Goes on with the TLS handshake; 0 when it is complete or there is none.
    ssize_t tryHandshake(bool isServer);
    /// Reads what is there, at most `count` bytes; `gone` at the end, too.
    ssize_t tryRead(void *bytes, size_t count);
    /// Writes what the socket takes.
    ssize_t tryWrite(const void *bytes, size_t count);
    /// Waits until a try can go on after `mustRead` or `mustWrite`.
    bool wait(ssize_t after, Clock::time_point end) const;
    /// Whether there is something to read before `end`.
    bool isReadable(Clock::time_point end) const;
    /// Says farewell in TLS and closes.
    void close(bool withFarewell);

    const std::shared_ptr<Line> line;

private:
    ssize_t result(int returned) const;
    Session session_;
};

/// What DCMTK reads from and writes to.
///
/// It sends the head and the body of a PDU in two writes, of which the second would wait for the
/// acknowledgement of the first; here both leave in one. What is read is acknowledged at once,
/// because many peers do the same.
class Connection final : public DcmTransportConnection {
public:
    Connection(
        std::unique_ptr<Wire> wire, std::chrono::seconds patience, std::string expected,
        std::vector<uint8_t> arrived);
    ~Connection() override;

    OFCondition serverSideHandshake() override { return EC_Normal; }
    OFCondition clientSideHandshake() override;
    OFCondition renegotiate(const char *) override { return EC_IllegalCall; }
    ssize_t read(void *buffer, size_t count) override;
    ssize_t write(void *buffer, size_t count) override;
    void close() override { wire_->close(true); }
    void closeTransportConnection() override { wire_->close(false); }
    unsigned long getPeerCertificateLength() override { return 0; }
    unsigned long getPeerCertificate(void *, unsigned long) override { return 0; }
    OFBool networkDataAvailable(int seconds) override;
    OFBool isTransparentConnection() override { return OFFalse; }
    OFString &dumpConnectionParameters(OFString &text) override { return text; }

private:
    bool writeAll(const uint8_t *bytes, size_t count);

    std::unique_ptr<Wire> wire_;
    const std::chrono::seconds patience_;
    /// Fingerprint that the peer must show in the handshake.
    const std::string expected_;
    /// Bytes that arrived and that DCMTK has not asked for.
    std::vector<uint8_t> ahead_;
    size_t position_ = 0, end_ = 0;
    /// The head of a PDU that waits for its body.
    std::vector<uint8_t> held_;
};

/// Gives DCMTK its connections: the one that was made ready, or one that calls a peer.
class Layer final : public DcmTransportLayer {
public:
    explicit Layer(const dcm_network_limits &limits) : limits_(limits) {}
    DcmTransportConnection *createConnection(DcmNativeSocketType socket, OFBool) override;

    std::unique_ptr<Connection> ready;
    SSL_CTX *context = nullptr;
    std::string expected;
    /// The line of the last connection.
    std::shared_ptr<Line> line;

private:
    const dcm_network_limits limits_;
};

/// Silences DCMTK and takes from it what would wait or look around; once.
void configureNetwork();

/// The SHA-256 of a certificate in lower-case hexadecimal.
std::string fingerprint(const X509 *certificate);

/// Replaces the file descriptor that DCMTK would make, for one call at a time in the process.
class HandedOver {
public:
    explicit HandedOver(int socket);
    ~HandedOver();

private:
    std::lock_guard<std::mutex> guard_;
};

}  // namespace shim

struct dcm_tls {
    SSL_CTX *context = nullptr;
    std::string fingerprint;
    ~dcm_tls() { SSL_CTX_free(context); }
};

struct dcm_association {
    dcm_network_limits limits = {};
    /// Of a requestor only; an acceptor's belongs to the listener.
    T_ASC_Network *network = nullptr;
    T_ASC_Association *association = nullptr;
    std::shared_ptr<shim::Line> line;
    std::string address;
    bool isTLS = false;
    bool isAnswered = false;
    ~dcm_association();
};
