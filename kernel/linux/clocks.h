// What clock numbers mean to the calls that take one.
// Callers: linux/time, sleep, timer, timerfd.
// Locks, context: none; values only.
#pragma once

#include "abi/linux/time.h"
#include "base/types.h"

namespace linux_abi {

inline constexpr i64 kCoarseNs = 4'000'000;  // what the coarse clocks promise: a tick of Debian's Linux

// Clocks of their own kind; those of processor time are process::CpuClock's.
constexpr bool is_wall_clock(i32 clock) {
    return clock >= abi::CLOCK_REALTIME && clock <= abi::CLOCK_TAI && clock != abi::CLOCK_PROCESS_CPUTIME_ID &&
           clock != abi::CLOCK_THREAD_CPUTIME_ID && clock != abi::CLOCK_SGI_CYCLE;
}
constexpr bool is_coarse(i32 clock) {
    return clock == abi::CLOCK_REALTIME_COARSE || clock == abi::CLOCK_MONOTONIC_COARSE;
}
// Wall clocks that can be slept on and have timers (the others: EOPNOTSUPP).
constexpr bool has_timers(i32 clock) {
    return is_wall_clock(clock) && !is_coarse(clock) && clock != abi::CLOCK_MONOTONIC_RAW;
}
constexpr bool is_alarm(i32 clock) { return clock == abi::CLOCK_REALTIME_ALARM || clock == abi::CLOCK_BOOTTIME_ALARM; }
// Numbers below 0 are of processor time, whoever's, or of an open device (Linux: clockid_to_kclock, CLOCKFD).
constexpr bool is_device_clock(i32 clock) { return clock < 0 && (clock & 7) == 3; }
constexpr bool is_cpu_clock(i32 clock) {
    return clock == abi::CLOCK_PROCESS_CPUTIME_ID || clock == abi::CLOCK_THREAD_CPUTIME_ID ||
           (clock < 0 && !is_device_clock(clock));
}
// Moves when the real time is set.
constexpr bool is_realtime(i32 clock) {
    return clock == abi::CLOCK_REALTIME || clock == abi::CLOCK_REALTIME_COARSE || clock == abi::CLOCK_REALTIME_ALARM ||
           clock == abi::CLOCK_TAI;
}

}  // namespace linux_abi
