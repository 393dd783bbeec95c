// What the socket calls share: descriptors as sockets, addresses in and out.
// Callers: linux/socket.cc, linux/socket_message.cc.
// Locks, context: system-call context; fetches copy from user memory once.
#pragma once

#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "net/socket.h"

namespace linux_abi {

// A descriptor's file, borrowed, known to be a socket.
struct SocketRef {
    object::FileRef file;
    net::Socket* socket;
    net::Socket* operator->() const { return socket; }
    net::Socket& operator*() const { return *socket; }
};
// EBADF, ENOTSOCK.
inline Result<SocketRef> socket_at(Ctx& ctx, i32 fd) {
    object::FileRef file = TRY(ctx.task.files().get(fd));
    net::Socket* s = file->as<net::Socket>();
    if (s == nullptr) return Errno::kNOTSOCK;
    return SocketRef{std::move(file), s};
}

inline net::Caller net_caller(Ctx& ctx) { return {ctx.task, &ctx.task.credentials(), &ctx.task.fs()}; }

// Linux: move_addr_to_kernel. EINVAL, EFAULT.
Result<net::SocketAddress> fetch_address(vm::UserSpan from);
// Linux: move_addr_to_user: as much as fits, and how long it really is. EINVAL, EFAULT.
Result<void> store_address(const net::SocketAddress& a, UserAddr to, vm::UserInOut<i32> length);

// A finished send: SIGPIPE for streams unless MSG_NOSIGNAL.
Result<i64> sent(Ctx& ctx, const net::Socket& socket, u32 flags, const Result<usize>& done);

}  // namespace linux_abi
