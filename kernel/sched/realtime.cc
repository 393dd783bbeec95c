#include "sched/realtime.h"

#include "time/clock.h"

namespace sched {

namespace {
constinit WaitQueue changes;
}

WaitQueue& realtime_changes() { return changes; }

void set_realtime(i64 ns) {
    time::set_realtime(ns);
    changes.wake_all();
}

Result<void> sleep_until_realtime(i64 ns) {
    while (time::realtime() < ns) {
        const u32 before = time::realtime_generation();
        const auto changed = [&] { return time::realtime_generation() != before; };
        const Result<void> r = changes.wait_interruptible(changed, time::instant_of_realtime(ns));
        if (!r.ok() && r.error() != Errno::kTIMEDOUT) return Errno::kINTR;
    }
    return {};
}

}  // namespace sched
