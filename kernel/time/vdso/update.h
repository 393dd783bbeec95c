// Writing the vDSO's data page.
// Callers: time/clock.cc under its lock; linux/time.cc (the time zone).
// Locks, context: one writer at a time, preemption off.
#pragma once

#include "time/scale.h"

namespace time::vdso {

void update(const Scale& scale, bool tsc, i64 realtime_offset);
// What gettimeofday(2) reports as struct timezone: remembered for it alone, no clock changes. Any context.
struct Timezone {
    i32 minutes_west = 0;
    i32 dst_time = 0;
};
void set_timezone(Timezone zone);
Timezone timezone();

}  // namespace time::vdso
