#include "sched/tick.h"

#include <limits>

#include "hw/irq.h"
#include "sched/run_queue.h"
#include "sched/scheduler.h"
#include "sync/rcu.h"
#include "time/clock.h"

namespace sched {
namespace {

constexpr i64 kBalanceNs = 20'000'000;
constinit std::atomic<void (*)(Thread&)> user_tick_hook{nullptr};

void add(std::atomic<u64>& to, u64 n) { to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
void add(std::atomic<u32>& to, u32 n) { to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }

void sample(RunQueue& rq, Thread& t, bool user) {
    if (user) {
        add(t.user_ticks, 1u);
        add(t.nice > 0 ? rq.nice_ns : rq.user_ns, u64{kTickNs});
    } else {
        add(t.system_ticks, 1u);
        add(rq.system_ns, u64{kTickNs});
    }
}

Instant with_class_event(const RunQueue& rq, Instant tick) { return {std::min(tick.ns, next_class_event(rq))}; }

}  // namespace

void set_user_tick_hook(void (*hook)(Thread&)) { user_tick_hook.store(hook, std::memory_order_relaxed); }

Instant tick(Instant now) {
    RunQueue& rq = local_queue();
    Thread& running = *rq.current;
    const bool idle = &running == rq.idle;
    if (next_class_event(rq) <= now.ns) [[unlikely]] {
        rq.lock.lock_irq_is_off();
        (void)charge_current(rq, now.ns);
        run_class_events(rq, now.ns);
        if (running.sched_class == Class::kDeadline && running.used_up()) resched(rq);
        rq.lock.unlock_keep_irq_off();
    }
    // It came for that alone.
    if (rq.tick_runs && now < rq.next_tick) return with_class_event(rq, rq.next_tick);
    const bool user = hw::irq::interrupted_user_mode();
    if (user || idle) rcu::quiescent();
    rcu::tick();
    if (!idle) {
        sample(rq, running, user);
        rq.lock.lock_irq_is_off();
        const bool used_up = charge_current(rq, now.ns);
        if (used_up && (rq.waiting.load(std::memory_order_relaxed) != 0 || running.sched_class == Class::kDeadline))
            resched(rq);
        rq.lock.unlock_keep_irq_off();
        if (!running.is_kernel()) {
            if (auto hook = user_tick_hook.load(std::memory_order_relaxed)) hook(running);
        }
        if (hw::cpus_online() > 1) {
            offer_work(rq);
            if (now.ns >= rq.next_balance_ns) {
                rq.next_balance_ns = now.ns + kBalanceNs;
                balance(rq);
            }
        }
    } else if (!rcu::needs_tick()) {
        rq.tick_runs = false;
        return with_class_event(rq, Instant::never());
    }
    rq.next_tick = Instant{now.ns + kTickNs};
    return with_class_event(rq, rq.next_tick);
}

void program_class_event(RunQueue& rq) {
    const i64 event = next_class_event(rq);
    if (event == std::numeric_limits<i64>::max()) [[likely]]
        return;
    set_tick(with_class_event(rq, rq.tick_runs ? rq.next_tick : Instant::never()));
}

void tick_begin(RunQueue& rq) {
    rq.tick_runs = true;
    rq.next_tick = Instant{time::now().ns + kTickNs};
    set_tick(rq.next_tick);
}

}  // namespace sched
