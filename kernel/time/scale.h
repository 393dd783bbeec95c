// Scale: a counter's ticks to nanoseconds by one multiplication, and back. Pure, tested on the host.
// Callers: time/clock.h, the vDSO, and clock-event drivers.
// Locks, context: none; values only.
#pragma once

#include "base/types.h"

namespace time {

// ns = base_ns + ((count - base_count) & mask) * mult >> 32, the product in 128 bits: no overflow for centuries.
struct Scale {
    u64 mult = u64{1} << 32;  // nanoseconds a count, 32.32 fixed point
    u64 base_count = 0;
    i64 base_ns = 0;
    u64 mask = ~u64{0};  // of the counter's width

    constexpr i64 to_ns(u64 count) const {
        const u64 delta = (count - base_count) & mask;
        return base_ns + static_cast<i64>(static_cast<u64>((static_cast<unsigned __int128>(delta) * mult) >> 32));
    }
    // Moves the base to `count` without moving the clock: for counters that wrap.
    constexpr Scale rebased(u64 count) const { return {mult, count & mask, to_ns(count), mask}; }
    // The same clock with another rate from `count` on.
    constexpr Scale with_rate(u64 count, u64 hz) const {
        Scale s = rebased(count);
        s.mult = mult_for(hz);
        return s;
    }
    // Rounds to nearest; hz > 0.
    static constexpr u64 mult_for(u64 hz) {
        const unsigned __int128 wide = (static_cast<unsigned __int128>(1'000'000'000) << 32) + hz / 2;
        return static_cast<u64>(wide / hz);
    }
};

// Counts at `hz` for a span of nanoseconds, rounded up so that a timer never fires early. Saturates.
constexpr u64 counts_for(u64 ns, u64 hz) {
    const unsigned __int128 wide = (static_cast<unsigned __int128>(ns) * hz + 999'999'999) / 1'000'000'000;
    return wide > ~u64{0} ? ~u64{0} : static_cast<u64>(wide);
}

}  // namespace time
