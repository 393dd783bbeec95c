#include "sched/timer.h"

#include <atomic>

#include "arch/cpu.h"
#include "hw/clock.h"
#include "sched/tick.h"
#include "sched/timer_queue.h"
#include "sync/per_cpu.h"
#include "sync/spin_lock.h"
#include "time/clock.h"

namespace sched {
namespace {

struct TimerBase {
    sync::SpinLock<sync::Rank::kTimer, sync::kIrqOff> lock;
    TimerQueue queue;
    std::atomic<Timer*> running{nullptr};
    // This CPU alone, interrupts off: what its clock event is armed for, and when the tick is due.
    Instant armed = Instant::never();
    Instant tick = Instant::never();
};
constinit sync::PerCpu<TimerBase> bases;

// Arms the clock event if `when` comes before what it is armed for. This CPU, interrupts off.
void program(TimerBase& base, Instant when) {
    if (when >= base.armed) return;
    base.armed = when;
    hw::clock_event().arm(when, time::now());
}

TimerBase& lock_base_of(Timer& timer) {
    for (;;) {
        TimerBase& base = bases.at(timer.cpu.load(std::memory_order_acquire));
        base.lock.lock_irq_is_off();
        if (&base == &bases.at(timer.cpu.load(std::memory_order_relaxed))) return base;
        base.lock.unlock_keep_irq_off();
    }
}

// Returns the moment of the next timer.
Instant run_due(TimerBase& base, Instant now) {
    base.lock.lock_irq_is_off();
    while (Timer* t = base.queue.take_due(now)) {
        base.running.store(t, std::memory_order_relaxed);
        base.lock.unlock_keep_irq_off();
        t->fn(*t);  // may free its timer, or arm it again
        base.lock.lock_irq_is_off();
        base.running.store(nullptr, std::memory_order_release);
    }
    const Instant next = base.queue.next();
    base.lock.unlock_keep_irq_off();
    return next;
}

// The clock event's interrupt.
void on_clock_event() {
    TimerBase& base = bases.local();
    base.armed = Instant::never();
    const Instant now = time::now();
    const Instant first = run_due(base, now);
    if (base.tick <= now) base.tick = tick(now);
    // Timers that functions armed meanwhile have programmed the event themselves.
    program(base, base.tick < first ? base.tick : first);
}

bool take_out(Timer& timer, TimerBase& base) {
    if (!timer.node.linked) return false;
    base.queue.remove(timer);
    return true;
}

}  // namespace

void arm(Timer& timer, Instant when) {
    sync::IrqGuard irq;
    {
        TimerBase& old = lock_base_of(timer);
        (void)take_out(timer, old);
        TimerBase& here = bases.local();
        // A function that arms its own timer again from elsewhere: the moment must not pass a cancel() by.
        if (&old != &here) {
            timer.cpu.store(arch::cpu_id(), std::memory_order_release);
            old.lock.unlock_keep_irq_off();
            here.lock.lock_irq_is_off();
        }
        timer.when = when;
        const bool first = here.queue.insert(timer);
        here.lock.unlock_keep_irq_off();
        if (first) program(here, when);
    }
}

bool try_cancel(Timer& timer) {
    sync::IrqGuard irq;
    TimerBase& base = lock_base_of(timer);
    const bool waited = take_out(timer, base);
    base.lock.unlock_keep_irq_off();
    return waited;
}

bool cancel(Timer& timer) {
    for (;;) {
        if (try_cancel(timer)) return true;
        TimerBase& base = bases.at(timer.cpu.load(std::memory_order_acquire));
        if (base.running.load(std::memory_order_acquire) != &timer) return false;
        if (&base == &bases.local() && arch::in_interrupt()) return false;  // called from its own function
        arch::pause();
    }
}

void set_tick(Instant when) {
    TimerBase& base = bases.local();
    base.tick = when;
    program(base, when);
}

void init_timers() { hw::set_clock_event_handler(&on_clock_event); }

}  // namespace sched
