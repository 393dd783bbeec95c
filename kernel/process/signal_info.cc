#include "process/signal_info.h"

#include <cstring>

namespace process {

int SignalSet::next() const {
    const SignalSet faults = *this & kFaultSignals;
    return std::countr_zero(faults.empty() ? bits : faults.bits) + 1;
}

DefaultAction default_action(int signo) {
    switch (signo) {
        case abi::SIGCHLD:
        case abi::SIGURG:
        case abi::SIGWINCH: return DefaultAction::kIgnore;
        case abi::SIGCONT: return DefaultAction::kContinue;
        case abi::SIGSTOP:
        case abi::SIGTSTP:
        case abi::SIGTTIN:
        case abi::SIGTTOU: return DefaultAction::kStop;
        case abi::SIGQUIT:
        case abi::SIGILL:
        case abi::SIGTRAP:
        case abi::SIGABRT:
        case abi::SIGBUS:
        case abi::SIGFPE:
        case abi::SIGSEGV:
        case abi::SIGXCPU:
        case abi::SIGXFSZ:
        case abi::SIGSYS: return DefaultAction::kCore;
        default: return DefaultAction::kTerminate;
    }
}

namespace {
// The greatest code that each signal of the kernel's own has; 0: a signal without codes.
constexpr int greatest_code(int signo) {
    switch (signo) {
        case abi::SIGILL: return 11;  // ILL_BADIADDR and two of ia64
        case abi::SIGFPE: return 15;  // FPE_CONDTRAP
        case abi::SIGSEGV: return 9;  // SEGV_MTESERR
        case abi::SIGBUS: return 5;   // BUS_MCEERR_AO
        case abi::SIGTRAP: return 6;  // TRAP_PERF
        case abi::SIGCHLD: return 6;  // CLD_CONTINUED
        case abi::SIGPOLL: return 6;  // POLL_HUP
        case abi::SIGSYS: return 2;   // SYS_USER_DISPATCH
        default: return 0;
    }
}

constexpr u64 pair(u32 low, u32 high) { return u64{low} | (u64{high} << 32); }
}  // namespace

SignalInfo SignalInfo::user(int signo, int code, i32 pid, u32 uid, u64 value) {
    return {.signo = signo, .code = code, .fields = {pair(static_cast<u32>(pid), uid), value, 0, 0}};
}

SignalInfo SignalInfo::fault(int signo, int code, u64 address) {
    return {.signo = signo, .code = code, .fields = {address, 0, 0, 0}};
}

SignalInfo SignalInfo::key_fault(u64 address, u8 key) {
    return {.signo = abi::SIGSEGV, .code = abi::SEGV_PKUERR, .fields = {address, 0, key, 0}};
}

SignalInfo SignalInfo::child(int code, i32 pid, u32 uid, i32 status, i64 user_ticks, i64 system_ticks) {
    return {.signo = abi::SIGCHLD,
            .code = code,
            .fields = {pair(static_cast<u32>(pid), uid), static_cast<u32>(status), static_cast<u64>(user_ticks),
                       static_cast<u64>(system_ticks)}};
}

SignalInfo SignalInfo::timer(int signo, i32 timer_id, i32 overrun, u64 value) {
    return {.signo = signo,
            .code = abi::SI_TIMER,
            .fields = {pair(static_cast<u32>(timer_id), static_cast<u32>(overrun)), value, 0, 0}};
}

SignalInfo SignalInfo::from_abi(const abi::siginfo& info) {
    SignalInfo out{.signo = info.si_signo, .error = info.si_errno, .code = info.si_code, .pad = info.pad0};
    std::memcpy(out.fields.data(), &info.fields, sizeof(out.fields));
    return out;
}

bool SignalInfo::has_known_layout() const {
    if (code == abi::SI_KERNEL || code == abi::SI_ASYNCNL) return true;
    if (code <= abi::SI_USER) return code >= abi::SI_DETHREAD;
    const int own = greatest_code(signo);
    return code <= (own != 0 ? own : abi::POLL_HUP);  // O_ASYNC may be told with any signal (F_SETSIG)
}

abi::siginfo SignalInfo::to_abi() const {
    abi::siginfo out{};
    out.si_signo = signo;
    out.si_errno = error;
    out.si_code = code;
    out.pad0 = pad;
    std::memcpy(&out.fields, fields.data(), sizeof(fields));
    return out;
}

}  // namespace process
