// Names and connections of AF_UNIX sockets: bind, listen, connect, accept.
#include "abi/linux/fcntl.h"
#include "abi/linux/stat.h"
#include "fs/operations.h"
#include "hw/random.h"
#include "net/unix/names.h"
#include "net/unix/unix_socket.h"

namespace net {
namespace {

fs::WalkCtx walk_ctx(const Caller& caller) { return {*caller.fs, {caller.thread, *caller.credentials}, nullptr}; }

}  // namespace

Result<void> UnixSocket::bind(const Caller& caller, const SocketAddress& address) {
    if (address.length == sizeof(u16) && address.family() == abi::AF_UNIX) return bind_automatically();
    UnixAddress name = TRY(UnixAddress::parse(address));
    if (name.kind() == UnixAddress::Kind::kPath) return bind_path(caller, name);
    if (named_.exchange(true, std::memory_order_acq_rel)) return Errno::kINVAL;
    const auto claim = [&]() -> Result<void> {
        return unix_names::bind_abstract(*own_, TRY(make_ref<UnixAddress>(name)));
    };
    const Result<void> done = claim();
    if (!done.ok()) named_.store(false, std::memory_order_release);
    return done;
}

// Linux: unix_bind_bsd. A name that exists is EADDRINUSE, also for a socket that has one already. The umask counts even
// where the folder has a default access control list.
Result<void> UnixSocket::bind_path(const Caller& caller, UnixAddress& name) {
    const fs::WalkCtx ctx = walk_ctx(caller);
    const bool first = !named_.exchange(true, std::memory_order_acq_rel);
    const auto make = [&]() -> Result<void> {
        Ref<UnixAddress> address = TRY(make_ref<UnixAddress>(name));
        const Result<void> made = fs::mknod(ctx, name.text(), abi::S_IFSOCK | (0777 & ~ctx.fs.umask()), {});
        if (!made.ok()) return made.error() == Errno::kEXIST ? Errno::kADDRINUSE : made.error();
        if (!first) {
            (void)fs::unlink(ctx, name.text());
            return Errno::kINVAL;
        }
        const fs::Path path = TRY(fs::walk(ctx, name.text(), 0));
        unix_names::bind_inode(*own_, std::move(address), Ref<fs::Inode>(path.inode()));
        return {};
    };
    const Result<void> done = make();
    if (!done.ok() && first) named_.store(false, std::memory_order_release);
    return done;
}

// An abstract name of five digits that nobody has (Linux: unix_autobind). Nothing to do for a socket with a name.
Result<void> UnixSocket::bind_automatically() {
    if (named_.exchange(true, std::memory_order_acq_rel)) return {};
    u32 start = 0;
    hw::random::fill(base::writable_bytes_of(start));
    for (u32 i = 0; i < 0x100000; i++) {
        Result<Ref<UnixAddress>> address = make_ref<UnixAddress>(UnixAddress::automatic((start + i) & 0xfffff));
        if (!address.ok()) {
            named_.store(false, std::memory_order_release);
            return address.error();
        }
        if (unix_names::bind_abstract(*own_, address.take()).ok()) return {};
    }
    named_.store(false, std::memory_order_release);
    return Errno::kNOSPC;
}

// Linux: unix_find_other.
Result<Ref<UnixEndpoint>> UnixSocket::find(const Caller& caller, const UnixAddress& address) {
    OptRef<UnixEndpoint> found;
    if (address.kind() == UnixAddress::Kind::kPath) {
        const fs::Path path = TRY(fs::walk(walk_ctx(caller), address.text(), fs::kFollow));
        TRY(fs::check_permission(path.inode(), *caller.credentials, abi::W_OK));
        if (path.inode().type() != abi::S_IFSOCK) return Errno::kCONNREFUSED;
        found = unix_names::find_inode(path.inode());
        if (found && found->type != type()) return Errno::kPROTOTYPE;
    } else {
        found = unix_names::find_abstract(address, type());
    }
    if (!found) return Errno::kCONNREFUSED;
    return found.take();
}

Result<void> UnixSocket::listen(const Caller& caller, u32 backlog) {
    if (datagram()) return Errno::kOPNOTSUPP;
    if (own_->address() == nullptr) return Errno::kINVAL;
    State expected = State::kFresh;
    if (!state_.compare_exchange_strong(expected, State::kListening, std::memory_order_acq_rel) &&
        expected != State::kListening) {
        return Errno::kINVAL;
    }
    link_.lock()->peer = effective(caller);
    own_->listening.store(true, std::memory_order_relaxed);
    own_->listen.with([&](auto& l) {
        l.backlog = static_cast<u32>(std::min<u64>(backlog, most_backlog.get()));
        l.open = !closed_.load(std::memory_order_acquire);
    });
    own_->drained.wake_all();
    return {};
}

Result<void> UnixSocket::connect(const Caller& caller, const SocketAddress& address, bool nonblock) {
    if (datagram()) return connect_datagram(caller, address);
    const UnixAddress name = TRY(UnixAddress::parse(address));
    if (passes_credentials()) TRY(bind_automatically());
    return connect_stream(caller, name, nonblock);
}

// Linux: unix_stream_connect. The other end is made here and waits to be accepted.
Result<void> UnixSocket::connect_stream(const Caller& caller, const UnixAddress& name, bool nonblock) {
    if (name.kind() == UnixAddress::Kind::kUnnamed) return Errno::kINVAL;
    const Instant deadline = send_deadline();
    Ref<UnixSocket> other = TRY(create(caller, type(), 0, 0));
    for (;;) {
        const Ref<UnixEndpoint> listener = TRY(find(caller, name));
        const auto room = [&] {
            return listener->listen.with([](const auto& l) { return !l.open || l.count <= l.backlog; });
        };
        if (!listener->listen.with([](const auto& l) { return l.open; }) || listener->shut_receive())
            return Errno::kCONNREFUSED;
        if (!room()) {
            if (nonblock) return Errno::kAGAIN;
            const Result<void> waited =
                listener->drained.wait_interruptible([&] { return room() || listener->shut_receive(); }, deadline);
            if (!waited.ok()) return wait_error(waited.error(), deadline);
            continue;
        }
        State expected = State::kFresh;
        if (!state_.compare_exchange_strong(expected, State::kConnecting, std::memory_order_acq_rel)) {
            return expected == State::kConnected ? Errno::kISCONN : Errno::kINVAL;
        }
        link(*this, *other);
        if (const UnixAddress* a = listener->address(); a != nullptr && other->own_->address() == nullptr) {
            a->add_ref();
            other->own_->set_address(Ref<UnixAddress>::adopt(const_cast<UnixAddress&>(*a)));
            other->named_.store(true, std::memory_order_relaxed);
        }
        other->own_->passes_credentials.store(listener->passes_credentials.load(std::memory_order_relaxed),
                                              std::memory_order_relaxed);
        other->link_.lock()->peer = effective(caller);
        other->state_.store(State::kConnected, std::memory_order_release);
        abi::ucred peer{};
        const bool queued = listener->listen.with([&](auto& l) {
            if (!l.open || l.count > l.backlog) return false;
            listener->socket.add_ref();  // open: it has not been closed, so it lives
            l.waiting.push_back(*Ref<UnixSocket>(*other).leak()->own_);
            l.count++;
            return true;
        });
        if (!queued) {
            unlink(*this, *other);
            state_.store(State::kFresh, std::memory_order_release);
            continue;
        }
        peer = listener->socket.peer_credentials();
        listener->socket.drop_ref();
        link_.lock()->peer = peer;
        state_.store(State::kConnected, std::memory_order_release);
        listener->in.queue.wake_one(object::kPollIn);
        own_->out.notify(object::kPollOut);
        return {};
    }
}

Result<Ref<Socket>> UnixSocket::accept(bool nonblock) {
    if (datagram()) return Errno::kOPNOTSUPP;
    if (!listening()) return Errno::kINVAL;
    const Instant deadline = receive_deadline();
    for (;;) {
        UnixEndpoint* first = nullptr;
        own_->listen.with([&](auto& l) {
            first = l.waiting.pop_front();
            if (first != nullptr) l.count--;
        });
        if (first != nullptr) {
            own_->drained.wake_all();
            return Ref<Socket>(Ref<UnixSocket>::adopt(first->socket));
        }
        // Who does not wait does not learn of the end.
        if (nonblock) return Errno::kAGAIN;
        if (own_->ended()) return Errno::kINVAL;
        const Result<void> waited = own_->in.queue.wait_exclusive(
            [&] { return own_->ended() || own_->listen.with([](const auto& l) { return l.count != 0; }); }, deadline);
        if (!waited.ok()) return wait_error(waited.error(), deadline);
    }
}

OptRef<UnixEndpoint> UnixSocket::target() const { return link_.lock()->target; }

void UnixSocket::set_target(OptRef<UnixEndpoint> to) {
    own_->connected_to.store(to.get(), std::memory_order_relaxed);
    own_->connected.store(static_cast<bool>(to), std::memory_order_relaxed);
    {
        auto l = link_.lock();
        std::swap(l->target, to);
    }
    unwatch_target();
}

// Linux: unix_dgram_connect. Whoever was connected to no longer counts: what he sent goes.
Result<void> UnixSocket::connect_datagram(const Caller& caller, const SocketAddress& address) {
    if (address.length < sizeof(u16)) return Errno::kINVAL;
    OptRef<UnixEndpoint> fresh;
    if (address.family() != abi::AF_UNSPEC) {
        const UnixAddress name = TRY(UnixAddress::parse(address));
        if (name.kind() == UnixAddress::Kind::kUnnamed) return Errno::kINVAL;
        if (passes_credentials()) TRY(bind_automatically());
        fresh = TRY(find(caller, name));
        const UnixEndpoint* its = fresh->connected_to.load(std::memory_order_relaxed);
        if (its != nullptr && its != own_.get()) return Errno::kPERM;
    }
    const OptRef<UnixEndpoint> old = target();
    const bool changed = old && old.get() != fresh.get();
    set_target(std::move(fresh));
    bool had_data = false;
    if (changed) purge(had_data);
    return {};
}

Result<SocketAddress> UnixSocket::peer_name() {
    if (datagram()) {
        const OptRef<UnixEndpoint> to = target();
        if (!to) return Errno::kNOTCONN;
        return to->encoded_address();
    }
    const UnixEndpoint* out = out_.load(std::memory_order_acquire);
    if (state() != State::kConnected) return Errno::kNOTCONN;
    return out->encoded_address();
}

}  // namespace net
