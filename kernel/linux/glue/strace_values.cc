#include "linux/glue/strace_values.h"

#include <algorithm>

#include "abi/linux/epoll.h"
#include "abi/linux/fcntl.h"
#include "abi/linux/poll.h"
#include "abi/linux/resource.h"
#include "abi/linux/signal.h"
#include "abi/linux/stat.h"
#include "abi/linux/time.h"
#include "base/format.h"
#include "vm/user_memory.h"

namespace linux_abi {
namespace {

constexpr usize kMostText = 48;  // bytes of a string or buffer
constexpr usize kMostElements = 6;

constexpr std::array<std::string_view, 32> kSignalNames = {
    "0",         "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

void print_signal(StraceLine& line, u64 number) {
    if (number < kSignalNames.size()) {
        line.append(kSignalNames[number]);
    } else if (number <= abi::_NSIG) {
        base::format_to(line, "SIGRT_{}", number - abi::SIGRTMIN);
    } else {
        base::format_to(line, "{}", static_cast<i32>(number));
    }
}

void print_name_of(StraceLine& line, std::span<const ValueName> names, u64 value, bool hex) {
    for (const ValueName& n : names) {
        if (n.value == value) return line.append(n.name);
    }
    if (hex) {
        base::format_to(line, "{:#x}", value);
    } else {
        base::format_to(line, "{}", static_cast<i32>(value));
    }
}

void print_flags(StraceLine& line, const NameSet& set, u64 value) {
    const u64 field = value & set.field_mask;
    bool first = true;
    const auto separate = [&] {
        if (!first) line.push('|');
        first = false;
    };
    // A field of 0 has a name (O_RDONLY) or says nothing (no signal in clone's flags).
    for (const ValueName& n : set.field) {
        if (n.value != field) continue;
        separate();
        line.append(n.name);
        value &= ~set.field_mask;
        break;
    }
    for (const ValueName& n : set.bits) {
        if (n.value == 0 || (value & n.value) != n.value) continue;
        separate();
        line.append(n.name);
        value &= ~n.value;
    }
    if (value != 0 || first) {
        separate();
        base::format_to(line, value == 0 ? base::FormatString<u64>("{}") : base::FormatString<u64>("{:#x}"), value);
    }
}

void print_quoted(StraceLine& line, std::span<const u8> bytes, bool cut) {
    line.push('"');
    for (u8 b : bytes) {
        switch (b) {
            case '\n': line.append("\\n"); break;
            case '\t': line.append("\\t"); break;
            case '\r': line.append("\\r"); break;
            case '"': line.append("\\\""); break;
            case '\\': line.append("\\\\"); break;
            default:
                if (b >= 0x20 && b < 0x7f) {
                    line.push(static_cast<char>(b));
                } else {
                    base::format_to(line, "\\{:o}", b);
                }
        }
    }
    line.push('"');
    if (cut) line.append("...");
}

void print_address(StraceLine& line, u64 address) {
    if (address == 0) return line.append("NULL");
    base::format_to(line, "{:#x}", address);
}

void print_bytes(StraceLine& line, u64 address, u64 count) {
    std::array<u8, kMostText> bytes;
    const usize n = std::min<u64>(count, bytes.size());
    const auto shown = std::span(bytes).first(n);
    if (!vm::UserSpan{UserAddr(address), n}.copy_in(shown).ok()) return print_address(line, address);
    print_quoted(line, shown, count > n);
}

void print_one(StraceLine& line, i32 v) { base::format_to(line, "{}", v); }
void print_one(StraceLine& line, u32 v) { base::format_to(line, "{}", v); }
void print_one(StraceLine& line, i64 v) { base::format_to(line, "{}", v); }
void print_one(StraceLine& line, u64 v) { base::format_to(line, "{}", v); }
void print_one(StraceLine& line, const abi::timespec& t) {
    base::format_to(line, "{{tv_sec={}, tv_nsec={}}}", t.tv_sec, t.tv_nsec);
}
void print_one(StraceLine& line, const abi::timeval& t) {
    base::format_to(line, "{{tv_sec={}, tv_usec={}}}", t.tv_sec, t.tv_usec);
}
template <typename Timer>
void print_timer(StraceLine& line, const Timer& t) {
    line.append("{it_interval=");
    print_one(line, t.it_interval);
    line.append(", it_value=");
    print_one(line, t.it_value);
    line.push('}');
}
void print_one(StraceLine& line, const abi::itimerspec& t) { print_timer(line, t); }
void print_one(StraceLine& line, const abi::itimerval& t) { print_timer(line, t); }
void print_one(StraceLine& line, const abi::rlimit& r) {
    const auto print = [&](u64 v) {
        if (v == abi::RLIM_INFINITY) return line.append("RLIM_INFINITY");
        base::format_to(line, "{}", v);
    };
    line.append("{rlim_cur=");
    print(r.rlim_cur);
    line.append(", rlim_max=");
    print(r.rlim_max);
    line.push('}');
}
void print_one(StraceLine& line, const abi::pollfd& p) {
    base::format_to(line, "{{fd={}, events={:#x}, revents={:#x}}}", p.fd, static_cast<u16>(p.events),
                    static_cast<u16>(p.revents));
}
void print_one(StraceLine& line, const abi::epoll_event& e) {
    base::format_to(line, "{{events={:#x}, data={:#x}}}", u32{e.events}, u64{e.data});
}
void print_one(StraceLine& line, const abi::stat& s) {
    base::format_to(line, "{{st_mode={:#o}, st_size={}, ...}}", s.st_mode, s.st_size);
}

template <typename T>
void print_elements(StraceLine& line, const ArgumentInfo& argument, u64 address, u64 count) {
    const usize n = std::min<u64>(count, kMostElements);
    // Numbers behind pointers stand in brackets too, as in strace(1).
    const bool brackets = argument.is_array() || std::is_integral_v<T>;
    if (brackets) line.push('[');
    for (usize i = 0; i < n; i++) {
        const Result<T> v = vm::UserIn<T>(UserAddr(address)).fetch_at(i);
        if (!v.ok()) {
            print_address(line, address + i * sizeof(T));
            break;
        }
        if (i != 0) line.append(", ");
        print_one(line, v.value());
    }
    if (count > n) line.append(", ...");
    if (brackets) line.push(']');
}

void print_signal_set(StraceLine& line, u64 address) {
    const Result<u64> set = vm::UserIn<u64>(UserAddr(address)).fetch();
    if (!set.ok()) return print_address(line, address);
    if (set.value() == ~u64{0}) return line.append("~[]");
    line.push('[');
    bool first = true;
    for (int signo = 1; signo <= abi::_NSIG; signo++) {
        if (((set.value() >> (signo - 1)) & 1) == 0) continue;
        if (!first) line.push(' ');
        first = false;
        print_signal(line, static_cast<u64>(signo));
    }
    line.push(']');
}

}  // namespace

void print_scalar(StraceLine& line, const ArgumentInfo& argument, u64 value) {
    switch (argument.kind) {
        case ArgumentKind::kInt:
        case ArgumentKind::kFd: return base::format_to(line, "{}", static_cast<i32>(value));
        case ArgumentKind::kDirFd:
            if (static_cast<i32>(value) == abi::AT_FDCWD) return line.append("AT_FDCWD");
            return base::format_to(line, "{}", static_cast<i32>(value));
        case ArgumentKind::kUint: return base::format_to(line, "{}", static_cast<u32>(value));
        case ArgumentKind::kId: return base::format_to(line, "{}", static_cast<i32>(value));
        case ArgumentKind::kLong: return base::format_to(line, "{}", static_cast<i64>(value));
        case ArgumentKind::kUlong:
            if (value >> 32 != 0) return base::format_to(line, "{:#x}", value);
            return base::format_to(line, "{}", value);
        case ArgumentKind::kMode: return base::format_to(line, "0{:o}", static_cast<u32>(value));
        case ArgumentKind::kSignal: return print_signal(line, static_cast<u32>(value));
        case ArgumentKind::kFlags: return print_flags(line, *argument.set, static_cast<u32>(value));
        case ArgumentKind::kLongFlags: return print_flags(line, *argument.set, value);
        case ArgumentKind::kEnum: return print_name_of(line, argument.set->bits, static_cast<u32>(value), false);
        case ArgumentKind::kEnumHex: return print_name_of(line, argument.set->bits, static_cast<u32>(value), true);
        case ArgumentKind::kAddress:
        case ArgumentKind::kText:
        case ArgumentKind::kPointer: return print_address(line, value);
    }
}

void print_text(StraceLine& line, u64 address) {
    std::array<char, kMostText + 1> text;
    if (address == 0) return line.append("NULL");
    const Result<usize> n = vm::UserCString(UserAddr(address)).fetch(text);
    if (!n.ok() && n.error() != Errno::kNAMETOOLONG) return print_address(line, address);
    const bool cut = !n.ok();
    print_quoted(line, base::bytes_of(std::string_view(text.data(), cut ? kMostText : n.value())), cut);
}

void print_pointee(StraceLine& line, const ArgumentInfo& argument, u64 address, u64 count) {
    if (address == 0) return line.append("NULL");
    switch (argument.pointee) {
        case Pointee::kOther: return print_address(line, address);
        case Pointee::kBytes: return print_bytes(line, address, count);
        case Pointee::kI32: return print_elements<i32>(line, argument, address, count);
        case Pointee::kU32: return print_elements<u32>(line, argument, address, count);
        case Pointee::kI64: return print_elements<i64>(line, argument, address, count);
        case Pointee::kU64: return print_elements<u64>(line, argument, address, count);
        case Pointee::kTimespec: return print_elements<abi::timespec>(line, argument, address, count);
        case Pointee::kTimeval: return print_elements<abi::timeval>(line, argument, address, count);
        case Pointee::kItimerspec: return print_elements<abi::itimerspec>(line, argument, address, count);
        case Pointee::kItimerval: return print_elements<abi::itimerval>(line, argument, address, count);
        case Pointee::kSignalSet: return print_signal_set(line, address);
        case Pointee::kPollfd: return print_elements<abi::pollfd>(line, argument, address, count);
        case Pointee::kEpollEvent: return print_elements<abi::epoll_event>(line, argument, address, count);
        case Pointee::kRlimit: return print_elements<abi::rlimit>(line, argument, address, count);
        case Pointee::kStat: return print_elements<abi::stat>(line, argument, address, count);
    }
}

void print_result(StraceLine& line, ResultKind kind, u64 result) {
    const i64 value = static_cast<i64>(result);
    if (value < 0 && value >= -4095) {
        const Errno e = static_cast<Errno>(static_cast<i32>(-value));
        // Codes from 512 on are internal: the call is made again, or gives EINTR.
        base::format_to(
            line, value <= -512 ? base::FormatString<Errno>(" = ? {}") : base::FormatString<Errno>(" = -1 {}"), e);
    } else if (kind == ResultKind::kAddress) {
        base::format_to(line, " = {:#x}", result);
    } else {
        base::format_to(line, " = {}", value);
    }
}

}  // namespace linux_abi
