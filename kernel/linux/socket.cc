// socket, socketpair, bind, listen, connect, accept, names, options, shutdown, sendto, recvfrom.
#include <algorithm>
#include <limits>

#include "abi/linux/fcntl.h"
#include "linux/socket_args.h"

namespace linux_abi {
namespace {

constexpr u32 kTypeFlags = abi::SOCK_NONBLOCK | abi::SOCK_CLOEXEC;
static_assert(abi::SOCK_NONBLOCK == abi::O_NONBLOCK && abi::SOCK_CLOEXEC == abi::O_CLOEXEC);

u32 with_nonblock(const net::Socket& s, u32 flags) { return s.nonblock() ? flags | abi::MSG_DONTWAIT : flags; }

Result<i64> accept(Ctx& ctx, i32 fd, UserAddr address, vm::UserInOut<i32> length, u32 flags) {
    object::DescriptorTable& files = ctx.task.files();
    // A bad descriptor is the first thing that is told, that it is no socket the last (Linux: do_accept).
    const Result<SocketRef> listener = socket_at(ctx, fd);
    if (!listener.ok() && listener.error() == Errno::kBADF) return Errno::kBADF;
    if ((flags & ~kTypeFlags) != 0) return Errno::kINVAL;
    const int number = TRY(files.reserve((flags & abi::SOCK_CLOEXEC) != 0));
    const auto take = [&]() -> Result<Ref<net::Socket>> {
        if (!listener.ok()) return listener.error();
        net::Socket& from = *listener.value();
        Ref<net::Socket> fresh = TRY(from.accept(from.nonblock()));
        if (address.is_null()) return fresh;
        const Result<net::SocketAddress> name = fresh->peer_name();
        const Result<void> stored =
            name.ok() ? store_address(name.value(), address, length) : Result<void>(Errno::kCONNABORTED);
        if (stored.ok()) return fresh;
        fresh->on_closed();
        return stored.error();
    };
    Result<Ref<net::Socket>> fresh = take();
    if (!fresh.ok()) {
        files.cancel(number);
        return fresh.error();
    }
    fresh.value()->set_status_flags(abi::O_RDWR | (flags & abi::SOCK_NONBLOCK));
    files.commit(number, fresh.take());
    return number;
}

}  // namespace

Result<net::SocketAddress> fetch_address(vm::UserSpan from) {
    net::SocketAddress a;
    if (from.len > a.storage.size()) return Errno::kINVAL;
    TRY(from.copy_in(std::span(a.storage).first(from.len)));
    a.length = static_cast<u32>(from.len);
    return a;
}

Result<void> store_address(const net::SocketAddress& a, UserAddr to, vm::UserInOut<i32> length) {
    const i32 room = TRY(length.fetch());
    if (room < 0) return Errno::kINVAL;
    const usize n = std::min<usize>(static_cast<u32>(room), a.length);
    if (n != 0) TRY(vm::UserSpan{to, n}.copy_out(a.bytes().first(n)));
    return length.store(static_cast<i32>(a.length));
}

Result<i64> sent(Ctx& ctx, const net::Socket& socket, u32 flags, const Result<usize>& done) {
    if (done.ok()) [[likely]]
        return static_cast<i64>(done.value());
    if (done.error() == Errno::kPIPE && (flags & abi::MSG_NOSIGNAL) == 0 && socket.type() == abi::SOCK_STREAM) {
        process::send_signal_to_self(ctx.task, abi::SIGPIPE);
    }
    return done.error();
}

Result<i64> sys_socket(Ctx& ctx, i32 family, u32 type, i32 protocol) {
    if ((type & ~(u32{abi::SOCK_TYPE_MASK} | kTypeFlags)) != 0) return Errno::kINVAL;
    Ref<net::Socket> s = TRY(net::create_socket(net_caller(ctx), family, static_cast<int>(type & abi::SOCK_TYPE_MASK),
                                                protocol, type & abi::SOCK_NONBLOCK));
    return TRY(ctx.task.files().install(std::move(s), (type & abi::SOCK_CLOEXEC) != 0));
}

// Both numbers are taken and told before the sockets exist, so that nothing has to be undone but them.
Result<i64> sys_socketpair(Ctx& ctx, i32 family, u32 type, i32 protocol, vm::UserOut<i32> usockvec) {
    if ((type & ~(u32{abi::SOCK_TYPE_MASK} | kTypeFlags)) != 0) return Errno::kINVAL;
    object::DescriptorTable& files = ctx.task.files();
    const bool cloexec = (type & abi::SOCK_CLOEXEC) != 0;
    const int first = TRY(files.reserve(cloexec));
    const Result<int> second = files.reserve(cloexec);
    if (!second.ok()) {
        files.cancel(first);
        return second.error();
    }
    const auto make = [&]() -> Result<net::SocketPair> {
        TRY(usockvec.store_array(std::array<i32, 2>{first, second.value()}));
        return net::create_pair(net_caller(ctx), family, static_cast<int>(type & abi::SOCK_TYPE_MASK), protocol,
                                type & abi::SOCK_NONBLOCK);
    };
    Result<net::SocketPair> pair = make();
    if (!pair.ok()) {
        files.cancel(first);
        files.cancel(second.value());
        return pair.error();
    }
    files.commit(first, std::move(pair->first));
    files.commit(second.value(), std::move(pair->second));
    return 0;
}

Result<i64> sys_bind(Ctx& ctx, i32 fd, vm::UserSpan umyaddr) {
    const SocketRef s = TRY(socket_at(ctx, fd));
    TRY(s->bind(net_caller(ctx), TRY(fetch_address(umyaddr))));
    return 0;
}

Result<i64> sys_listen(Ctx& ctx, i32 fd, i32 backlog) {
    const SocketRef s = TRY(socket_at(ctx, fd));
    TRY(s->listen(net_caller(ctx), static_cast<u32>(backlog)));
    return 0;
}

Result<i64> sys_connect(Ctx& ctx, i32 fd, vm::UserSpan uservaddr) {
    TRY(ctx.task.files().get(fd));
    const net::SocketAddress to = TRY(fetch_address(uservaddr));
    const SocketRef s = TRY(socket_at(ctx, fd));
    TRY(s->connect(net_caller(ctx), to, s->nonblock()));
    return 0;
}

Result<i64> sys_accept4(Ctx& ctx, i32 fd, UserAddr peer_sockaddr, vm::UserInOut<i32> peer_addrlen, u32 flags) {
    return accept(ctx, fd, peer_sockaddr, peer_addrlen, flags);
}
Result<i64> sys_accept(Ctx& ctx, i32 fd, UserAddr peer_sockaddr, vm::UserInOut<i32> peer_addrlen) {
    return accept(ctx, fd, peer_sockaddr, peer_addrlen, 0);
}

Result<i64> sys_getsockname(Ctx& ctx, i32 fd, UserAddr sockaddr, vm::UserInOut<i32> addrlen) {
    const SocketRef s = TRY(socket_at(ctx, fd));
    TRY(store_address(TRY(s->own_name()), sockaddr, addrlen));
    return 0;
}
Result<i64> sys_getpeername(Ctx& ctx, i32 fd, UserAddr sockaddr, vm::UserInOut<i32> addrlen) {
    const SocketRef s = TRY(socket_at(ctx, fd));
    TRY(store_address(TRY(s->peer_name()), sockaddr, addrlen));
    return 0;
}

Result<i64> sys_shutdown(Ctx& ctx, i32 fd, i32 how) {
    const SocketRef s = TRY(socket_at(ctx, fd));
    if (how < abi::SHUT_RD || how > abi::SHUT_RDWR) return Errno::kINVAL;
    TRY(s->shutdown(static_cast<u32>(how) + 1));
    return 0;
}

Result<i64> sys_setsockopt(Ctx& ctx, i32 fd, i32 level, i32 optname, vm::UserSpan optval) {
    if (optval.len > usize{std::numeric_limits<i32>::max()}) return Errno::kINVAL;
    const SocketRef s = TRY(socket_at(ctx, fd));
    if (level != abi::SOL_SOCKET) return Errno::kOPNOTSUPP;
    std::array<u8, 16> buffer{};
    const std::span<u8> value = std::span(buffer).first(std::min(optval.len, buffer.size()));
    if (value.size() < sizeof(i32)) return Errno::kINVAL;
    TRY(optval.copy_in(value));
    TRY(s->set_option(net_caller(ctx), optname, value));
    return 0;
}

Result<i64> sys_getsockopt(Ctx& ctx, i32 fd, i32 level, i32 optname, UserAddr optval, vm::UserInOut<i32> optlen) {
    const SocketRef s = TRY(socket_at(ctx, fd));
    if (level != abi::SOL_SOCKET) return Errno::kOPNOTSUPP;
    const i32 room = TRY(optlen.fetch());
    if (room < 0) return Errno::kINVAL;
    std::array<u8, 16> buffer{};
    const std::span<u8> value = std::span(buffer).first(std::min<usize>(static_cast<u32>(room), buffer.size()));
    const usize n = TRY(s->get_option(optname, value));
    if (n != 0) TRY(vm::UserSpan{optval, n}.copy_out(value.first(n)));
    TRY(optlen.store(static_cast<i32>(n)));
    return 0;
}

Result<i64> sys_sendto(Ctx& ctx, i32 fd, vm::UserSpan buff, u32 flags, UserAddr addr, i32 addr_len) {
    TRY(check_buffer({buff.addr, cut(buff.len)}));
    const SocketRef s = TRY(socket_at(ctx, fd));
    net::SocketAddress to;
    if (!addr.is_null()) to = TRY(fetch_address({addr, static_cast<usize>(addr_len)}));
    vm::IoReader data = vm::IoReader::from_user(buff.addr, cut(buff.len));
    net::SendRequest request{.caller = net_caller(ctx), .data = data, .flags = with_nonblock(*s, flags)};
    if (to.length != 0) request.to = &to;
    return sent(ctx, *s, flags, s->send(request));
}

Result<i64> sys_recvfrom(Ctx& ctx, i32 fd, vm::UserSpan ubuf, u32 flags, UserAddr addr, vm::UserInOut<i32> addr_len) {
    TRY(check_buffer({ubuf.addr, cut(ubuf.len)}));
    const SocketRef s = TRY(socket_at(ctx, fd));
    vm::IoWriter data = vm::IoWriter::from_user(ubuf.addr, cut(ubuf.len));
    net::ReceiveRequest request{
        .caller = net_caller(ctx), .data = data, .flags = with_nonblock(*s, flags), .wants_name = !addr.is_null()};
    const usize n = TRY(s->receive(request));
    if (!addr.is_null()) TRY(store_address(request.from, addr, addr_len));
    return static_cast<i64>(n);
}

}  // namespace linux_abi
