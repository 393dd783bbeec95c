// The clocks: monotonic time since boot, and real time since 1970.
// Callers: every floor.
// Locks, context: any, NMI included, without locks; setting takes the clock's lock.
#pragma once

#include <atomic>

#include "arch/cpu.h"
#include "base/duration.h"
#include "base/types.h"
#include "time/scale.h"

namespace time {

namespace detail {
// Written at start-up before other CPUs run, then constant: readers need no sequence. A counter other than the TSC
// is read through read_counter.
struct Source {
    Scale scale;
    u64 (*read_counter)() = nullptr;
};
extern constinit Source source;
extern constinit std::atomic<i64> realtime_offset;  // ns to add to the monotonic clock
i64 slow_now();
}  // namespace detail

// Nanoseconds since boot. Never goes back. Before a clock source is known: the TSC taken as 1 GHz.
inline Instant now() {
    if (detail::source.read_counter != nullptr) [[unlikely]]
        return {detail::slow_now()};
    return {detail::source.scale.to_ns(arch::rdtsc())};
}
// Nanoseconds since 1970-01-01 00:00 UTC.
inline i64 realtime() { return now().ns + detail::realtime_offset.load(std::memory_order_relaxed); }
// Real time of a moment of the monotonic clock.
inline i64 realtime_at(Instant t) { return t.ns + detail::realtime_offset.load(std::memory_order_relaxed); }
// The monotonic moment of a real time, by today's offset.
inline Instant instant_of_realtime(i64 ns) {
    return {(Duration{ns} - Duration{detail::realtime_offset.load(std::memory_order_relaxed)}).ns};
}

// Sets the real time; timers on the real-time clock are told through the hook.
void set_realtime(i64 ns);
// Called after each set_realtime(), in the setter's context; set by the upper floors (timerfd's cancel-on-set, …).
void set_realtime_hook(void (*hook)());
// Counts set_realtime() calls.
u32 realtime_generation();

// Takes hw::clock_source() into use, keeping the clock's present value. Boot CPU, before others are started,
// interrupts off; main calls it after platform registered the source. Then sets the real time from the wall clock.
void init();
// The rate of the source in use, counts a second.
u64 source_hz();
bool source_is_tsc();

// Spins: for hardware that wants delays of microseconds.
void delay(Duration d);

}  // namespace time
