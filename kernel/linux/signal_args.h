// The siginfo_t that a call gives, as copy_siginfo_from_user() of Linux takes it.
// Callers: linux/signal, linux/pidfd.
// Locks, context: thread context, no locks held.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "process/signal_info.h"
#include "vm/user_memory.h"

namespace linux_abi {

// With `signo`, if any, in place of the signal's number. EFAULT; E2BIG: of a kind that we do not know, and longer than
// what we would keep of it.
inline Result<process::SignalInfo> fetch_siginfo(UserAddr from, std::optional<int> signo = {}) {
    constexpr usize kKept = sizeof(process::SignalInfo);
    abi::siginfo raw{};
    const vm::UserSpan user{from, sizeof(raw)};
    TRY(user.copy_in(base::writable_bytes_of(raw).first(kKept)));
    if (signo) raw.si_signo = *signo;
    const process::SignalInfo info = process::SignalInfo::from_abi(raw);
    if (info.has_known_layout()) return info;
    std::array<u8, sizeof(raw) - kKept> rest;
    TRY(user.copy_in(rest, kKept));
    if (std::any_of(rest.begin(), rest.end(), [](u8 byte) { return byte != 0; })) return Errno::k2BIG;
    return info;
}

}  // namespace linux_abi
