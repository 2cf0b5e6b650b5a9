// SPDX-License-Identifier: Apache-2.0
// Takes connections without ever waiting for one of them: a peer is handed on when its whole
// association request is here.
#include "network.hpp"

#include <dcmtk/dcmnet/dul.h>

#include <algorithm>
#include <cstring>
#include <list>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace shim;

namespace {

constexpr size_t headLength = 6;
constexpr uint8_t requestPDU = 0x01;

/// A connection whose association request has not arrived.
struct Waiting {
    std::unique_ptr<Wire> wire;
    std::string address;
    Clock::time_point end;
    bool isAgreed = false;
    ssize_t last = Wire::mustRead;
    std::vector<uint8_t> bytes;
    size_t count = 0;
};

enum class Progress { more, whole, over };

/// Takes what has arrived.
Progress advance(Waiting &peer, size_t longest) {
    if (!peer.isAgreed) {
        peer.last = peer.wire->tryHandshake(true);
        if (peer.last == Wire::gone) return Progress::over;
        if (peer.last != 0) return Progress::more;
        peer.isAgreed = true;
        peer.bytes.resize(headLength);
    }
    while (true) {
        if (peer.count == peer.bytes.size() && peer.count > headLength) return Progress::whole;
        if (peer.count == headLength) {
            const uint8_t *head = peer.bytes.data();
            const size_t length = size_t(head[2]) << 24 | size_t(head[3]) << 16 |
                                  size_t(head[4]) << 8 | size_t(head[5]);
            if (head[0] != requestPDU || length == 0 || length > longest) return Progress::over;
            peer.bytes.resize(headLength + length);
        }
        peer.last =
            peer.wire->tryRead(peer.bytes.data() + peer.count, peer.bytes.size() - peer.count);
        if (peer.last == Wire::gone) return Progress::over;
        if (peer.last < 0) return Progress::more;
        peer.count += static_cast<size_t>(peer.last);
        peer.last = Wire::mustRead;
    }
}

/// The numeric address at the other end; an IPv4 address in IPv6 clothes is undressed.
std::string numericAddress(const sockaddr_storage &from) {
    char text[INET6_ADDRSTRLEN] = "";
    if (from.ss_family == AF_INET) {
        const auto *v4 = reinterpret_cast<const sockaddr_in *>(&from);
        (void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    } else if (from.ss_family == AF_INET6) {
        const auto *v6 = reinterpret_cast<const sockaddr_in6 *>(&from);
        const bool isMapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        (void)inet_ntop(
            isMapped ? AF_INET : AF_INET6, v6->sin6_addr.s6_addr + (isMapped ? 12 : 0), text,
            sizeof text);
    }
    return text;
}

struct FreeAddresses {
    void operator()(addrinfo *list) const { freeaddrinfo(list); }
};

/// A socket that listens at a numeric address.
int listening(const char *address, uint32_t port, uint32_t *bound) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    addrinfo *found = nullptr;
    if (port > 65535 ||
        getaddrinfo(address, std::to_string(port).c_str(), &hints, &found) != 0) {
        fail(DCM_IO, "not an address to listen at");
    }
    const std::unique_ptr<addrinfo, FreeAddresses> list(found);
    const int handle =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    sockaddr_storage mine = {};
    socklen_t length = sizeof mine;
    if (handle < 0) fail(DCM_IO, std::strerror(errno));
    if (setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(handle, found->ai_addr, found->ai_addrlen) != 0 || listen(handle, 128) != 0 ||
        getsockname(handle, reinterpret_cast<sockaddr *>(&mine), &length) != 0) {
        const std::string reason = std::strerror(errno);
        close(handle);
        fail(DCM_IO, reason);
    }
    const bool isV4 = mine.ss_family == AF_INET;
    *bound = ntohs(
        isV4 ? reinterpret_cast<sockaddr_in *>(&mine)->sin_port
             : reinterpret_cast<sockaddr_in6 *>(&mine)->sin6_port);
    return handle;
}

}  // namespace

struct dcm_listener {
    dcm_network_limits limits = {};
    int socket = -1, wake = -1;
    SSL_CTX *context = nullptr;
    T_ASC_Network *network = nullptr;
    /// Belongs to `network`.
    Layer *layer = nullptr;
    std::list<Waiting> waiting;
    /// Set when the process had no descriptor left; then accepting pauses.
    bool isFull = false;

    ~dcm_listener() {
        if (network != nullptr) (void)ASC_dropNetwork(&network);
        if (socket >= 0) close(socket);
        if (wake >= 0) close(wake);
        SSL_CTX_free(context);
    }

    void acceptAll();
    dcm_association *handOn(Waiting &peer);
    bool isStopped() const;
    /// Waits until one of the connections can go on; false when stopped.
    bool poll();
    dcm_association *next();
};

void dcm_listener::acceptAll() {
    while (true) {
        sockaddr_storage from = {};
        socklen_t length = sizeof from;
        const int handle = accept4(
            socket, reinterpret_cast<sockaddr *>(&from), &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        isFull = handle < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
        if (handle < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (handle < 0) return;
        auto line = std::make_shared<Line>(handle);
        Session session(context == nullptr ? nullptr : SSL_new(context));
        if (context != nullptr && !session) continue;
        if (waiting.size() >= limits.most_waiting) waiting.pop_front();
        Waiting peer;
        peer.wire = std::make_unique<Wire>(line, std::move(session));
        peer.address = numericAddress(from);
        peer.end = Clock::now() + std::chrono::seconds(limits.request_seconds);
        waiting.push_back(std::move(peer));
    }
}

bool dcm_listener::isStopped() const {
    pollfd one = {wake, POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
}

bool dcm_listener::poll() {
    std::vector<pollfd> all;
    all.push_back({wake, POLLIN, 0});
    all.push_back({socket, static_cast<short>(isFull ? 0 : POLLIN), 0});
    // Those that came first end first.
    auto end = Clock::now() + std::chrono::hours(1);
    if (!waiting.empty()) end = std::min(end, waiting.front().end);
    if (isFull) end = std::min(end, Clock::now() + std::chrono::milliseconds(100));
    for (const Waiting &peer : waiting) {
        const short events = peer.last == Wire::mustWrite ? POLLOUT : POLLIN;
        all.push_back({peer.wire->line->socket(), events, 0});
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    const int ready =
        ::poll(all.data(), all.size(), static_cast<int>(std::max<long long>(left, 0)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && all[0].revents != 0) return false;
    return true;
}

/// Lets DCMTK read the request, which is all here, so that it does not wait.
dcm_association *dcm_listener::handOn(Waiting &peer) {
    auto made = std::make_unique<dcm_association>();
    made->limits = limits;
    made->line = peer.wire->line;
    made->address = peer.address;
    made->isTLS = context != nullptr;
    const int handle = made->line->socket();
    layer->ready = std::make_unique<Connection>(
        std::move(peer.wire), std::chrono::seconds(limits.stall_seconds), "",
        std::move(peer.bytes));
    OFCondition received = EC_IllegalCall;
    {
        const HandedOver handed(handle);
        received = ASC_receiveAssociation(
            network, &made->association, static_cast<long>(limits.longest_pdu), nullptr, nullptr,
            OFFalse, DUL_NOBLOCK, 0);
    }
    layer->ready.reset();
    return received.good() ? made.release() : nullptr;
}

dcm_association *dcm_listener::next() {
    while (!isStopped()) {
        for (auto peer = waiting.begin(); peer != waiting.end();) {
            const Progress progress = advance(*peer, limits.longest_request);
            if (progress == Progress::whole) {
                Waiting whole = std::move(*peer);
                waiting.erase(peer);
                dcm_association *association = handOn(whole);
                if (association != nullptr) return association;
                // What followed was looked at or will be in the next round.
                break;
            }
            const bool isOver = progress == Progress::over || Clock::now() >= peer->end;
            peer = isOver ? waiting.erase(peer) : std::next(peer);
        }
        if (!poll()) break;
        acceptAll();
    }
    return nullptr;
}

dcm_status dcm_listen(
    const char *address, uint32_t port, const dcm_network_limits *limits, dcm_tls *tls,
    dcm_listener **out, uint32_t *bound_port, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        configureNetwork();
        auto listener = std::make_unique<dcm_listener>();
        listener->limits = *limits;
        listener->socket = listening(address, port, bound_port);
        listener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (listener->wake < 0) fail(DCM_IO, "no descriptor is left");
        if (tls != nullptr) {
            (void)SSL_CTX_up_ref(tls->context);
            listener->context = tls->context;
        }
        {
            // Otherwise DCMTK would listen itself.
            const HandedOver handed(listener->socket);
            check(
                ASC_initializeNetwork(
                    NET_ACCEPTOR, 0, static_cast<int>(limits->stall_seconds), &listener->network),
                DCM_IO);
        }
        listener->layer = new Layer(*limits);
        check(ASC_setTransportLayer(listener->network, listener->layer, 1), DCM_INTERNAL);
        *out = listener.release();
    });
}

dcm_association *dcm_listener_next(dcm_listener *listener) {
    while (true) {
        try {
            return listener->next();
        } catch (...) {
            // Memory is short: those who wait give theirs back and may come again.
            listener->waiting.clear();
        }
    }
}

void dcm_listener_stop(dcm_listener *listener) {
    const uint64_t one = 1;
    (void)!write(listener->wake, &one, sizeof one);
}

void dcm_listener_close(dcm_listener *listener) { delete listener; }
