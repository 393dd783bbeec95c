// Clock sources (count up), clock events (interrupt once at a moment) and the wall clock: registries.
// Callers: platform registers; time/ and sched/ use.
// Locks, context: registration at start-up by the boot CPU; reading and arming in any context, without locks.
#pragma once

#include "base/duration.h"
#include "base/types.h"

namespace hw {

struct ClockSource {
    const char* name = "";
    u64 hz = 0;  // counts a second; 0: none registered yet
    u64 (*read)() = nullptr;
    u64 mask = ~u64{0};   // of a narrower counter; reads wrap there
    bool is_tsc = false;  // read() is RDTSC: readers may inline it, and the vDSO may use it
};
// Until platform registers one: the raw TSC with an assumed 1 GHz, so that early log lines have some time.
const ClockSource& clock_source();
void set_clock_source(const ClockSource& source);

// A timer that belongs to the executing CPU. Interrupts off for all calls.
struct ClockEvent {
    const char* name = "";
    // One interrupt at `when`, given that it is `now`; at once if that is past. Replaces what was armed. May fire
    // early when `when` is beyond the device's range: the handler looks at the clock and arms again.
    void (*arm)(Instant when, Instant now) = nullptr;
    void (*disarm)() = nullptr;
};
// An event device that does nothing until platform registers one.
const ClockEvent& clock_event();
void set_clock_event(const ClockEvent& event);
// Called in interrupt context on the CPU whose event came. One owner: time/ or sched/.
void set_clock_event_handler(void (*handler)());
// platform's timer interrupt calls this.
void clock_event_fired();

// Seconds since 1970 by the battery clock; 0 when there is none. May take up to a millisecond.
i64 read_wall_clock();
void set_wall_clock_reader(i64 (*reader)());

}  // namespace hw
