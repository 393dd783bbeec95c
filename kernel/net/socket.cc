#include "net/socket.h"

#include <algorithm>
#include <limits>

#include "abi/linux/capability.h"
#include "abi/linux/stat.h"
#include "abi/linux/time.h"
#include "net/unix/names.h"
#include "net/unix/unix_socket.h"
#include "time/clock.h"

namespace net {
namespace {

constinit std::atomic<u64> last_number{0};
constinit std::atomic<ProcessNumber> process_number_of{nullptr};

constexpr u32 kSendLeast = 4608, kReceiveLeast = 2304;  // Linux: SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF

// Linux: sock_set_timeout. Negative seconds are "at once", zero is for ever.
Result<i64> timeout_of(std::span<const u8> value) {
    const abi::timeval t = TRY(base::read_at<abi::timeval>(value, 0));
    if (t.tv_usec < 0 || t.tv_usec >= 1'000'000) return Errno::kDOM;
    if (t.tv_sec < 0) return 1;
    constexpr i64 kMost = std::numeric_limits<i64>::max() / 1'000'000'000 - 1;
    if (t.tv_sec >= kMost) return 0;
    return t.tv_sec * 1'000'000'000 + t.tv_usec * 1000;
}
abi::timeval timeval_of(i64 ns) { return {ns / 1'000'000'000, ns % 1'000'000'000 / 1000}; }

template <typename T>
usize give(std::span<u8> to, const T& value) {
    return base::copy(to, base::bytes_of(value));
}

}  // namespace

void set_process_number(ProcessNumber function) { process_number_of.store(function, std::memory_order_release); }
i32 process_number(sched::Thread& thread) {
    const ProcessNumber f = process_number_of.load(std::memory_order_acquire);
    return f != nullptr ? f(thread) : 0;
}

Socket::Socket(int family, int type, int protocol, u32 flags)
    : File(abi::O_RDWR | flags),
      family_(family),
      type_(type),
      protocol_(protocol),
      number_(last_number.fetch_add(1, std::memory_order_relaxed) + 1),
      born_ns_(time::realtime()) {}

Instant Socket::deadline(const std::atomic<i64>& ns) {
    const i64 n = ns.load(std::memory_order_relaxed);
    return n == 0 ? Instant::never() : time::now() + Duration::nanoseconds(n);
}

Errno Socket::wait_error(Errno error, Instant deadline) {
    if (error == Errno::kTIMEDOUT) return Errno::kAGAIN;
    if (error == Errno::kRESTARTSYS && deadline.ns != Instant::never().ns) return Errno::kINTR;
    return error;
}

std::atomic<u32>* Socket::flag_option(int option) {
    switch (option) {
        case abi::SO_REUSEADDR: return &reuse_address_;
        case abi::SO_REUSEPORT: return &reuse_port_;
        case abi::SO_KEEPALIVE: return &keep_alive_;
        case abi::SO_BROADCAST: return &broadcast_;
        case abi::SO_OOBINLINE: return &oob_inline_;
        case abi::SO_DONTROUTE: return &dont_route_;
        case abi::SO_DEBUG: return &debug_;
        case abi::SO_TIMESTAMP: return &timestamp_;
        default: return nullptr;
    }
}

Result<usize> Socket::get_option(int option, std::span<u8> value) {
    if (const std::atomic<u32>* flag = flag_option(option))
        return give(value, i32(flag->load(std::memory_order_relaxed)));
    const auto number = [&](auto n) { return give(value, static_cast<i32>(n)); };
    switch (option) {
        case abi::SO_TYPE: return number(type_);
        case abi::SO_DOMAIN: return number(family_);
        case abi::SO_PROTOCOL: return number(protocol_);
        case abi::SO_ERROR: return number(take_error());
        case abi::SO_ACCEPTCONN: return number(listening() ? 1 : 0);
        case abi::SO_SNDBUF: return number(send_limit());
        case abi::SO_RCVBUF: return number(receive_limit_.load(std::memory_order_relaxed));
        case abi::SO_RCVLOWAT: return number(least_receive());
        case abi::SO_SNDLOWAT: return number(1);
        case abi::SO_PRIORITY: return number(priority_.load(std::memory_order_relaxed));
        case abi::SO_MARK: return number(mark_.load(std::memory_order_relaxed));
        case abi::SO_PASSCRED: return number(passes_credentials() ? 1 : 0);
        case abi::SO_LINGER: return give(value, linger_.load(std::memory_order_relaxed));
        case abi::SO_RCVTIMEO: return give(value, timeval_of(receive_timeout_ns_.load(std::memory_order_relaxed)));
        case abi::SO_SNDTIMEO: return give(value, timeval_of(send_timeout_ns_.load(std::memory_order_relaxed)));
        case abi::SO_PEERCRED: return give(value, peer_credentials());
        case abi::SO_COOKIE:
            if (value.size() < sizeof(u64)) return Errno::kINVAL;
            return give(value, number_);
        default: return Errno::kNOPROTOOPT;
    }
}

Result<void> Socket::set_option(const Caller& caller, int option, std::span<const u8> value) {
    const i32 n = TRY(base::read_at<i32>(value, 0));
    const auto capable = [&](int capability) {
        return caller.credentials == nullptr || caller.credentials->capable(capability);
    };
    if (option == abi::SO_DEBUG && n != 0 && !capable(abi::CAP_NET_ADMIN)) return Errno::kACCES;
    if (std::atomic<u32>* flag = flag_option(option)) {
        flag->store(n != 0 ? 1 : 0, std::memory_order_relaxed);
        return {};
    }
    // The kernel doubles what is asked for; a negative number is a large one, but for the forced kind.
    const auto buffer = [&](bool forced, u32 least) {
        const u32 asked = forced ? static_cast<u32>(std::max(n, 0)) : std::min(static_cast<u32>(n), kBufferMost);
        return std::max(std::min(asked, u32{std::numeric_limits<i32>::max() / 2}) * 2, least);
    };
    switch (option) {
        case abi::SO_SNDBUFFORCE:
            if (!capable(abi::CAP_NET_ADMIN)) return Errno::kPERM;
            [[fallthrough]];
        case abi::SO_SNDBUF:
            send_limit_.store(buffer(option == abi::SO_SNDBUFFORCE, kSendLeast), std::memory_order_relaxed);
            send_limit_changed();
            return {};
        case abi::SO_RCVBUFFORCE:
            if (!capable(abi::CAP_NET_ADMIN)) return Errno::kPERM;
            [[fallthrough]];
        case abi::SO_RCVBUF:
            receive_limit_.store(buffer(option == abi::SO_RCVBUFFORCE, kReceiveLeast), std::memory_order_relaxed);
            return {};
        case abi::SO_RCVLOWAT:
            receive_least_.store(n < 0 ? u32{std::numeric_limits<i32>::max()} : std::max(u32(n), 1u),
                                 std::memory_order_relaxed);
            return {};
        case abi::SO_PRIORITY:
            if ((n < 0 || n > 6) && !capable(abi::CAP_NET_ADMIN) && !capable(abi::CAP_NET_RAW)) return Errno::kPERM;
            priority_.store(static_cast<u32>(n), std::memory_order_relaxed);
            return {};
        case abi::SO_MARK:
            if (!capable(abi::CAP_NET_ADMIN) && !capable(abi::CAP_NET_RAW)) return Errno::kPERM;
            mark_.store(static_cast<u32>(n), std::memory_order_relaxed);
            return {};
        case abi::SO_PASSCRED: return pass_credentials(n != 0);
        case abi::SO_LINGER: {
            const abi::linger l = TRY(base::read_at<abi::linger>(value, 0));
            const u32 seconds = l.l_onoff != 0 ? static_cast<u32>(l.l_linger) : static_cast<u32>(linger_.load() >> 32);
            linger_.store((u64{seconds} << 32) | (l.l_onoff != 0 ? 1 : 0), std::memory_order_relaxed);
            return {};
        }
        case abi::SO_RCVTIMEO: receive_timeout_ns_.store(TRY(timeout_of(value)), std::memory_order_relaxed); return {};
        case abi::SO_SNDTIMEO: send_timeout_ns_.store(TRY(timeout_of(value)), std::memory_order_relaxed); return {};
        default: return Errno::kNOPROTOOPT;
    }
}

Result<usize> Socket::read(object::IoCtx& ctx, vm::IoWriter& to) {
    if (to.empty()) return usize{0};
    ReceiveRequest request{.caller = {ctx.thread, ctx.credentials}, .data = to};
    if (ctx.nonblock()) request.flags = abi::MSG_DONTWAIT;
    return receive(request);
}

Result<usize> Socket::write(object::IoCtx& ctx, vm::IoReader& from) {
    SendRequest request{.caller = {ctx.thread, ctx.credentials}, .data = from};
    if (ctx.nonblock()) request.flags = abi::MSG_DONTWAIT;
    return send(request);
}

Result<void> Socket::stat(object::Attributes& out) {
    out = {};
    out.device = {0, 8};  // as Linux's sockfs, a device without a name
    out.inode = number_;
    out.mode = abi::S_IFSOCK | 0777;
    out.uid = uid_;
    out.gid = gid_;
    out.accessed_ns = out.modified_ns = out.changed_ns = born_ns_;
    return {};
}

void Socket::describe(base::FormatSink sink) {
    const std::array<base::FormatArgument, 1> arguments{base::format_argument(number_)};
    base::format_list(sink, "socket:[{}]", arguments);
}

Result<Ref<Socket>> create_socket(const Caller& caller, int family, int type, int protocol, u32 flags) {
    if (family < 0 || family >= abi::AF_MAX) return Errno::kAFNOSUPPORT;
    if (type < 0 || type > abi::SOCK_PACKET) return Errno::kINVAL;
    if (family != abi::AF_UNIX) return Errno::kAFNOSUPPORT;
    return Ref<Socket>(TRY(UnixSocket::create(caller, type, protocol, flags)));
}

constinit fs::procfs::Setting most_backlog{.value = abi::SOMAXCONN, .least = 0, .most = 0x7fff'ffff};

Result<void> init() {
    TRY(fs::procfs::add_setting<most_backlog>("sys/net/core/somaxconn"));
    return fs::procfs::add_file("net/unix", unix_names::write_table);
}

Result<SocketPair> create_pair(const Caller& caller, int family, int type, int protocol, u32 flags) {
    Ref<Socket> first = TRY(create_socket(caller, family, type, protocol, flags));
    Ref<Socket> second = TRY(create_socket(caller, family, type, protocol, flags));
    TRY(UnixSocket::join(caller, static_cast<UnixSocket&>(*first), static_cast<UnixSocket&>(*second)));
    return SocketPair{std::move(first), std::move(second)};
}

}  // namespace net
