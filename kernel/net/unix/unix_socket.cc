// Life of an AF_UNIX socket, its readiness and its small operations.
#include "net/unix/unix_socket.h"

#include "abi/linux/ioctl.h"
#include "abi/linux/termios.h"
#include "base/owner_of.h"
#include "net/unix/graph.h"
#include "net/unix/names.h"

namespace net {

Result<Ref<UnixSocket>> UnixSocket::create(const Caller& caller, int type, int protocol, u32 flags) {
    if (protocol != 0 && protocol != abi::AF_UNIX) return Errno::kPROTONOSUPPORT;
    if (type == abi::SOCK_RAW) type = abi::SOCK_DGRAM;  // as BSD believed it
    if (type != abi::SOCK_STREAM && type != abi::SOCK_DGRAM && type != abi::SOCK_SEQPACKET)
        return Errno::kSOCKTNOSUPPORT;
    Ref<UnixSocket> s = TRY(make_ref<UnixSocket>(type, flags));
    s->own_ = TRY(make_ref<UnixEndpoint>(type, s->number(), *s));
    s->own_->send_limit.store(kBufferDefault, std::memory_order_relaxed);
    if (caller.credentials != nullptr) s->set_owner(caller.credentials->fsuid, caller.credentials->fsgid);
    unix_names::add(*s->own_);
    return s;
}

UnixSocket::~UnixSocket() {
    if (own_) unix_names::remove(*own_);
    if (UnixEndpoint* out = out_.load(std::memory_order_relaxed)) out->drop_ref();
}

Result<void> UnixSocket::join(const Caller& caller, UnixSocket& a, UnixSocket& b) {
    const abi::ucred self = effective(caller);
    a.link_.lock()->peer = self;
    b.link_.lock()->peer = self;
    if (a.datagram()) {
        a.set_target(Ref<UnixEndpoint>(*b.own_));
        b.set_target(Ref<UnixEndpoint>(*a.own_));
    } else {
        link(a, b);
        a.state_.store(State::kConnected, std::memory_order_release);
        b.state_.store(State::kConnected, std::memory_order_release);
    }
    return {};
}

void UnixSocket::link(UnixSocket& a, UnixSocket& b) {
    a.own_->queue.lock()->peer = b.own_;
    b.own_->queue.lock()->peer = a.own_;
    a.out_.store(Ref<UnixEndpoint>(*b.own_).leak(), std::memory_order_release);
    b.out_.store(Ref<UnixEndpoint>(*a.own_).leak(), std::memory_order_release);
    a.own_->connected.store(true, std::memory_order_relaxed);
    b.own_->connected.store(true, std::memory_order_relaxed);
}

// A connection that did not come to be.
void UnixSocket::unlink(UnixSocket& a, UnixSocket& b) {
    for (UnixSocket* s : {&a, &b}) {
        OptRef<UnixEndpoint> peer;
        s->own_->queue.with([&](auto& q) { peer = std::move(q.peer); });
        s->own_->connected.store(false, std::memory_order_relaxed);
        if (UnixEndpoint* out = s->out_.exchange(nullptr, std::memory_order_acq_rel)) out->drop_ref();
    }
}

void UnixSocket::on_closed() { close(End::kClosed); }

// Empties the queue for ever. What it held goes without locks: files may close.
void UnixSocket::purge(bool& had_data) {
    IntrusiveList<StreamMark, &StreamMark::node> marks;
    IntrusiveList<UnixMessage, &UnixMessage::node> messages;
    {
        auto q = own_->queue.lock();
        had_data = !q->ring.empty() || !q->messages.empty();
        q->ring.clear();
        marks.splice_back(q->marks);
        messages.splice_back(q->messages);
        own_->bytes.store(0, std::memory_order_release);
        own_->messages.store(0, std::memory_order_release);
    }
    while (StreamMark* m = marks.pop_front()) {
        Own<StreamMark> mark(m);
        if (mark->files) UnixGraph::detach(mark->files);
    }
    while (UnixMessage* m = messages.pop_front()) {
        Own<UnixMessage> message(m);
        if (message->files) UnixGraph::detach(message->files);
        message->from->give_back(message->charge);
    }
    own_->drained.wake_all();
}

// Linux: unix_release_sock.
void UnixSocket::close(End end) {
    if (closed_.exchange(true, std::memory_order_acq_rel)) return;
    own_->dead.store(true, std::memory_order_release);
    own_->shut.store(kShutBoth, std::memory_order_release);
    unix_names::remove(*own_);

    OptRef<UnixEndpoint> peer;
    own_->queue.with([&](auto& q) {
        q.closed = true;
        peer = std::move(q.peer);
    });
    bool had_data = false;
    purge(had_data);
    if (peer) {
        OptRef<UnixEndpoint> back;
        peer->queue.with([&](auto& q) { back = std::move(q.peer); });
        if (had_data || end == End::kNeverAccepted)
            peer->error.store(static_cast<i32>(Errno::kCONNRESET), std::memory_order_release);
        peer->shut.store(kShutBoth, std::memory_order_release);
        peer->notify_all(object::kPollIn | object::kPollOut | object::kPollHangUp);
    }
    set_target(nullptr);

    IntrusiveList<UnixEndpoint, &UnixEndpoint::listen_node> waiting;
    own_->listen.with([&](auto& l) {
        l.open = false;
        l.count = 0;
        waiting.splice_back(l.waiting);
    });
    while (UnixEndpoint* e = waiting.pop_front()) {
        const Ref<UnixSocket> embryo = Ref<UnixSocket>::adopt(e->socket);
        embryo->close(End::kNeverAccepted);
    }
    own_->drained.wake_all();
    own_->notify_all(object::kPollIn | object::kPollOut | object::kPollHangUp);
    UnixGraph::collect();
}

Result<void> UnixSocket::shutdown(u32 how) {
    own_->shut.fetch_or(how, std::memory_order_acq_rel);
    own_->notify_all(object::kPollIn | object::kPollOut | object::kPollHangUp);
    own_->drained.wake_all();
    if (datagram()) return {};
    OptRef<UnixEndpoint> peer;
    own_->queue.with([&](auto& q) { peer = q.peer; });
    if (!peer) return {};
    const u32 mirrored = ((how & kShutReceive) != 0 ? kShutSend : 0) | ((how & kShutSend) != 0 ? kShutReceive : 0);
    peer->shut.fetch_or(mirrored, std::memory_order_acq_rel);
    peer->notify_all(object::kPollIn | object::kPollOut | object::kPollHangUp);
    return {};
}

abi::ucred UnixSocket::effective(const Caller& caller) {
    abi::ucred c{process_number(caller.thread), 0, 0};
    if (caller.credentials != nullptr) c.uid = caller.credentials->euid, c.gid = caller.credentials->egid;
    return c;
}

// What goes along with a message: what the caller gave, or himself when either end asks for it.
Sender UnixSocket::sender_for(const SendRequest& request, const UnixEndpoint& to) const {
    if (request.credentials) return request.credentials;
    if (!passes_credentials() && !to.passes_credentials.load(std::memory_order_relaxed)) return {};
    abi::ucred c{process_number(request.caller.thread), 0, 0};
    if (request.caller.credentials != nullptr)
        c.uid = request.caller.credentials->uid, c.gid = request.caller.credentials->gid;
    return c;
}

abi::ucred UnixSocket::peer_credentials() const { return link_.lock()->peer; }

Result<void> UnixSocket::pass_credentials(bool on) {
    own_->passes_credentials.store(on, std::memory_order_relaxed);
    return {};
}

Result<usize> UnixSocket::send(SendRequest& request) { return stream() ? send_stream(request) : send_message(request); }
Result<usize> UnixSocket::receive(ReceiveRequest& request) {
    return stream() ? receive_stream(request) : receive_message(request);
}

Result<i64> UnixSocket::ioctl(object::IoctlCtx& ctx) {
    u32 n = 0;
    switch (ctx.cmd) {
        case abi::FIONREAD:  // also SIOCINQ
            if (listening()) return Errno::kINVAL;
            n = own_->bytes.load(std::memory_order_acquire);
            if (datagram()) {
                own_->queue.with([&](auto& q) {
                    const UnixMessage* first = q.messages.front();
                    n = first != nullptr ? static_cast<u32>(first->data.size()) : 0;
                });
            }
            break;
        case abi::TIOCOUTQ: {  // also SIOCOUTQ
            const UnixEndpoint* out = out_.load(std::memory_order_acquire);
            n = stream() ? (out != nullptr ? out->bytes.load(std::memory_order_acquire) : 0)
                         : own_->charged.load(std::memory_order_acquire);
            break;
        }
        default: return Errno::kNOTTY;
    }
    TRY(vm::UserOut<i32>(ctx.arg).store(static_cast<i32>(n)));
    return 0;
}

// Linux: unix_poll, unix_dgram_poll.
u32 UnixSocket::poll(object::PollTable* table) {
    if (table != nullptr) {
        own_->polled.store(true, std::memory_order_seq_cst);
        table->watch(own_->in);
        table->watch(own_->out);
    }
    u32 ready = 0;
    const u32 shut = own_->shut.load(std::memory_order_acquire);
    if (own_->error.load(std::memory_order_acquire) != 0) ready |= object::kPollError;
    if (shut == kShutBoth) ready |= object::kPollHangUp;
    if ((shut & kShutReceive) != 0) ready |= abi::POLLRDHUP | object::kPollIn;
    if (listening()) {
        if (own_->listen.with([](const auto& l) { return l.count != 0; })) ready |= object::kPollIn;
        return ready;
    }
    if (!own_->empty()) ready |= object::kPollIn;
    if (!datagram() && state() != State::kConnected) ready |= object::kPollHangUp;
    const UnixEndpoint* out = out_.load(std::memory_order_acquire);
    const u32 in_use = stream() ? (out != nullptr ? out->bytes.load(std::memory_order_acquire) : 0)
                                : own_->charged.load(std::memory_order_acquire);
    if (own_->roomy(in_use) && !target_full()) ready |= object::kPollOut | abi::POLLWRBAND;
    return ready;
}

// A datagram socket is not writable while the queue of whom it is connected to is full.
bool UnixSocket::target_full() {
    if (!datagram()) return false;
    const OptRef<UnixEndpoint> to = target();
    if (!to || to->connected_to.load(std::memory_order_relaxed) == own_.get() || !to->messages_full()) return false;
    watch_target(*to);
    return to->messages_full();
}

bool UnixSocket::relay(sched::WaitEntry& entry, u32) {
    UnixSocket& self = base::owner_of<&UnixSocket::relay_>(entry);
    self.own_->out.notify(object::kPollOut);
    return false;
}

void UnixSocket::watch_target(UnixEndpoint& to) {
    const sync::LockGuard<decltype(relay_lock_)> guard(relay_lock_);
    if (relay_target_.get() == &to || closed_.load(std::memory_order_acquire)) return;
    if (relay_target_) relay_target_->drained.remove(relay_);
    relay_target_ = Ref<UnixEndpoint>(to);
    relay_.wake = &UnixSocket::relay;
    to.drained.add(relay_);
}

void UnixSocket::unwatch_target() {
    OptRef<UnixEndpoint> old;
    const sync::LockGuard<decltype(relay_lock_)> guard(relay_lock_);
    old = std::move(relay_target_);
    if (old) old->drained.remove(relay_);
}

}  // namespace net
