// Where threads run: choice of a CPU at wake-up and start, stealing by idle CPUs, periodic balancing.
#include "hw/ipi.h"
#include "sched/run_queue.h"
#include "sched/scheduler.h"
#include "sync/rcu.h"

namespace sched {
namespace {

constinit AtomicBitmap<hw::kMaxCpus> idle_cpus;

bool is_idle(const RunQueue& rq) { return rq.current == rq.idle && rq.waiting.load(std::memory_order_relaxed) == 0; }
u32 load_of(const RunQueue& rq) {
    return rq.waiting.load(std::memory_order_relaxed) + (rq.current == rq.idle ? 0u : 1u);
}

// A thread that waits on `from` and may run on `cpu`, or null. The most urgent are waiting in vain there; of ordinary ones
// that which would run last has the coldest cache and loses the least.
Thread* movable(RunQueue& from, u32 cpu) {
    for (DlEntity* e = from.deadlines.first(); e != nullptr; e = DeadlineQueue::after(*e))
        if (Thread* t = static_cast<Thread*>(e); t->affinity.test(cpu)) return t;
    if (RtEntity* e = from.real_time.first())
        if (Thread* t = static_cast<Thread*>(e); t->affinity.test(cpu)) return t;
    for (FairEntity* e = from.fair.last_waiting(); e != nullptr; e = from.fair.before(*e))
        if (Thread* t = static_cast<Thread*>(e); t->affinity.test(cpu)) return t;
    return nullptr;
}

// Takes one thread that may run on `to` out of `from`; both locked.
bool move_one(RunQueue& from, RunQueue& to) {
    Thread* t = movable(from, to.cpu);
    if (t == nullptr) return false;
    dequeue(from, *t);
    from.fair.leave(*t);
    t->cpu.store(to.cpu, std::memory_order_release);
    to.fair.join(*t);
    enqueue(to, *t, false);
    return true;
}

// fn(RunQueue&) for each online CPU but `self`, beginning behind it so that CPUs do not all look at CPU 0 first.
template <typename Fn>
void each_other(u32 self, Fn&& fn) {
    const u32 count = hw::cpus_possible();
    for (u32 step = 1; step < count; step++) {
        const u32 cpu = (self + step) % count;
        RunQueue* rq = queue_of(cpu);
        if (rq != nullptr && hw::is_online(cpu)) fn(*rq);
    }
}

RunQueue* busiest(u32 self) {
    RunQueue* best = nullptr;
    u32 most = 0;
    each_other(self, [&](RunQueue& rq) {
        const u32 waiting = rq.waiting.load(std::memory_order_relaxed);
        if (waiting > most) {
            most = waiting;
            best = &rq;
        }
    });
    return best;
}

RunQueue* idle_queue_for(const Thread& t) {
    for (usize w = 0; w < hw::CpuMask::words(); w++) {
        const u64 both = idle_cpus.word(w) & t.affinity.word(w);
        if (both == 0) continue;
        return queue_of(static_cast<u32>(w * 64) + static_cast<u32>(std::countr_zero(both)));
    }
    return nullptr;
}

RunQueue& first_allowed(const Thread& t, RunQueue& otherwise) {
    if (t.affinity.test(otherwise.cpu)) return otherwise;
    RunQueue* best = nullptr;
    each_other(otherwise.cpu, [&](RunQueue& rq) {
        if (t.affinity.test(rq.cpu) && (best == nullptr || load_of(rq) < load_of(*best))) best = &rq;
    });
    return best == nullptr ? otherwise : *best;
}

// For a real-time or deadline thread: where something less urgent runs, at best where it ran before. Null: nowhere.
RunQueue* less_urgent_queue(const Thread& t, RunQueue& previous) {
    const auto level = [](const RunQueue& rq) { return rq.running_level.load(std::memory_order_relaxed); };
    if (t.affinity.test(previous.cpu) && level(previous) > t.effective.level) return &previous;
    RunQueue* best = nullptr;
    each_other(previous.cpu, [&](RunQueue& rq) {
        if (!t.affinity.test(rq.cpu) || level(rq) <= t.effective.level) return;
        if (best == nullptr || level(rq) > level(*best)) best = &rq;
    });
    return best;
}

}  // namespace

RunQueue& select_queue(Thread& t, RunQueue& previous) {
    if (t.affinity.test(previous.cpu)) {
        if (is_idle(previous)) return previous;
        // An interrupt that found this CPU idle: cheapest of all.
        RunQueue& here = local_queue();
        if (is_idle(here) && t.affinity.test(here.cpu)) return here;
    }
    if (RunQueue* idle = idle_queue_for(t)) return *idle;
    if (t.sched_class < Class::kFair) [[unlikely]]
        if (RunQueue* rq = less_urgent_queue(t, previous)) return *rq;
    return first_allowed(t, previous);
}

RunQueue& select_queue_for_new(Thread& t) {
    RunQueue& here = local_queue();
    if (hw::cpus_online() == 1) return here;
    if (is_idle(here) && t.affinity.test(here.cpu)) return here;
    if (RunQueue* idle = idle_queue_for(t)) return *idle;
    RunQueue* best = t.affinity.test(here.cpu) ? &here : nullptr;
    each_other(here.cpu, [&](RunQueue& rq) {
        if (t.affinity.test(rq.cpu) && (best == nullptr || load_of(rq) < load_of(*best))) best = &rq;
    });
    return best == nullptr ? here : *best;
}

bool steal(RunQueue& rq) {
    RunQueue* from = busiest(rq.cpu);
    if (from == nullptr || !from->lock.try_lock_irq_is_off()) return false;
    const bool moved = move_one(*from, rq);
    from->lock.unlock_keep_irq_off();
    return moved;
}

void balance(RunQueue& rq) {
    RunQueue* from = busiest(rq.cpu);
    if (from == nullptr || load_of(*from) < load_of(rq) + 2) return;
    rq.lock.lock_irq_is_off();
    if (from->lock.try_lock_irq_is_off()) {
        (void)move_one(*from, rq);
        from->lock.unlock_keep_irq_off();
    }
    rq.lock.unlock_keep_irq_off();
}

void note_idle(RunQueue& rq, bool idle) {
    if (hw::cpus_possible() == 1) return;
    if (idle) {
        idle_cpus.set(rq.cpu);
    } else {
        idle_cpus.clear(rq.cpu);
    }
}

void offer_work(RunQueue& rq) {
    if (rq.waiting.load(std::memory_order_relaxed) == 0) return;
    for (usize w = 0; w < hw::CpuMask::words(); w++) {
        const u64 idle = idle_cpus.word(w);
        if (idle == 0) continue;
        resched(*queue_of(static_cast<u32>(w * 64) + static_cast<u32>(std::countr_zero(idle))));
        return;
    }
}

}  // namespace sched
