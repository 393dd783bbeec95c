#include "sched/clock_timer.h"

#include <algorithm>

#include "base/owner_of.h"
#include "sched/realtime.h"
#include "time/clock.h"
#include "time/interval.h"

namespace sched {

i64 ClockTimer::now(Clock clock) { return clock == Clock::kRealtime ? time::realtime() : time::now().ns; }

void ClockTimer::program(i64 not_before) {
    if (clock_ == Clock::kMonotonic) {
        sched::arm(timer_, Instant{std::max(at_ns_, not_before)});
        return;
    }
    // Either this sees a new time, or the setter sees change_entry_ in the queue.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    u32 before;
    do {
        before = time::realtime_generation();
        sched::arm(timer_, Instant{std::max(time::instant_of_realtime(at_ns_).ns, not_before)});
    } while (time::realtime_generation() != before);
}

// What passed while it rested counts, and it goes on.
void ClockTimer::catch_up() {
    if (!resting_) return;
    resting_ = false;
    expirations_ += time::pass_intervals(at_ns_, interval_ns_, now(clock_));
    program(0);
}

ClockTimer::Setting ClockTimer::setting_locked() {
    if (!armed_) return {0, interval_ns_};
    i64 at = at_ns_;
    const i64 here = now(clock_);
    if (interval_ns_ > 0) (void)time::pass_intervals(at, interval_ns_, here);
    // Due but not fired yet: not 0, which would mean disarmed.
    return {std::max<i64>((Duration{at} - Duration{here}).ns, 1), interval_ns_};
}

bool ClockTimer::change_locked() const { return tell_changes_ && generation_ != time::realtime_generation(); }

ClockTimer::Setting ClockTimer::arm(Clock clock, i64 at_ns, i64 interval_ns, bool tell_changes) {
    // A queue's lock is taken inside ours, and its callback takes none of ours.
    sync::SpinGuard guard(lock_);
    const Setting old = setting_locked();
    clock_ = clock;
    at_ns_ = at_ns;
    interval_ns_ = interval_ns;
    expirations_ = 0;
    armed_ = true;
    resting_ = false;
    tell_changes_ = tell_changes;
    generation_ = time::realtime_generation();
    const bool listens = change_entry_.queued.load(std::memory_order_relaxed);
    if (clock == Clock::kRealtime && !listens) {
        change_entry_.wake = &on_change;
        realtime_changes().add(change_entry_);
    } else if (clock != Clock::kRealtime && listens) {
        realtime_changes().remove(change_entry_);
    }
    program(0);
    return old;
}

ClockTimer::Setting ClockTimer::disarm(i64 interval_ns) {
    sync::SpinGuard guard(lock_);
    const Setting old = setting_locked();
    armed_ = resting_ = tell_changes_ = false;
    interval_ns_ = interval_ns;
    expirations_ = 0;
    (void)try_cancel(timer_);
    return old;
}

ClockTimer::Setting ClockTimer::setting() {
    sync::SpinGuard guard(lock_);
    return setting_locked();
}

u64 ClockTimer::take_expirations() {
    sync::SpinGuard guard(lock_);
    catch_up();
    return std::exchange(expirations_, 0);
}

u64 ClockTimer::expirations() {
    sync::SpinGuard guard(lock_);
    return expirations_;
}

bool ClockTimer::take_change() {
    sync::SpinGuard guard(lock_);
    if (!change_locked()) return false;
    generation_ = time::realtime_generation();
    expirations_ = 0;
    return true;
}

bool ClockTimer::has_change() {
    sync::SpinGuard guard(lock_);
    return change_locked();
}

void ClockTimer::stop() {
    (void)disarm();
    realtime_changes().remove(change_entry_);
    cancel(timer_);
}

// The clock was set: look at it soon, from the timer's own context.
bool ClockTimer::on_change(WaitEntry& entry, u32) {
    sched::arm(base::owner_of<&ClockTimer::change_entry_>(entry).timer_, time::now());
    return false;
}

void ClockTimer::on_timer(Timer& timer) { base::owner_of<&ClockTimer::timer_>(timer).fire(); }

void ClockTimer::fire() {
    u64 count = 0;
    {
        sync::SpinGuard guard(lock_);
        if (!armed_) return;
        const bool changed = change_locked();
        if (!resting_) {
            const i64 here = now(clock_);
            count = time::pass_intervals(at_ns_, interval_ns_, here);
            expirations_ += count;
            if (count != 0 && interval_ns_ <= 0) {
                armed_ = false;
            } else if (count != 0 && period_ == Period::kRests) {
                resting_ = true;
            } else {
                program(count == 0 ? 0 : time::now().ns + std::min(kShortest, interval_ns_));
            }
        }
        if (count == 0 && !changed) return;
    }
    function_(*this, count);
}

}  // namespace sched
