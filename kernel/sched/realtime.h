// Setting the real-time clock, and being told of it.
// Callers: linux/time.cc sets; timers and sleeps on the real-time clock listen.
// Locks, context: setting in thread context without locks; listening as with any wait queue.
#pragma once

#include "sched/wait_queue.h"

namespace sched {

// time::set_realtime(), then wakes who waits in realtime_changes().
void set_realtime(i64 ns);
// Woken after each change; time::realtime_generation() tells whether one came.
WaitQueue& realtime_changes();
// Sleeps until the real-time clock shows `ns`, also if it is set meanwhile. EINTR.
Result<void> sleep_until_realtime(i64 ns);

}  // namespace sched
