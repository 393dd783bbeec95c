// Linux's structures of time against nanoseconds. Pure.
// Callers: linux/.
// Locks, context: none; values only.
#pragma once

#include "abi/linux/time.h"
#include "base/duration.h"
#include "base/result.h"

namespace linux_abi {

inline constexpr i64 kNsPerSecond = 1'000'000'000;

// EINVAL: negative, or a fraction of a second or more (timespec64_valid). What does not fit becomes the far end.
constexpr Result<i64> nanoseconds_of(const abi::timespec& t) {
    if (t.tv_sec < 0 || static_cast<u64>(t.tv_nsec) >= static_cast<u64>(kNsPerSecond)) return Errno::kINVAL;
    return (Duration::seconds(t.tv_sec) + Duration{t.tv_nsec}).ns;
}
constexpr Result<i64> nanoseconds_of(const abi::timeval& t) {
    if (t.tv_sec < 0 || static_cast<u64>(t.tv_usec) >= 1'000'000) return Errno::kINVAL;
    return (Duration::seconds(t.tv_sec) + Duration::microseconds(t.tv_usec)).ns;
}

// Times before 1970 round down, so that the fraction is never negative.
constexpr abi::timespec timespec_of(i64 ns) {
    i64 seconds = ns / kNsPerSecond, rest = ns % kNsPerSecond;
    if (rest < 0) seconds--, rest += kNsPerSecond;
    return {seconds, rest};
}
constexpr abi::timeval timeval_of(i64 ns) {
    const abi::timespec t = timespec_of(ns);
    return {t.tv_sec, t.tv_nsec / 1000};
}

}  // namespace linux_abi
