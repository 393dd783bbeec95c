// Messages of AF_UNIX: datagrams and sequenced packets.
#include "net/unix/graph.h"
#include "net/unix/unix_socket.h"

namespace net {
namespace {

// What a message of `n` bytes occupies of the send buffer: about what Linux counts (skb->truesize), so that as many
// fit.
u32 charge_of(usize n) {
    constexpr usize kBuffer = 256, kShared = 320;
    const usize data = (n + 63) / 64 * 64 + kShared;
    usize block = 512;
    while (block < data) block *= 2;
    return static_cast<u32>(kBuffer + (data > 8192 ? pages_for(data) * kPageSize : block));
}

}  // namespace

// Linux: unix_dgram_sendmsg.
Result<usize> UnixSocket::send_message(SendRequest& request) {
    if (!datagram()) {
        if (const i32 error = own_->take_error(); error != 0) return static_cast<Errno>(error);
        if (state() != State::kConnected) return Errno::kNOTCONN;
        request.to = nullptr;
    }
    if ((request.flags & abi::MSG_OOB) != 0) return Errno::kOPNOTSUPP;
    OptRef<UnixEndpoint> to;
    if (request.to != nullptr) {
        const UnixAddress given = TRY(UnixAddress::parse(*request.to));
        if (given.kind() == UnixAddress::Kind::kUnnamed) return Errno::kINVAL;
    } else {
        to = datagram() ? target() : OptRef<UnixEndpoint>(Ref<UnixEndpoint>(*out_.load(std::memory_order_acquire)));
        if (!to) return Errno::kNOTCONN;
    }
    if (passes_credentials()) TRY(bind_automatically());
    const usize n = request.data.remaining();
    if (n > send_limit() - 32) return Errno::kMSGSIZE;
    TRY(wait_for_buffer(request.flags));

    Own<UnixMessage> message = TRY(make_own<UnixMessage>(Ref<UnixEndpoint>(*own_)));
    if (n != 0) {
        const std::span<u8> room = TRY(message->data.try_extend(n));
        if (TRY(request.data.read(room)) != n) return Errno::kFAULT;
    }
    if (!to) to = TRY(find(request.caller, TRY(UnixAddress::parse(*request.to))));
    message->sender = sender_for(request, *to);
    message->files = std::move(request.files);
    TRY(deliver(*to, message, request.to == nullptr, request.flags));
    return n;
}

// Until this socket's own messages leave room in its buffer.
Result<void> UnixSocket::wait_for_buffer(u32 flags) {
    const Instant deadline = send_deadline();
    for (;;) {
        if (const i32 error = own_->take_error(); error != 0) return static_cast<Errno>(error);
        if (own_->shut_send()) return Errno::kPIPE;
        if (own_->charged.load(std::memory_order_acquire) < send_limit()) return {};
        if ((flags & abi::MSG_DONTWAIT) != 0) return Errno::kAGAIN;
        const Result<void> waited = own_->out.queue.wait_interruptible(
            [&] {
                return own_->roomy(own_->charged.load(std::memory_order_acquire)) || own_->shut_send() ||
                       own_->error.load(std::memory_order_acquire) != 0;
            },
            deadline);
        if (!waited.ok()) return wait_error(waited.error(), deadline);
    }
}

// Puts the message into the queue of `to`, once there is room for a stranger's.
Result<void> UnixSocket::deliver(UnixEndpoint& to, Own<UnixMessage>& message, bool connected, u32 flags) {
    const Instant deadline = send_deadline();
    for (;;) {
        const UnixEndpoint* its = to.connected_to.load(std::memory_order_relaxed);
        if (datagram() && its != nullptr && its != own_.get()) return Errno::kPERM;
        if (to.dead.load(std::memory_order_acquire)) {
            if (!datagram()) return Errno::kPIPE;
            if (connected) set_target(nullptr);
            return Errno::kCONNREFUSED;
        }
        if (to.shut_receive()) return Errno::kPIPE;
        if (datagram() && &to != own_.get() && its != own_.get() && to.messages_full()) {
            if ((flags & abi::MSG_DONTWAIT) != 0) return Errno::kAGAIN;
            const Result<void> waited =
                to.drained.wait_interruptible([&] { return !to.messages_full() || to.ended(); }, deadline);
            if (!waited.ok()) return wait_error(waited.error(), deadline);
            continue;
        }
        {
            auto q = to.queue.lock();
            if (q->closed) continue;
            const u32 length = static_cast<u32>(message->data.size());
            message->charge = charge_of(length);
            own_->charged.fetch_add(message->charge, std::memory_order_acq_rel);
            if (message->files) UnixGraph::attach(to, message->files);
            q->messages.push_back(*message.release());
            to.bytes.fetch_add(length, std::memory_order_acq_rel);
            to.messages.fetch_add(1, std::memory_order_acq_rel);
        }
        to.in.queue.wake_one(object::kPollIn);
        return {};
    }
}

// Linux: unix_dgram_recvmsg. Nullptr in the queue and no error: the end.
Result<void> UnixSocket::wait_for_message(bool nonblock, Instant deadline) {
    if (const i32 error = own_->take_error(); error != 0) return static_cast<Errno>(error);
    // Of a datagram socket that was shut only those who may wait see the end.
    if (own_->shut_receive() && (!nonblock || !datagram())) return {};
    if (nonblock) return Errno::kAGAIN;
    const Result<void> waited = own_->in.queue.wait_exclusive(
        [&] { return !own_->empty() || own_->shut_receive() || own_->error.load(std::memory_order_acquire) != 0; },
        deadline);
    if (!waited.ok()) return wait_error(waited.error(), deadline);
    return {};
}

Result<usize> UnixSocket::receive_message(ReceiveRequest& request) {
    if (!datagram() && state() != State::kConnected) return Errno::kNOTCONN;
    if ((request.flags & abi::MSG_OOB) != 0) return Errno::kOPNOTSUPP;
    const bool peek = (request.flags & abi::MSG_PEEK) != 0;
    const bool nonblock = (request.flags & abi::MSG_DONTWAIT) != 0;
    const Instant deadline = receive_deadline();
    const auto fill = [&](const UnixMessage& m) -> Result<usize> {
        const usize size = m.data.size();
        const usize n = std::min(size, request.data.remaining());
        if (n != 0 && TRY(request.data.write(m.data.span().first(n))) != n) return Errno::kFAULT;
        if (n < size) request.message_flags |= abi::MSG_TRUNC;
        if (passes_credentials()) request.credentials = m.sender ? *m.sender : abi::ucred{0, 65534, 65534};
        if (request.wants_name && m.from->address() != nullptr) request.from = m.from->encoded_address();
        return (request.flags & abi::MSG_TRUNC) != 0 ? size : n;
    };
    for (;;) {
        Own<UnixMessage> taken;
        bool more = false;
        if (!own_->empty()) {
            auto q = own_->queue.lock();
            UnixMessage* first = q->messages.front();
            if (first != nullptr && peek) {
                if (first->files) request.files = TRY(UnixGraph::copy(first->files));
                return fill(*first);
            }
            if (first != nullptr) {
                first->node.unlink();
                taken.reset(first);
                own_->bytes.fetch_sub(static_cast<u32>(first->data.size()), std::memory_order_acq_rel);
                more = own_->messages.fetch_sub(1, std::memory_order_acq_rel) > 1;
            }
        }
        if (taken) {
            own_->drained.wake_all(object::kPollOut);
            if (more) own_->in.queue.wake_one(object::kPollIn);
            if (taken->files) {
                request.files = std::move(taken->files);
                UnixGraph::detach(request.files);
            }
            taken->from->give_back(taken->charge);
            return fill(*taken);
        }
        TRY(wait_for_message(nonblock, deadline));
        if (own_->empty() && own_->shut_receive()) return usize{0};
    }
}

}  // namespace net
