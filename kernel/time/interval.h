// Periods of timers: how many have passed, and when the next one ends. Pure, tested on the host.
// Callers: sched/clock_timer, process/cpu_timers.
// Locks, context: none; values only.
#pragma once

#include <limits>

#include "base/types.h"

namespace time {

// Moves `at` past `now` in whole intervals; the number of moments passed, at least 1 if now >= at, else 0. An
// interval of 0 has one moment alone: `at` stays. A moment beyond the clock's range becomes its end. Nanoseconds.
constexpr u64 pass_intervals(i64& at, i64 interval, i64 now) {
    if (now < at) return 0;
    if (interval <= 0) return 1;
    const u64 count = (static_cast<u64>(now) - static_cast<u64>(at)) / static_cast<u64>(interval) + 1;
    i64 step;
    if (__builtin_mul_overflow(count, interval, &step) || __builtin_add_overflow(at, step, &at))
        at = std::numeric_limits<i64>::max();
    return count;
}

}  // namespace time
