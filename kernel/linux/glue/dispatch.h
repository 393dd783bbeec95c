// Dispatch of system calls: the handler table made from abi/linux/syscalls.def, and how results are encoded.
// Callers: the generated syscall_dispatch.cc; main calls strace_configure() of strace.h before process 1 starts.
// Locks, context: thread context of the calling task, interrupts on.
#pragma once

#include <array>
#include <span>

#include "base/result.h"
#include "process/ctx.h"

namespace linux_abi {

using process::Ctx;

// Numbers 0..450, those of Linux 6.1 on x86-64.
inline constexpr usize kCallCount = 451;

// Takes the arguments from the frame, calls sys_NAME and encodes its result.
using Handler = u64 (*)(Ctx& ctx);
extern const std::array<Handler, kCallCount> kHandlers;

// What an i386 number means: `number` of the 64-bit call, and which arguments are sign-extended from 32 bits.
struct CompatCall {
    u16 number = kCallCount;  // kCallCount: absent
    u8 signed_arguments = 0;  // bit i: argument i
};
extern const std::span<const CompatCall> kCompatCalls;

// As Linux returns it: -errno, or the value. Restart codes (Errno from 512 on) stay for the way back to user mode.
constexpr u64 error(Errno e) { return static_cast<u64>(-static_cast<i64>(e)); }
[[gnu::always_inline]] inline u64 encode(const Result<i64>& result) {
    return result.ok() ? static_cast<u64>(result.value()) : error(result.error());
}

// Of a number that is absent: ENOSYS.
u64 call_absent(Ctx& ctx);

}  // namespace linux_abi
