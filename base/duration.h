// Duration and Instant: signed nanoseconds, and nanoseconds since boot (monotonic) or since 1970 (real time).
// Callers: everyone.
// Locks, context: none; values only. Arithmetic saturates: a time-out of "for ever" never wraps.
#pragma once

#include <compare>
#include <limits>

#include "base/types.h"

struct Duration {
    i64 ns = 0;
    static constexpr Duration nanoseconds(i64 n) { return {n}; }
    static constexpr Duration microseconds(i64 n) { return scaled(n, 1'000); }
    static constexpr Duration milliseconds(i64 n) { return scaled(n, 1'000'000); }
    static constexpr Duration seconds(i64 n) { return scaled(n, 1'000'000'000); }
    static constexpr Duration forever() { return {std::numeric_limits<i64>::max()}; }
    constexpr auto operator<=>(const Duration&) const = default;
    constexpr Duration operator+(Duration o) const {
        i64 r;
        if (__builtin_add_overflow(ns, o.ns, &r))
            return o.ns > 0 ? forever() : Duration{std::numeric_limits<i64>::min()};
        return {r};
    }
    constexpr Duration operator-(Duration o) const {
        i64 r;
        if (__builtin_sub_overflow(ns, o.ns, &r))
            return o.ns < 0 ? forever() : Duration{std::numeric_limits<i64>::min()};
        return {r};
    }
    constexpr i64 whole_seconds() const { return ns / 1'000'000'000; }
    constexpr i64 subsecond_ns() const { return ns % 1'000'000'000; }

  private:
    static constexpr Duration scaled(i64 n, i64 by) {
        i64 r;
        if (__builtin_mul_overflow(n, by, &r)) return n > 0 ? forever() : Duration{std::numeric_limits<i64>::min()};
        return {r};
    }

  public:
    constexpr Duration() = default;
    constexpr Duration(i64 n) : ns(n) {}  // NOLINT
};

// A point on the monotonic clock: nanoseconds since boot.
struct Instant {
    i64 ns = 0;
    static constexpr Instant never() { return {std::numeric_limits<i64>::max()}; }
    constexpr auto operator<=>(const Instant&) const = default;
    constexpr Instant operator+(Duration d) const { return {(Duration{ns} + d).ns}; }
    constexpr Duration operator-(Instant o) const { return Duration{ns} - Duration{o.ns}; }
};
