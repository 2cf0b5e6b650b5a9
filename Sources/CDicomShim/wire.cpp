// SPDX-License-Identifier: Apache-2.0
// Sockets and TLS below DCMTK.
#include "network.hpp"

#include <dcmtk/dcmnet/cond.h>
#include <dcmtk/dcmnet/dul.h>

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace shim {
namespace {

/// A PDU of data begins with 12 bytes: its type and length, the length of the one part that DCMTK
/// puts into it, the presentation context and the kind of part (PS3.8 §9.3.5, §E.2).
constexpr size_t longestHead = 12;
constexpr uint8_t dataPDU = 0x04;

int milliseconds(Clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 1'000'000'000));
}

bool polled(int socket, short events, Clock::time_point end) {
    pollfd one = {socket, events, 0};
    int ready = -1;
    do { ready = poll(&one, 1, milliseconds(end)); } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/// OpenSSL writes without MSG_NOSIGNAL; a broken connection must not end the program.
void blockPipeSignal() {
    thread_local bool isBlocked = false;
    if (isBlocked) return;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    isBlocked = pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0;
}

void setOption(int socket, int option) {
    const int on = 1;
    (void)setsockopt(socket, IPPROTO_TCP, option, &on, sizeof on);
}

std::mutex handOver;

}  // namespace

void configureNetwork() {
    static std::once_flag once;
    std::call_once(once, [] {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        dcmDisableGethostbyaddr.set(OFTrue);
    });
}

std::string fingerprint(const X509 *certificate) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return "";
    std::string text;
    for (unsigned n = 0; n < length; n++) {
        text += "0123456789abcdef"[digest[n] >> 4];
        text += "0123456789abcdef"[digest[n] & 15];
    }
    return text;
}

HandedOver::HandedOver(int socket) : guard_(handOver) { dcmExternalSocketHandle.set(socket); }

HandedOver::~HandedOver() { dcmExternalSocketHandle.set(DCMNET_INVALID_SOCKET); }

void Line::close() {
    const std::lock_guard<std::mutex> guard(lock_);
    if (socket_ >= 0) (void)::close(socket_);
    socket_ = -1;
}

void Line::interrupt() {
    const std::lock_guard<std::mutex> guard(lock_);
    if (socket_ >= 0) (void)shutdown(socket_, SHUT_RDWR);
}

Wire::Wire(std::shared_ptr<Line> theLine, Session session)
    : line(std::move(theLine)), session_(std::move(session)) {
    const int socket = line->socket();
    (void)fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    (void)fcntl(socket, F_SETFD, FD_CLOEXEC);
    setOption(socket, TCP_NODELAY);
    setOption(socket, TCP_QUICKACK);
    if (session_) SSL_set_fd(session_.get(), socket);
}

ssize_t Wire::result(int returned) const {
    if (returned > 0) return returned;
    switch (SSL_get_error(session_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return mustRead;
    case SSL_ERROR_WANT_WRITE: return mustWrite;
    default: return gone;
    }
}

ssize_t Wire::tryHandshake(bool isServer) {
    if (!session_) return 0;
    blockPipeSignal();
    ERR_clear_error();
    const ssize_t done =
        result(isServer ? SSL_accept(session_.get()) : SSL_connect(session_.get()));
    if (done <= 0) return done;
    X509 *certificate = SSL_get1_peer_certificate(session_.get());
    if (certificate != nullptr) line->fingerprint = fingerprint(certificate);
    X509_free(certificate);
    return 0;
}

ssize_t Wire::tryRead(void *bytes, size_t count) {
    const int socket = line->socket();
    if (socket < 0) return gone;
    if (session_) {
        blockPipeSignal();
        ERR_clear_error();
        const size_t most = std::min<size_t>(count, 1 << 30);
        const ssize_t got = result(SSL_read(session_.get(), bytes, static_cast<int>(most)));
        if (got > 0) setOption(socket, TCP_QUICKACK);
        return got;
    }
    ssize_t got = -1;
    do { got = recv(socket, bytes, count, 0); } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return mustRead;
    if (got <= 0) return gone;
    // The kernel takes this back whenever it likes.
    setOption(socket, TCP_QUICKACK);
    return got;
}

ssize_t Wire::tryWrite(const void *bytes, size_t count) {
    const int socket = line->socket();
    if (socket < 0) return gone;
    if (session_) {
        blockPipeSignal();
        ERR_clear_error();
        const size_t most = std::min<size_t>(count, 1 << 30);
        return result(SSL_write(session_.get(), bytes, static_cast<int>(most)));
    }
    ssize_t sent = -1;
    do { sent = send(socket, bytes, count, MSG_NOSIGNAL); } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return mustWrite;
    return sent < 0 ? gone : sent;
}

bool Wire::wait(ssize_t after, Clock::time_point end) const {
    const short events = after == mustWrite ? POLLOUT : POLLIN;
    return line->socket() >= 0 && polled(line->socket(), events, end);
}

bool Wire::isReadable(Clock::time_point end) const {
    if (line->socket() < 0) return true;
    if (session_ && SSL_has_pending(session_.get()) == 1) return true;
    return polled(line->socket(), POLLIN, end);
}

void Wire::close(bool withFarewell) {
    if (session_ && withFarewell && line->socket() >= 0) {
        blockPipeSignal();
        ERR_clear_error();
        (void)SSL_shutdown(session_.get());
    }
    line->close();
}

Connection::Connection(
    std::unique_ptr<Wire> wire, std::chrono::seconds patience, std::string expected,
    std::vector<uint8_t> arrived)
    : DcmTransportConnection(wire->line->socket()), wire_(std::move(wire)), patience_(patience),
      expected_(std::move(expected)), ahead_(std::move(arrived)), end_(ahead_.size()) {}

Connection::~Connection() { wire_->close(false); }

OFCondition Connection::clientSideHandshake() {
    const auto end = Clock::now() + patience_;
    while (true) {
        const ssize_t done = wire_->tryHandshake(false);
        if (done == 0) break;
        if (done == Wire::gone || !wire_->wait(done, end)) {
            return makeOFCondition(OFM_dcmnet, DULC_TLSERROR, OF_error, "no TLS with the peer");
        }
    }
    if (wire_->line->fingerprint == expected_) return EC_Normal;
    return makeOFCondition(
        OFM_dcmnet, DULC_TLSERROR, OF_error, "the peer's certificate is not the expected one");
}

ssize_t Connection::read(void *buffer, size_t count) {
    constexpr size_t roomAhead = 1 << 18;
    if (position_ < end_) {
        const size_t given = std::min(count, end_ - position_);
        std::memcpy(buffer, ahead_.data() + position_, given);
        position_ += given;
        return static_cast<ssize_t>(given);
    }
    position_ = end_ = 0;
    if (ahead_.size() < roomAhead) ahead_.resize(roomAhead);
    const auto end = Clock::now() + patience_;
    while (true) {
        // A long body goes where it belongs, a head brings what is behind it.
        const bool isLong = count >= roomAhead / 8;
        const ssize_t got = isLong ? wire_->tryRead(buffer, count)
                                   : wire_->tryRead(ahead_.data(), ahead_.size());
        if (got > 0 && isLong) return got;
        if (got > 0) {
            end_ = static_cast<size_t>(got);
            return read(buffer, count);
        }
        if (got == Wire::gone || !wire_->wait(got, end)) return 0;
    }
}

bool Connection::writeAll(const uint8_t *bytes, size_t count) {
    const auto end = Clock::now() + patience_;
    while (count > 0) {
        const ssize_t sent = wire_->tryWrite(bytes, count);
        if (sent >= 0) {
            bytes += sent;
            count -= static_cast<size_t>(sent);
        } else if (sent == Wire::gone || !wire_->wait(sent, end)) {
            return false;
        }
    }
    return true;
}

ssize_t Connection::write(void *buffer, size_t count) {
    const auto *bytes = static_cast<const uint8_t *>(buffer);
    if (held_.empty() && count == longestHead && bytes[0] == dataPDU) {
        held_.assign(bytes, bytes + count);
        return static_cast<ssize_t>(count);
    }
    bool isSent = false;
    if (held_.empty()) {
        isSent = writeAll(bytes, count);
    } else {
        held_.insert(held_.end(), bytes, bytes + count);
        isSent = writeAll(held_.data(), held_.size());
        held_.clear();
    }
    if (isSent) return static_cast<ssize_t>(count);
    errno = EPIPE;
    return -1;
}

OFBool Connection::networkDataAvailable(int seconds) {
    if (position_ < end_) return OFTrue;
    return wire_->isReadable(Clock::now() + std::chrono::seconds(std::max(seconds, 0)));
}

DcmTransportConnection *Layer::createConnection(DcmNativeSocketType socket, OFBool) {
    if (ready) return ready.release();
    Session session(context == nullptr ? nullptr : SSL_new(context));
    if (context != nullptr && !session) return nullptr;
    line = std::make_shared<Line>(socket);
    return new Connection(
        std::make_unique<Wire>(line, std::move(session)),
        std::chrono::seconds(limits_.stall_seconds), expected, {});
}

}  // namespace shim
