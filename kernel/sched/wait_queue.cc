#include "sched/wait_queue.h"

#include "sched/timer.h"
#include "time/clock.h"

namespace sched {

void WaitQueue::add(WaitEntry& entry) {
    sync::SpinGuard guard(lock_);
    add_locked(entry);
}

void WaitQueue::add_locked(WaitEntry& entry) {
    entry.queued.store(true, std::memory_order_relaxed);
    if (entry.exclusive) {
        entries_.push_back(entry);
    } else {
        entries_.push_front(entry);
    }
}

// Both under the lock: a waker that finds the entry before the state is set takes it out without waking, and whoever
// then found the condition false again would sleep outside the queue.
void WaitQueue::prepare(WaitEntry& entry, u32 state) {
    sync::SpinGuard guard(lock_);
    if (!entry.queued.load(std::memory_order_relaxed)) add_locked(entry);
    set_state(*entry.thread, state);
}

void WaitQueue::remove_slow(WaitEntry& entry) {
    sync::SpinGuard guard(lock_);
    take_out(entry);
}

// The thread is woken before its entry is released, so it cannot leave its stack while we look at the entry.
bool WaitQueue::wake_thread(WaitEntry& entry, u32) {
    const bool woken = wake(*entry.thread);
    take_out(entry);
    return woken;
}

u32 WaitQueue::wake_slow(u32 exclusive, u32 events) {
    u32 woken = 0;
    sync::SpinGuard guard(lock_);
    for (WaitEntry& entry : entries_) {
        const bool counts = entry.exclusive;
        if (!entry.wake(entry, events)) continue;
        woken++;
        if (counts && --exclusive == 0) break;
    }
    return woken;
}

bool schedule_until(Instant deadline) {
    if (deadline == Instant::never()) [[likely]] {
        schedule();
        return true;
    }
    Thread& self = current();
    if (deadline <= time::now()) {
        set_running(self);
        return false;
    }
    struct Alarm : Timer {
        explicit Alarm(Thread& t) : Timer(&ring), sleeper(t) {}
        static void ring(Timer& timer) {
            Alarm& a = static_cast<Alarm&>(timer);
            a.rang.store(true, std::memory_order_relaxed);
            wake(a.sleeper);
        }
        Thread& sleeper;
        std::atomic<bool> rang{false};
    };
    Alarm alarm(self);
    arm(alarm, deadline);
    schedule();
    if (cancel(alarm)) return true;
    set_running(self);
    return !alarm.rang.load(std::memory_order_relaxed);
}

Result<void> sleep_until(Instant deadline, SleepMode mode) {
    Thread& self = current();
    const bool interruptible = mode == SleepMode::kInterruptible;
    for (;;) {
        set_state(self, interruptible ? state::kInterruptible : state::kUninterruptible);
        if (interruptible && self.interrupted()) {
            set_running(self);
            return Errno::kINTR;
        }
        if (!schedule_until(deadline)) return {};
        // Woken by something else: a signal, or nothing at all.
    }
}

Result<void> sleep_for(Duration d, SleepMode mode) { return sleep_until(time::now() + d, mode); }

}  // namespace sched
