// SignalSet and SignalInfo: values that describe signals. Pure.
// Callers: process, linux, drivers (terminal signals, timers).
// Locks, context: none; values only.
#pragma once

#include <array>
#include <bit>

#include "abi/linux/signal.h"
#include "base/types.h"

namespace process {

inline constexpr int kMaxSignal = abi::_NSIG;
constexpr bool valid_signal(i64 signo) { return signo >= 1 && signo <= kMaxSignal; }
constexpr bool is_realtime(int signo) { return signo >= abi::SIGRTMIN; }

// Bit n-1 stands for signal n, as in sigset_t.
struct SignalSet {
    u64 bits = 0;
    constexpr SignalSet() = default;
    constexpr explicit SignalSet(u64 b) : bits(b) {}
    template <typename... Signals>
    static constexpr SignalSet of(Signals... signals) {
        return SignalSet((bit(signals) | ... | u64{0}));
    }
    static constexpr u64 bit(int signo) { return u64{1} << (signo - 1); }
    constexpr bool has(int signo) const { return (bits & bit(signo)) != 0; }
    constexpr void add(int signo) { bits |= bit(signo); }
    constexpr void remove(int signo) { bits &= ~bit(signo); }
    constexpr bool empty() const { return bits == 0; }
    constexpr SignalSet operator|(SignalSet o) const { return SignalSet(bits | o.bits); }
    constexpr SignalSet operator&(SignalSet o) const { return SignalSet(bits & o.bits); }
    constexpr SignalSet without(SignalSet o) const { return SignalSet(bits & ~o.bits); }
    constexpr bool operator==(const SignalSet&) const = default;
    // The signal to deliver first: faults of the thread itself before others, then by number
    // (next_signal() of Linux's kernel/signal.c). The set must not be empty.
    int next() const;
};

inline constexpr SignalSet kUnblockable = SignalSet::of(abi::SIGKILL, abi::SIGSTOP);
inline constexpr SignalSet kStopSignals = SignalSet::of(abi::SIGSTOP, abi::SIGTSTP, abi::SIGTTIN, abi::SIGTTOU);
inline constexpr SignalSet kFaultSignals =
    SignalSet::of(abi::SIGSEGV, abi::SIGBUS, abi::SIGILL, abi::SIGTRAP, abi::SIGFPE, abi::SIGSYS);

// What SIG_DFL means for a signal (signal(7)).
enum class DefaultAction : u8 { kTerminate, kCore, kIgnore, kStop, kContinue };
DefaultAction default_action(int signo);
inline constexpr SignalSet kDefaultIgnored = SignalSet::of(abi::SIGCHLD, abi::SIGCONT, abi::SIGURG, abi::SIGWINCH);

// The 48 bytes of siginfo_t that carry anything; `fields` starts at byte 16 of it.
struct SignalInfo {
    i32 signo = 0;
    i32 error = 0;
    i32 code = 0;
    i32 pad = 0;  // of those that processes make: kept for the receiver
    std::array<u64, 4> fields{};

    // Sent by the kernel itself.
    static SignalInfo kernel(int signo) { return {.signo = signo, .code = abi::SI_KERNEL}; }
    // Sent by a process: code is SI_USER, SI_TKILL or SI_QUEUE.
    static SignalInfo user(int signo, int code, i32 pid, u32 uid, u64 value = 0);
    // Raised by the thread's own instruction at or about `address`.
    static SignalInfo fault(int signo, int code, u64 address);
    // SIGSEGV, SEGV_PKUERR: the page's protection key forbids it.
    static SignalInfo key_fault(u64 address, u8 key);
    // SIGCHLD: code is CLD_*, status as siginfo's si_status, times in clock ticks.
    static SignalInfo child(int code, i32 pid, u32 uid, i32 status, i64 user_ticks, i64 system_ticks);
    // POSIX timers.
    static SignalInfo timer(int signo, i32 timer_id, i32 overrun, u64 value);
    // Of those: which timer, and how often it expired beyond the one that is told.
    i32 timer_id() const { return static_cast<i32>(static_cast<u32>(std::get<0>(fields))); }
    i32 overrun() const { return static_cast<i32>(static_cast<u32>(std::get<0>(fields) >> 32)); }
    void set_overrun(i32 n) {
        std::get<0>(fields) = static_cast<u32>(std::get<0>(fields)) | (u64{static_cast<u32>(n)} << 32);
    }
    static SignalInfo from_abi(const abi::siginfo& info);
    // Whether it is known what lies where. If not, what comes after the 48 bytes may mean something (Linux:
    // known_siginfo_layout).
    bool has_known_layout() const;
    abi::siginfo to_abi() const;
};
static_assert(sizeof(SignalInfo) == 48);

}  // namespace process
