// The tick: 250 times a second on a CPU that runs something; it stops when idle. Inside sched/.
// Callers: sched/timer.cc, sched/tick.cc.
// Locks, context: this CPU, interrupts off.
#pragma once

#include "base/duration.h"

namespace sched {

inline constexpr i64 kTickNs = 4'000'000;  // USER_HZ figures derive from it; Debian's Linux ticks as often

// Does the tick's work; the moment of the next one, or never.
Instant tick(Instant now);
// Has tick() called at `when` on this CPU.
void set_tick(Instant when);
// The clock event's handler, once on the boot CPU.
void init_timers();

}  // namespace sched
