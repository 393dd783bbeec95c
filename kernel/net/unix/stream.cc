// Streams of AF_UNIX: bytes go straight from the sender's memory into the receiver's ring and out of it.
#include "net/unix/graph.h"
#include "net/unix/unix_socket.h"

namespace net {

// Linux: unix_stream_sendmsg.
Result<usize> UnixSocket::send_stream(SendRequest& request) {
    if ((request.flags & abi::MSG_OOB) != 0) return Errno::kOPNOTSUPP;
    const bool connected = state() == State::kConnected;
    if (request.to != nullptr) return connected ? Errno::kISCONN : Errno::kOPNOTSUPP;
    if (!connected) return Errno::kNOTCONN;
    UnixEndpoint& to = *out_.load(std::memory_order_acquire);
    const Sender sender = sender_for(request, to);
    const usize limit = send_limit();
    const bool nonblock = (request.flags & abi::MSG_DONTWAIT) != 0;
    Instant deadline = Instant::never();
    usize done = 0;
    bool waited = false;
    Errno error{};
    for (;;) {
        if (own_->shut_send()) {
            error = Errno::kPIPE;
            break;
        }
        if (request.data.empty()) break;
        Own<StreamMark> mark;
        if (sender || request.files) [[unlikely]] {
            Result<Own<StreamMark>> made = make_own<StreamMark>();
            if (!made.ok()) {
                error = made.error();
                break;
            }
            mark = made.take();
        }
        bool was_empty = false, full = false;
        {
            auto q = to.queue.lock();
            if (q->closed || to.shut_receive()) {
                error = Errno::kPIPE;
                break;
            }
            was_empty = q->ring.empty();
            const u64 begin = q->taken + q->ring.used();
            const Result<usize> moved = q->ring.put(request.data, limit);
            if (!moved.ok()) error = moved.error();
            if (moved.ok() && moved.value() != 0) {
                done += moved.value();
                to.bytes.store(static_cast<u32>(q->ring.used()), std::memory_order_release);
                if (mark) {
                    StreamMark* last = q->marks.back();
                    const bool extends = last != nullptr && last->end == begin && !last->files && !request.files &&
                                         same_sender(last->sender, sender);
                    if (extends) {
                        last->end = begin + moved.value();
                    } else {
                        mark->begin = begin;
                        mark->end = begin + moved.value();
                        mark->sender = sender;
                        mark->files = std::move(request.files);
                        if (mark->files) UnixGraph::attach(to, mark->files);
                        q->marks.push_back(*mark.release());
                    }
                }
            }
            full = q->ring.used() >= limit;
        }
        if ((was_empty || to.polled.load(std::memory_order_relaxed)) && !to.empty())
            to.in.queue.wake_one(object::kPollIn);
        if (error != Errno{}) break;
        if (request.data.empty()) break;
        if (!full) continue;
        if (nonblock) {
            error = Errno::kAGAIN;
            break;
        }
        if (!waited) deadline = send_deadline();
        const Result<void> wait = own_->out.queue.wait_exclusive(
            [&] { return own_->roomy(to.bytes.load(std::memory_order_acquire)) || to.ended() || own_->shut_send(); },
            deadline);
        if (!wait.ok()) {
            error = wait_error(wait.error(), deadline);
            break;
        }
        waited = true;
    }
    if (waited) own_->out.queue.wake_one(object::kPollOut);  // others may wait for the same room
    if (done != 0 || error == Errno{}) return done;
    return error;
}

// How far one receive has come.
struct UnixSocket::Taking {
    usize done = 0;
    bool sender_known = false;
    bool stop = false;  // what comes next is for the next receive
};

// Moves bytes until `request` has enough, the queue is empty, or what comes next has another sender or came after
// descriptors (Linux: unix_stream_read_generic). EFAULT only if nothing was moved.
Result<void> UnixSocket::take_bytes(UnixEndpoint::Queue& q, ReceiveRequest& request, Taking& taking) {
    const bool peek = (request.flags & abi::MSG_PEEK) != 0;
    while (!request.data.empty() && !taking.stop) {
        const usize skip = peek ? taking.done : 0;
        usize n = q.ring.used() - skip;
        if (n == 0) break;
        const u64 position = q.taken + skip;
        StreamMark* mark = q.marks.front();
        while (mark != nullptr && mark->end <= position) mark = q.marks.next(*mark);
        const bool inside = mark != nullptr && mark->begin <= position;
        if (mark != nullptr) n = std::min<u64>(n, (inside ? mark->end : mark->begin) - position);
        if (passes_credentials()) {
            // Bytes of an unknown sender: sent before anybody asked.
            const abi::ucred from = inside && mark->sender ? *mark->sender : abi::ucred{0, 65534, 65534};
            if (taking.sender_known && !same_sender(request.credentials, from)) break;
            request.credentials = from;
            taking.sender_known = true;
        }
        const Result<usize> moved = q.ring.copy_out(skip, n, request.data);
        if (!moved.ok()) {
            taking.stop = true;
            if (taking.done == 0) return moved.error();
            break;
        }
        if (inside && mark->files) {
            if (peek) {
                request.files = TRY(UnixGraph::copy(mark->files));
            } else {
                request.files = std::move(mark->files);
                UnixGraph::detach(request.files);
            }
            taking.stop = true;
        }
        taking.done += moved.value();
        if (moved.value() < n) taking.stop = true;
        if (peek) continue;
        q.ring.drop(moved.value());
        q.taken += moved.value();
        if (inside && mark->end <= q.taken) {
            mark->node.unlink();
            Own<StreamMark>(mark).reset();
        }
    }
    return {};
}

Result<usize> UnixSocket::receive_stream(ReceiveRequest& request) {
    if (state() != State::kConnected) return Errno::kINVAL;
    // As Linux when no urgent byte is there; sending one is not supported.
    if ((request.flags & abi::MSG_OOB) != 0) return Errno::kINVAL;
    const usize wanted = request.data.remaining();
    const bool all = (request.flags & abi::MSG_WAITALL) != 0;
    const bool peek = (request.flags & abi::MSG_PEEK) != 0;
    // Who asks for nothing waits for something all the same (Linux: sock_rcvlowat).
    const usize target = std::max<usize>(all ? wanted : std::min<usize>(least_receive(), wanted), 1);
    const bool nonblock = (request.flags & abi::MSG_DONTWAIT) != 0;
    Instant deadline = Instant::never();
    Taking taking;
    bool waited = false;
    for (;;) {
        OptRef<UnixEndpoint> roomier;
        bool more = false;
        if (own_->bytes.load(std::memory_order_acquire) != 0) {
            auto q = own_->queue.lock();
            const u32 before = static_cast<u32>(q->ring.used());
            TRY(take_bytes(*q, request, taking));
            const u32 after = static_cast<u32>(q->ring.used());
            own_->bytes.store(after, std::memory_order_release);
            more = after != 0;
            if (before != after && q->peer && !q->peer->roomy(before) && q->peer->roomy(after)) roomier = q->peer;
        }
        if (roomier) roomier->out.queue.wake_one(object::kPollOut);
        // Readers are woken one at a time; what is left is for the next.
        if (waited && more) own_->in.queue.wake_one(object::kPollIn);
        if (taking.done >= target || taking.stop || (more && (peek || wanted == 0))) break;
        if (more) continue;
        if (const i32 error = own_->take_error(); error != 0) {
            if (taking.done != 0) break;
            return static_cast<Errno>(error);
        }
        if (own_->shut_receive()) {
            // Bytes may have come between the look and the end.
            if (!own_->empty()) continue;
            break;
        }
        if (nonblock) {
            if (taking.done != 0) break;
            return Errno::kAGAIN;
        }
        if (!waited) deadline = receive_deadline();
        const Result<void> wait = own_->in.queue.wait_exclusive(
            [&] { return !own_->empty() || own_->shut_receive() || own_->error.load(std::memory_order_acquire) != 0; },
            deadline);
        if (!wait.ok()) {
            if (taking.done != 0) break;
            return wait_error(wait.error(), deadline);
        }
        waited = true;
    }
    if (taking.done != 0) {
        const UnixEndpoint& out = *out_.load(std::memory_order_acquire);
        if (request.wants_name && out.address() != nullptr) request.from = out.encoded_address();
    }
    return taking.done;
}

}  // namespace net
