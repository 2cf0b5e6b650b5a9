// SPDX-License-Identifier: Apache-2.0
// Associations by DCMTK, and the parts of messages on them.
#include "network.hpp"

#include <dcmtk/dcmnet/cond.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/dul.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>

using namespace shim;

dcm_association::~dcm_association() {
    if (association != nullptr) {
        // Takes the connection with it.
        (void)ASC_dropAssociation(association);
        (void)ASC_destroyAssociation(&association);
    }
    if (network != nullptr) (void)ASC_dropNetwork(&network);
}

namespace {

/// One line of a list of presentation contexts.
struct Context {
    int id = 0;
    int role = 0;
    std::string abstract;
    std::vector<std::string> syntaxes;
};

bool isUID(const char *text) {
    const size_t length = std::strlen(text);
    return length > 0 && length <= 64 && std::strspn(text, "0123456789.") == length;
}

std::vector<Context> parsed(const char *text) {
    std::vector<Context> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Context context;
        words >> context.id >> context.role >> context.abstract;
        for (std::string syntax; words >> syntax;) context.syntaxes.push_back(syntax);
        const bool isSound = context.id > 0 && context.id < 256 && context.id % 2 == 1 &&
                             context.role >= 0 && context.role <= 3 &&
                             !context.syntaxes.empty() &&
                             context.syntaxes.size() <= DICOM_MAXTRANSFERSYNTAXES;
        if (!isSound) fail(DCM_INTERNAL, "not a presentation context");
        found.push_back(std::move(context));
    }
    if (found.empty() || found.size() > 128) {
        fail(DCM_LIMIT, std::to_string(found.size()) + " presentation contexts, 1 to 128 fit");
    }
    return found;
}

T_ASC_SC_ROLE roleNumbered(int number) {
    constexpr T_ASC_SC_ROLE roles[] = {
        ASC_SC_ROLE_DEFAULT, ASC_SC_ROLE_SCU, ASC_SC_ROLE_SCP, ASC_SC_ROLE_SCUSCP};
    return roles[number];
}

int roleNumber(T_ASC_SC_ROLE role) {
    switch (role) {
    case ASC_SC_ROLE_SCU: return 1;
    case ASC_SC_ROLE_SCP: return 2;
    case ASC_SC_ROLE_SCUSCP: return 3;
    default: return 0;
    }
}

/// The line of a context; empty when one of its names is no UID.
std::string line(const T_ASC_PresentationContext &context, bool isAnswered) {
    if (!isUID(context.abstractSyntax)) return "";
    std::string text = std::to_string(context.presentationContextID) + " " +
                       std::to_string(roleNumber(
                           isAnswered ? context.acceptedRole : context.proposedRole)) +
                       " " + context.abstractSyntax;
    std::string syntaxes;
    const auto add = [&](const char *syntax) {
        if (isUID(syntax)) syntaxes += std::string(" ") + syntax;
    };
    if (isAnswered) {
        if (context.resultReason != ASC_P_ACCEPTANCE) return "";
        add(context.acceptedTransferSyntax);
    } else {
        for (int n = 0; n < context.transferSyntaxCount; n++) {
            add(context.proposedTransferSyntaxes[n]);
        }
    }
    return syntaxes.empty() ? "" : text + syntaxes + "\n";
}

/// Why an association did not come about: DCMTK's words name no patient, but may name hosts.
std::string reasonForRefusal(const OFCondition &condition, T_ASC_Parameters *parameters) {
    if (condition != DUL_ASSOCIATIONREJECTED) return condition.text();
    T_ASC_RejectParameters rejection = {};
    (void)ASC_getRejectParameters(parameters, &rejection);
    switch (rejection.reason) {
    case ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED:
        return "the peer does not know our AE title";
    case ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED: return "the peer has another AE title";
    case ASC_REASON_SP_PRES_TEMPORARYCONGESTION:
    case ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED:
        return "the peer takes no further association now";
    default: return "the peer rejected the association";
    }
}

void propose(T_ASC_Parameters *parameters, const char *contexts) {
    for (const Context &context : parsed(contexts)) {
        std::vector<const char *> syntaxes;
        for (const std::string &syntax : context.syntaxes) syntaxes.push_back(syntax.c_str());
        check(
            ASC_addPresentationContext(
                parameters, static_cast<T_ASC_PresentationContextID>(context.id),
                context.abstract.c_str(), syntaxes.data(), static_cast<int>(syntaxes.size()),
                roleNumbered(context.role)),
            DCM_INTERNAL);
    }
}

T_ASC_Parameters *parametersFor(
    const dcm_call &call, const dcm_network_limits &limits, const char *contexts) {
    T_ASC_Parameters *parameters = nullptr;
    check(
        ASC_createAssociationParameters(&parameters, static_cast<long>(limits.longest_pdu)),
        DCM_INTERNAL);
    try {
        check(ASC_setAPTitles(parameters, call.calling, call.called, nullptr), DCM_INTERNAL);
        const std::string address = std::string(call.host) + ":" + std::to_string(call.port);
        if (address.size() > 63) fail(DCM_IO, "the name of the host is too long");
        check(
            ASC_setPresentationAddresses(parameters, "grevy", address.c_str()), DCM_INTERNAL);
        check(ASC_setTransportLayerType(parameters, call.tls != nullptr), DCM_INTERNAL);
        propose(parameters, contexts);
    } catch (...) {
        (void)ASC_destroyAssociationParameters(&parameters);
        throw;
    }
    return parameters;
}

/// What DCMTK's conditions mean for a receiver.
dcm_event event(const OFCondition &condition) {
    if (condition == DUL_PEERREQUESTEDRELEASE) return DCM_RELEASED;
    if (condition == DUL_READTIMEOUT) return DCM_SILENT;
    if (condition == DUL_PEERABORTEDASSOCIATION || condition == DUL_NETWORKCLOSED) return DCM_GONE;
    return DCM_BROKEN;
}

}  // namespace

dcm_status dcm_connect(
    const dcm_call *call, const dcm_network_limits *limits, const char *contexts,
    dcm_association **out, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        configureNetwork();
        auto made = std::make_unique<dcm_association>();
        made->limits = *limits;
        made->address = call->host;
        made->isTLS = call->tls != nullptr;
        check(
            ASC_initializeNetwork(
                NET_REQUESTOR, 0, static_cast<int>(limits->stall_seconds), &made->network),
            DCM_IO);
        auto *layer = new Layer(*limits);
        check(ASC_setTransportLayer(made->network, layer, 1), DCM_INTERNAL);
        if (call->tls != nullptr) {
            layer->context = call->tls->context;
            layer->expected = call->fingerprint;
        }
        // One value for the process: all callers wait equally long.
        dcmConnectionTimeout.set(static_cast<Sint32>(call->connect_seconds));
        T_ASC_Parameters *parameters = parametersFor(*call, *limits, contexts);
        const OFCondition asked = ASC_requestAssociation(
            made->network, parameters, &made->association, nullptr, nullptr, DUL_NOBLOCK,
            static_cast<int>(limits->stall_seconds));
        if (asked.bad()) {
            const std::string reason = reasonForRefusal(asked, parameters);
            if (made->association == nullptr) (void)ASC_destroyAssociationParameters(&parameters);
            fail(DCM_IO, reason);
        }
        made->line = layer->line;
        made->isAnswered = true;
        *out = made.release();
    });
}

void dcm_association_peer(const dcm_association *association, dcm_peer *peer) {
    *peer = {};
    const DUL_ASSOCIATESERVICEPARAMETERS &facts = association->association->params->DULparams;
    std::snprintf(peer->calling, sizeof peer->calling, "%s", facts.callingAPTitle);
    std::snprintf(peer->called, sizeof peer->called, "%s", facts.calledAPTitle);
    std::snprintf(peer->address, sizeof peer->address, "%s", association->address.c_str());
    std::snprintf(
        peer->fingerprint, sizeof peer->fingerprint, "%s", association->line->fingerprint.c_str());
    peer->is_tls = association->isTLS;
}

dcm_status dcm_association_contexts(
    dcm_association *association, uint8_t **bytes, size_t *count, char *message,
    size_t message_size) {
    return guarded(message, message_size, [&] {
        T_ASC_Parameters *parameters = association->association->params;
        std::string text;
        for (int n = 0; n < ASC_countPresentationContexts(parameters); n++) {
            T_ASC_PresentationContext context = {};
            check(ASC_getPresentationContext(parameters, n, &context), DCM_MALFORMED);
            text += line(context, association->isAnswered);
        }
        auto *copy = static_cast<uint8_t *>(std::malloc(text.size() + 1));
        if (copy == nullptr) throw std::bad_alloc();
        std::memcpy(copy, text.data(), text.size());
        *bytes = copy;
        *count = text.size();
    });
}

dcm_status dcm_association_accept(
    dcm_association *association, const char *contexts, char *message, size_t message_size) {
    return guarded(message, message_size, [&] {
        T_ASC_Parameters *parameters = association->association->params;
        std::map<int, Context> wanted;
        if (contexts[0] != 0) {
            for (Context &context : parsed(contexts)) wanted[context.id] = std::move(context);
        }
        for (int n = 0; n < ASC_countPresentationContexts(parameters); n++) {
            T_ASC_PresentationContext proposed = {};
            check(ASC_getPresentationContext(parameters, n, &proposed), DCM_MALFORMED);
            const auto found = wanted.find(proposed.presentationContextID);
            if (found == wanted.end()) {
                check(
                    ASC_refusePresentationContext(
                        parameters, proposed.presentationContextID,
                        ASC_P_ABSTRACTSYNTAXNOTSUPPORTED),
                    DCM_MALFORMED);
                continue;
            }
            check(
                ASC_acceptPresentationContext(
                    parameters, proposed.presentationContextID,
                    found->second.syntaxes.front().c_str(), roleNumbered(found->second.role),
                    OFTrue),
                DCM_MALFORMED);
        }
        check(ASC_acknowledgeAssociation(association->association), DCM_IO);
        association->isAnswered = true;
    });
}

void dcm_association_reject(dcm_association *association, int result, int source, int reason) {
    T_ASC_RejectParameters rejection = {};
    rejection.result = static_cast<T_ASC_RejectParametersResult>(result);
    rejection.source = static_cast<T_ASC_RejectParametersSource>(source);
    rejection.reason = static_cast<T_ASC_RejectParametersReason>(source << 8 | reason);
    (void)ASC_rejectAssociation(association->association, &rejection);
}

dcm_event dcm_association_receive(
    dcm_association *association, uint32_t seconds, dcm_part *part) {
    try {
        DUL_ASSOCIATIONKEY **key = &association->association->DULassociation;
        DUL_PDV fragment = {};
        OFCondition next = DUL_NextPDV(key, &fragment);
        if (next.bad()) {
            next = DUL_ReadPDVs(key, nullptr, DUL_NOBLOCK, static_cast<int>(seconds));
            if (next.bad() && next != DUL_PDATAPDUARRIVED) return event(next);
            if (DUL_NextPDV(key, &fragment).bad()) return DCM_BROKEN;
        }
        *part = {};
        part->context = fragment.presentationContextID;
        part->is_command = fragment.pdvType == DUL_COMMANDPDV;
        part->is_last = fragment.lastPDV;
        part->bytes = static_cast<const uint8_t *>(fragment.data);
        part->count = fragment.fragmentLength;
        return DCM_PART;
    } catch (...) {
        return DCM_BROKEN;
    }
}

int dcm_association_has_data(dcm_association *association) {
    return ASC_dataWaiting(association->association, 0);
}

int dcm_association_send(
    dcm_association *association, uint8_t context, int is_command, int is_last,
    const uint8_t *bytes, size_t count) {
    try {
        T_ASC_Association *to = association->association;
        // Parts have an even number of bytes.
        const size_t longest = to->sendPDVLength / 2 * 2;
        if (longest == 0) return -1;
        do {
            const size_t length = std::min(count, longest);
            DUL_PDV fragment = {};
            fragment.fragmentLength = length;
            fragment.presentationContextID = context;
            fragment.pdvType = is_command ? DUL_COMMANDPDV : DUL_DATASETPDV;
            fragment.lastPDV = is_last && length == count;
            fragment.data = const_cast<uint8_t *>(bytes);
            DUL_PDVLIST list = {};
            list.count = 1;
            list.pdv = &fragment;
            if (DUL_WritePDVs(&to->DULassociation, &list).bad()) return -1;
            bytes += length;
            count -= length;
        } while (count > 0);
        return 0;
    } catch (...) {
        return -1;
    }
}

int dcm_association_release(dcm_association *association) {
    return ASC_releaseAssociation(association->association).good() ? 0 : -1;
}

void dcm_association_acknowledge_release(dcm_association *association) {
    constexpr int secondsUntilPeerCloses = 2;
    (void)ASC_acknowledgeRelease(association->association);
    (void)ASC_dropSCPAssociation(association->association, secondsUntilPeerCloses);
}

void dcm_association_abort(dcm_association *association) {
    // Not ASC_abortAssociation, which waits for the peer to close.
    uint8_t pdu[] = {DUL_TYPEABORT, 0, 0, 0, 0, 4, 0, 0, 0, 0};
    DcmTransportConnection *connection =
        DUL_getTransportConnection(association->association->DULassociation);
    if (connection == nullptr) return;
    (void)connection->write(pdu, sizeof pdu);
    connection->close();
}

void dcm_association_interrupt(dcm_association *association) {
    if (association->line) association->line->interrupt();
}

void dcm_association_close(dcm_association *association) { delete association; }
