// sendmsg, recvmsg, sendmmsg, recvmmsg: messages with control data.
#include <algorithm>

#include "linux/socket_args.h"
#include "linux/timeout.h"
#include "net/control.h"

namespace linux_abi {
namespace {

constexpr u32 kCompat = 1u << 31;      // MSG_CMSG_COMPAT: the kernel's own
constexpr usize kMostControl = 20480;  // net.core.optmem_max
constexpr u32 kMostMessages = abi::UIO_MAXIOV;

// Linux: scm_check_creds. EPERM, ESRCH.
Result<void> check_credentials(Ctx& ctx, const abi::ucred& c) {
    const object::Credentials& self = ctx.task.credentials();
    const bool own_pid = c.pid == ctx.task.process().pid();
    const bool own_uid = c.uid == self.uid || c.uid == self.euid || c.uid == self.suid;
    const bool own_gid = c.gid == self.gid || c.gid == self.egid || c.gid == self.sgid;
    if (!own_pid && !self.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    if (!own_uid && !self.capable(abi::CAP_SETUID)) return Errno::kPERM;
    if (!own_gid && !self.capable(abi::CAP_SETGID)) return Errno::kPERM;
    if (!own_pid && !process::find_process(c.pid)) return Errno::kSRCH;
    return {};
}

Result<void> add_files(Ctx& ctx, std::span<const u8> data, net::PassedFiles& files) {
    object::DescriptorTable& table = ctx.task.files();
    if (files.size() + data.size() / sizeof(i32) > net::kMostPassedFiles) return Errno::kINVAL;
    for (usize at = 0; at + sizeof(i32) <= data.size(); at += sizeof(i32)) {
        const i32 fd = TRY(base::read_at<i32>(data, at));
        const Ref<object::File> file = TRY(table.get_counted(fd));
        TRY(files.add(*file, TRY(table.rights(fd))));
    }
    return {};
}

// Linux: __scm_send.
Result<void> fetch_control(Ctx& ctx, const abi::msghdr& msg, net::SendRequest& request) {
    if (msg.msg_control == 0 || msg.msg_controllen == 0) return {};
    if (msg.msg_controllen > kMostControl) return Errno::kNOBUFS;
    Vector<u8> buffer;
    const std::span<u8> bytes = TRY(buffer.try_extend(msg.msg_controllen));
    TRY(vm::UserSpan{UserAddr(msg.msg_control), bytes.size()}.copy_in(bytes));
    net::ControlReader reader(bytes);
    for (;;) {
        const std::optional<net::ControlItem> item = TRY(reader.next());
        if (!item) return {};
        if (item->level != abi::SOL_SOCKET) continue;
        switch (item->type) {
            case abi::SCM_RIGHTS: TRY(add_files(ctx, item->data, request.files)); break;
            case abi::SCM_CREDENTIALS: {
                if (item->data.size() != sizeof(abi::ucred)) return Errno::kINVAL;
                const abi::ucred c = TRY(base::read_at<abi::ucred>(item->data, 0));
                TRY(check_credentials(ctx, c));
                request.credentials = c;
                break;
            }
            default: return Errno::kINVAL;
        }
    }
}

// Linux: ___sys_sendmsg.
Result<i64> send_one(Ctx& ctx, net::Socket& socket, const abi::msghdr& msg, u32 flags) {
    if (msg.msg_name != 0 && msg.msg_namelen < 0) return Errno::kINVAL;
    net::SocketAddress to;
    if (msg.msg_name != 0 && msg.msg_namelen != 0) {
        const usize n = std::min<usize>(static_cast<u32>(msg.msg_namelen), sizeof(abi::sockaddr_storage));
        to = TRY(fetch_address({UserAddr(msg.msg_name), n}));
    }
    if (msg.msg_iovlen > vm::kMaxSegments) return Errno::kMSGSIZE;
    Segments segments;
    TRY(segments.fetch(vm::UserIn<abi::iovec>(UserAddr(msg.msg_iov)), msg.msg_iovlen));
    vm::IoReader data = vm::IoReader::from_iovec(segments.span(), segments.total());
    if (socket.nonblock()) flags |= abi::MSG_DONTWAIT;
    net::SendRequest request{.caller = net_caller(ctx), .data = data, .flags = flags};
    if (to.length != 0) request.to = &to;
    TRY(socket.check_send());
    TRY(fetch_control(ctx, msg, request));
    return sent(ctx, socket, flags, socket.send(request));
}

// Where control data goes, and how much room is left.
class ControlWriter {
  public:
    ControlWriter(const abi::msghdr& msg) : at_(msg.msg_control), room_(at_ != 0 ? msg.msg_controllen : 0) {}
    u32 flags = 0;  // MSG_CTRUNC
    usize room() const { return room_; }
    UserAddr data_address() const { return UserAddr(at_ + sizeof(abi::cmsghdr)); }

    // Linux: put_cmsg. Cut when there is too little room.
    Result<void> put(i32 type, std::span<const u8> data) {
        if (room_ < sizeof(abi::cmsghdr)) {
            flags |= abi::MSG_CTRUNC;
            return {};
        }
        const usize fits = std::min(data.size(), room_ - sizeof(abi::cmsghdr));
        if (fits < data.size()) flags |= abi::MSG_CTRUNC;
        TRY(vm::UserSpan{data_address(), fits}.copy_out(data.first(fits)));
        return finish(type, fits);
    }
    // The header for `length` bytes that are there already.
    Result<void> finish(i32 type, usize length) {
        const abi::cmsghdr header{net::control_length(length), abi::SOL_SOCKET, type};
        TRY(vm::UserOut<abi::cmsghdr>(UserAddr(at_)).store(header));
        const usize step = std::min(net::align_control(net::control_length(length)), room_);
        at_ += step;
        room_ -= step;
        return {};
    }

  private:
    u64 at_;
    usize room_;
};

// Linux: scm_detach_fds. As many descriptors as fit; the others are closed.
Result<void> put_files(Ctx& ctx, ControlWriter& control, const net::PassedFiles& files, bool cloexec) {
    const usize room =
        control.room() > sizeof(abi::cmsghdr) ? (control.room() - sizeof(abi::cmsghdr)) / sizeof(i32) : 0;
    usize n = 0;
    for (; n < files.size() && n < room; n++) {
        object::DescriptorTable& table = ctx.task.files();
        const Result<int> fd = table.reserve(cloexec);
        if (!fd.ok()) break;
        if (!vm::UserOut<i32>(control.data_address()).store_at(n, fd.value()).ok()) {
            table.cancel(fd.value());
            break;
        }
        table.commit(fd.value(), Ref<object::File>(files.file(n)), files.rights(n));
    }
    if (n < files.size()) control.flags |= abi::MSG_CTRUNC;
    if (n == 0) return {};
    return control.finish(abi::SCM_RIGHTS, n * sizeof(i32));
}

// Linux: ____sys_recvmsg. `msg` comes back as user space shall see it.
Result<i64> receive_one(Ctx& ctx, net::Socket& socket, abi::msghdr& msg, UserAddr name_length_at, u32 flags) {
    if (msg.msg_name != 0 && msg.msg_namelen < 0) return Errno::kINVAL;
    if (msg.msg_iovlen > vm::kMaxSegments) return Errno::kMSGSIZE;
    Segments segments;
    TRY(segments.fetch(vm::UserIn<abi::iovec>(UserAddr(msg.msg_iov)), msg.msg_iovlen));
    vm::IoWriter data = vm::IoWriter::from_iovec(segments.span(), segments.total());
    net::ReceiveRequest request{
        .caller = net_caller(ctx), .data = data, .flags = flags, .wants_name = msg.msg_name != 0};
    if (socket.nonblock()) request.flags |= abi::MSG_DONTWAIT;
    const usize n = TRY(socket.receive(request));
    ControlWriter control(msg);
    if (msg.msg_control == 0) {
        if (request.credentials || request.files) control.flags |= abi::MSG_CTRUNC;
    } else {
        if (request.credentials) TRY(control.put(abi::SCM_CREDENTIALS, base::bytes_of(*request.credentials)));
        if (request.files) TRY(put_files(ctx, control, request.files, (flags & abi::MSG_CMSG_CLOEXEC) != 0));
    }
    if (msg.msg_name != 0) {
        TRY(store_address(request.from, UserAddr(msg.msg_name), vm::UserInOut<i32>(name_length_at)));
        msg.msg_namelen = static_cast<i32>(request.from.length);
    }
    msg.msg_flags = request.message_flags | control.flags | (flags & abi::MSG_CMSG_CLOEXEC);
    msg.msg_controllen = msg.msg_control == 0 ? 0 : msg.msg_controllen - control.room();
    return static_cast<i64>(n);
}

// The fields that recvmsg writes.
Result<void> store_header(UserAddr at, const abi::msghdr& msg) {
    TRY(vm::UserOut<u32>(at + __builtin_offsetof(abi::msghdr, msg_flags)).store(msg.msg_flags));
    return vm::UserOut<u64>(at + __builtin_offsetof(abi::msghdr, msg_controllen)).store(msg.msg_controllen);
}
UserAddr name_length_of(UserAddr header) { return header + __builtin_offsetof(abi::msghdr, msg_namelen); }

}  // namespace

Result<i64> sys_sendmsg(Ctx& ctx, i32 fd, vm::UserIn<abi::msghdr> msg, u32 flags) {
    if ((flags & kCompat) != 0) return Errno::kINVAL;
    const SocketRef s = TRY(socket_at(ctx, fd));
    return send_one(ctx, *s, TRY(msg.fetch()), flags);
}

Result<i64> sys_recvmsg(Ctx& ctx, i32 fd, vm::UserInOut<abi::msghdr> msg, u32 flags) {
    if ((flags & kCompat) != 0) return Errno::kINVAL;
    const SocketRef s = TRY(socket_at(ctx, fd));
    abi::msghdr header = TRY(msg.fetch());
    const i64 n = TRY(receive_one(ctx, *s, header, name_length_of(msg.address()), flags));
    TRY(store_header(msg.address(), header));
    return n;
}

Result<i64> sys_sendmmsg(Ctx& ctx, i32 fd, vm::UserInOut<abi::mmsghdr> mmsg, u32 vlen, u32 flags) {
    if ((flags & kCompat) != 0) return Errno::kINVAL;
    const SocketRef s = TRY(socket_at(ctx, fd));
    i64 done = 0;
    Errno error{};
    for (u32 i = 0; i < std::min(vlen, kMostMessages); i++) {
        const UserAddr at = mmsg.address() + u64{i} * sizeof(abi::mmsghdr);
        const auto one = [&]() -> Result<void> {
            const i64 n = TRY(send_one(ctx, *s, TRY(vm::UserIn<abi::msghdr>(at).fetch()), flags));
            return vm::UserOut<u32>(at + __builtin_offsetof(abi::mmsghdr, msg_len)).store(static_cast<u32>(n));
        };
        if (const Result<void> r = one(); !r.ok()) {
            error = r.error();
            break;
        }
        done++;
    }
    if (done != 0 || error == Errno{}) return done;
    return error;
}

// Linux: do_recvmmsg. The time limit is looked at after each message only.
Result<i64> sys_recvmmsg(Ctx& ctx, i32 fd, vm::UserInOut<abi::mmsghdr> mmsg, u32 vlen, u32 flags,
                         vm::UserInOut<abi::timespec> timeout) {
    if ((flags & kCompat) != 0) return Errno::kINVAL;
    Instant end = Instant::never();
    if (timeout) end = time::now() + TRY(duration_of(TRY(timeout.fetch())));
    const SocketRef s = TRY(socket_at(ctx, fd));
    i64 done = 0;
    Errno error{};
    for (u32 i = 0; i < std::min(vlen, kMostMessages); i++) {
        const UserAddr at = mmsg.address() + u64{i} * sizeof(abi::mmsghdr);
        u32 got = 0;
        const auto one = [&]() -> Result<void> {
            abi::msghdr header = TRY(vm::UserIn<abi::msghdr>(at).fetch());
            const u32 now = flags & ~u32{abi::MSG_WAITFORONE};
            const i64 n = TRY(receive_one(ctx, *s, header, name_length_of(at), now));
            got = header.msg_flags;
            TRY(store_header(at, header));
            return vm::UserOut<u32>(at + __builtin_offsetof(abi::mmsghdr, msg_len)).store(static_cast<u32>(n));
        };
        if (const Result<void> r = one(); !r.ok()) {
            error = r.error();
            break;
        }
        done++;
        if ((flags & abi::MSG_WAITFORONE) != 0) flags |= abi::MSG_DONTWAIT;
        if (timeout && time::now().ns >= end.ns) break;
        if ((got & abi::MSG_OOB) != 0) break;
    }
    if (done == 0 && error != Errno{}) return error;
    if (timeout && done != 0) {
        const i64 left = std::max<i64>(end.ns - time::now().ns, 0);
        TRY(timeout.store(timespec_of(Duration::nanoseconds(left))));
    }
    return done;
}

}  // namespace linux_abi
