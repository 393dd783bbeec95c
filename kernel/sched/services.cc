// The scheduler's own threads and timers: RCU's worker, the common work queue, the load average.
#include "hw/ipi.h"
#include "log/log.h"
#include "sched/load_average.h"
#include "sched/run_queue.h"
#include "sched/scheduler.h"
#include "sched/work_queue.h"
#include "sync/rcu.h"
#include "time/clock.h"

namespace sched {
namespace {

// ---- RCU ----
constinit WaitQueue rcu_work;  // the worker waits here
constinit WaitQueue rcu_done;  // synchronize() waits here
constinit std::atomic<bool> rcu_ready{false};

void rcu_worker(void*) {
    for (;;) {
        rcu_work.wait_idle([] { return rcu_ready.exchange(false, std::memory_order_acq_rel); });
        if (rcu::run_ready() > 0) rcu_done.wake_all();
    }
}

void rcu_wake() {
    rcu_ready.store(true, std::memory_order_release);
    rcu_work.wake_all();
}

void rcu_kick(u32 cpu) {
    RunQueue* rq = queue_of(cpu);
    if (rq == nullptr) return;
    rq->lock.lock_irq_is_off();
    resched(*rq);
    rq->lock.unlock_keep_irq_off();
}

void rcu_wait(bool (*done)(void*), void* context) {
    rcu_done.wait([&] { return done(context); });
}

// ---- Load average ----
constinit std::array<std::atomic<u64>, 3> loads{};

void sample_load(Timer& timer) {
    i64 active = runnable_count();
    for (u32 cpu = 0; cpu < hw::cpus_possible(); cpu++)
        if (RunQueue* rq = queue_of(cpu)) active += rq->uninterruptible.load(std::memory_order_relaxed);
    const u64 count = active > 0 ? static_cast<u64>(active) : 0;
    for (usize i = 0; i < loads.size(); i++)
        loads[i].store(decay_load(loads[i].load(std::memory_order_relaxed), kLoadFactors[i], count),
                       std::memory_order_relaxed);
    arm(timer, timer.when + Duration{kLoadPeriodNs});
}
constinit Timer load_timer{&sample_load};

}  // namespace

std::array<u64, 3> load_average() {
    std::array<u64, 3> result{};
    for (usize i = 0; i < loads.size(); i++) result[i] = loads[i].load(std::memory_order_relaxed);
    return result;
}

void start_services() {
    Result<Thread*> worker = spawn("rcu", &rcu_worker, nullptr);
    Result<void> work = system_work().start("work", 2);
    if (!worker.ok() || !work.ok()) log::panic("no memory for the scheduler's own threads");
    rcu::set_hooks({.wake_worker = &rcu_wake, .kick = &rcu_kick, .online = &hw::is_online, .wait = &rcu_wait});
    arm(load_timer, time::now() + Duration{kLoadPeriodNs});
}

}  // namespace sched
