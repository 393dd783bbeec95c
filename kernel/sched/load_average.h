// Load averages in fixed point. Pure, tested on the host.
// Callers: sched/services.cc.
// Locks, context: none.
#pragma once

#include <array>

#include "base/types.h"

namespace sched {

// 11 fraction bits; factors e^(-5s/1min), e^(-5s/5min), e^(-5s/15min) (Linux: include/linux/sched/loadavg.h).
inline constexpr u64 kLoadOne = 1 << 11;
inline constexpr std::array<u64, 3> kLoadFactors = {1884, 2014, 2037};
inline constexpr i64 kLoadPeriodNs = 5'000'000'000;

// One step of 5 seconds with `active` threads.
constexpr u64 decay_load(u64 load, u64 factor, u64 active) {
    const u64 target = active * kLoadOne;
    u64 next = load * factor + target * (kLoadOne - factor);
    if (target >= load) next += kLoadOne - 1;
    return next / kLoadOne;
}

}  // namespace sched
