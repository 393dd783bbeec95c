// Failure injection: makes allocations fail in tests (CONFIG_FAULT_INJECTION).
// Callers: tests and the debug interface in procfs.
// Locks, context: any.
#pragma once

#include "base/types.h"
#include "generated/config.h"

namespace memory::inject {

enum class Scope : u8 { kOff, kThread, kAll };
// Lets `after` allocations pass and then fails `times` of them: of the calling thread, or of all.
void arm(Scope scope, u64 after, u64 times);
void disarm();
// How many failures were given since arm().
u64 failures();

// Beside that each thread has ThreadArch::fail_nth, which /proc/PID/fail-nth sets.
#if CONFIG_FAULT_INJECTION
inline constexpr bool kEnabled = true;
bool should_fail();
#else
inline constexpr bool kEnabled = false;
inline bool should_fail() { return false; }
#endif

}  // namespace memory::inject
