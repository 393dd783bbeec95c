#include "process/signalfd_info.h"

namespace process {

namespace {

constexpr u32 low(u64 v) { return static_cast<u32>(v); }
constexpr u32 high(u64 v) { return static_cast<u32>(v >> 32); }

}  // namespace

// What the fields mean hangs on number and code (Linux: siginfo_layout, signalfd_copyinfo).
abi::signalfd_siginfo to_signalfd(const SignalInfo& info) {
    const auto& [a, b, c, d] = info.fields;
    abi::signalfd_siginfo out{};
    out.ssi_signo = static_cast<u32>(info.signo);
    out.ssi_errno = info.error;
    out.ssi_code = info.code;
    const auto sender = [&] {
        out.ssi_pid = low(a);
        out.ssi_uid = high(a);
    };
    if (info.code == abi::SI_TIMER) {
        out.ssi_tid = low(a);
        out.ssi_overrun = high(a);
        out.ssi_ptr = b;
        out.ssi_int = static_cast<i32>(low(b));
    } else if (info.code > 0 && info.code != abi::SI_KERNEL && info.signo == abi::SIGCHLD) {
        sender();
        out.ssi_status = static_cast<i32>(low(b));
        out.ssi_utime = c;
        out.ssi_stime = d;
    } else if (info.code > 0 && info.code != abi::SI_KERNEL && kFaultSignals.has(info.signo)) {
        out.ssi_addr = a;
    } else if (info.code > 0 && info.code != abi::SI_KERNEL && info.signo == abi::SIGIO) {
        out.ssi_band = low(a);
        out.ssi_fd = static_cast<i32>(low(b));
    } else {
        sender();
        if (info.code < 0 && info.code != abi::SI_TKILL) {
            out.ssi_ptr = b;
            out.ssi_int = static_cast<i32>(low(b));
        }
    }
    return out;
}

}  // namespace process
