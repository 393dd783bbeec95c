#include "sched/scheduler.h"

#include "arch/cpu.h"
#include "arch/upcalls.h"
#include "hw/ipi.h"
#include "sched/run_queue.h"
#include "sync/lockdep.h"
#include "sync/rcu.h"
#include "time/clock.h"

namespace sched {
namespace {

constinit std::atomic<void (*)(Thread&)> switch_space{nullptr};

// `t` left the CPU of `old` because its affinity forbids that one; it is in no queue.
void settle_elsewhere(Thread& t, RunQueue& old) {
    arch::preempt_disable();
    RunQueue& rq = select_queue(t, old);
    t.cpu.store(rq.cpu, std::memory_order_release);
    rq.lock.lock_irq_is_off();
    rq.fair.join(t);
    // It may have been on its way to sleep, and a wake-up may have been missed: it looks again.
    t.state.store(state::kRunning, std::memory_order_relaxed);
    enqueue(rq, t, false);
    preempt_check(rq, t);
    rq.lock.unlock_keep_irq_off();
    arch::preempt_enable_no_resched();
}

// Second half of a switch, on the stack of the thread that runs now: gives the queue free and buries the dead.
void finish_switch(Thread& previous) {
    RunQueue& rq = local_queue();
    const u32 why = previous.state.load(std::memory_order_relaxed);
    rq.lock.unlock_keep_irq_off();
    if (why == state::kDead) [[unlikely]]
        reap(previous);
    if (why == state::kWaking) [[unlikely]]
        settle_elsewhere(previous, rq);
}

// Null when only the idle thread is left.
Thread* take_next(RunQueue& rq) {
    if (rq.real_time.waiting() + rq.deadlines.waiting() == 0) [[likely]]
        return static_cast<Thread*>(rq.fair.take_next());
    for (const ClassOps* c : kClasses)
        if (Thread* t = c->take(rq)) return t == rq.idle ? nullptr : t;
    return nullptr;
}

void add_waiting(RunQueue& rq, i32 change) {
    rq.waiting.store(rq.waiting.load(std::memory_order_relaxed) + static_cast<u32>(change), std::memory_order_relaxed);
}

void put_back(RunQueue& rq, Thread& t) {
    if (t.sched_class == Class::kFair) [[likely]] {
        rq.fair.put_back(t);
    } else if (!ops(t).put_back(rq, t, true)) {
        return;
    }
    add_waiting(rq, 1);
}

// It must stop even if nobody else wants the CPU.
bool must_rest(const Thread& t) { return t.sched_class == Class::kDeadline && t.used_up(); }

void go_to_sleep(RunQueue& rq, Thread& self, u32 why) {
    dequeue(rq, self);
    if (why == state::kUninterruptible || why == state::kKillable) [[unlikely]]
        rq.uninterruptible.store(rq.uninterruptible.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void switch_threads(RunQueue& rq, Thread& prev, Thread& next, i64 now) {
    rq.current = &next;
    rq.running_level.store(next.effective.level, std::memory_order_relaxed);
    rq.switches++;
    std::atomic<u64>& counted = prev.queued ? prev.involuntary_switches : prev.voluntary_switches;
    counted.store(counted.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    next.run_since = now;
    if (prev.switch_work != 0 && static_cast<i64>(arch::user_frame(prev).orig_rax) < 0)
        prev.user_work.fetch_or(prev.switch_work, std::memory_order_relaxed);
    if (next.ran_on != rq.cpu) {
        next.ran_on = rq.cpu;
        if (next.switch_work != 0) next.user_work.fetch_or(next.switch_work, std::memory_order_relaxed);
    }
    if (next.address_space != nullptr && next.address_space != rq.local->loaded_space)
        switch_space.load(std::memory_order_relaxed)(next);
    if (&prev == rq.idle || &next == rq.idle) note_idle(rq, &next == rq.idle);
    if (!rq.tick_runs && &next != rq.idle) tick_begin(rq);
    program_class_event(rq);
    if (rq.trace != nullptr) [[unlikely]]
        rq.trace->record(now, task_key(next, *rq.idle));
    arch::ThreadArch* last = arch::switch_to(prev, next);
    finish_switch(*static_cast<Thread*>(last));
}

// The heart: interrupts off, preemption possible (count 0). `preempted`: the current thread stays runnable whatever
// its state says, since it has not finished going to sleep.
void reschedule(bool preempted) {
    RunQueue& rq = local_queue();
    rq.lock.lock_irq_is_off();
    rcu::quiescent();
    if (arch::need_resched()) arch::clear_need_resched();
    Thread& prev = *rq.current;
    const i64 now = time::now().ns;
    (void)charge_current(rq, now);

    const u32 why = preempted ? state::kRunning : prev.state.load(std::memory_order_relaxed);
    if (why != state::kRunning) {
        go_to_sleep(rq, prev, why);
    } else if (&prev != rq.idle && hw::cpus_online() > 1 && !prev.affinity.test(rq.cpu)) [[unlikely]] {
        dequeue(rq, prev);
        rq.fair.leave(prev);
        prev.state.store(state::kWaking, std::memory_order_relaxed);  // finish_switch() goes on
    } else if (&prev != rq.idle) {
        if (rq.waiting.load(std::memory_order_relaxed) == 0 && !must_rest(prev)) {
            program_class_event(rq);
            rq.lock.unlock_keep_irq_off();
            return;  // nobody else: go on
        }
        put_back(rq, prev);
    }

    Thread* next = take_next(rq);
    if (next == nullptr && hw::cpus_online() > 1 && steal(rq)) next = take_next(rq);
    if (next != nullptr) [[likely]] {
        add_waiting(rq, -1);
    } else {
        next = rq.idle;
    }
    if (next == &prev) {
        program_class_event(rq);
        rq.lock.unlock_keep_irq_off();
        return;
    }
    switch_threads(rq, prev, *next, now);
}

}  // namespace

bool charge_current(RunQueue& rq, i64 now_ns) {
    Thread& t = *rq.current;
    const i64 ran = now_ns - t.run_since;
    t.run_since = now_ns;
    t.run_ns.store(t.run_ns.load(std::memory_order_relaxed) + static_cast<u64>(ran), std::memory_order_relaxed);
    if (t.sched_class == Class::kFair) [[likely]]
        return rq.fair.charge(t, ran);
    return ops(t).charge(rq, t, ran);
}

void enqueue(RunQueue& rq, Thread& t, bool woken) {
    t.queued = true;
    if (t.sched_class == Class::kFair) [[likely]] {
        rq.fair.enqueue(t, woken);
    } else if (!ops(t).enqueue(rq, t, woken)) {
        return;
    }
    add_waiting(rq, 1);
}

// The running thread is not among the waiting.
void dequeue(RunQueue& rq, Thread& t) {
    t.queued = false;
    if (t.sched_class == Class::kFair) [[likely]] {
        rq.fair.dequeue(t);
    } else if (!ops(t).dequeue(rq, t)) {
        return;
    }
    if (&t != rq.current) add_waiting(rq, -1);
}

void resched(RunQueue& rq) {
    if (rq.local == &arch::cpu()) {
        arch::set_need_resched();
        return;
    }
    if (rq.local->need_resched.load(std::memory_order_relaxed) != 0) return;  // its interrupt is on the way
    arch::set_need_resched_remote(*rq.local);
    hw::send_ipi(rq.cpu, hw::Ipi::kReschedule);
}

void preempt_check(RunQueue& rq, Thread& t) {
    Thread& running = *rq.current;
    if (t.dl_rests) [[unlikely]]
        return;
    if (t.sched_class != running.sched_class) {
        if (t.sched_class < running.sched_class) resched(rq);
        return;
    }
    if (ops(t).preempts(rq, t, running)) resched(rq);
}

RunQueue& lock_queue_of(Thread& thread) {
    for (;;) {
        RunQueue& rq = *queue_of(thread.cpu.load(std::memory_order_acquire));
        rq.lock.lock_irq_is_off();
        if (thread.cpu.load(std::memory_order_relaxed) == rq.cpu) [[likely]]
            return rq;
        rq.lock.unlock_keep_irq_off();
    }
}

void schedule() {
    if constexpr (sync::lockdep::kEnabled) sync::lockdep::assert_may_sleep("schedule()");
    const u64 flags = arch::irq_save();
    reschedule(false);
    while (arch::need_resched()) [[unlikely]]
        reschedule(true);
    arch::irq_restore(flags);
}

void yield() {
    const u64 flags = arch::irq_save();
    RunQueue& rq = local_queue();
    if (rq.waiting.load(std::memory_order_relaxed) != 0 || rq.current->sched_class == Class::kDeadline) {
        rq.lock.lock_irq_is_off();
        ops(*rq.current).yield(rq, *rq.current);
        rq.lock.unlock_keep_irq_off();
        reschedule(true);
    }
    arch::irq_restore(flags);
}

bool wake(Thread& thread, u32 mask) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if ((thread.state.load(std::memory_order_relaxed) & mask) == 0) return false;
    const u64 flags = arch::irq_save();
    RunQueue* rq = &lock_queue_of(thread);
    const u32 why = thread.state.load(std::memory_order_relaxed);
    const bool sleeps = (why & mask) != 0;
    if (sleeps) {
        if (thread.queued) {
            // Still on its way to sleep, or preempted there: it finds its state changed.
            thread.state.store(state::kRunning, std::memory_order_relaxed);
        } else {
            if (why == state::kUninterruptible || why == state::kKillable) [[unlikely]]
                rq->uninterruptible.store(rq->uninterruptible.load(std::memory_order_relaxed) - 1,
                                          std::memory_order_relaxed);
            if (hw::cpus_online() > 1) {
                RunQueue& target = select_queue(thread, *rq);
                if (&target != rq) {
                    thread.state.store(state::kWaking, std::memory_order_relaxed);
                    rq->fair.leave(thread);
                    thread.cpu.store(target.cpu, std::memory_order_release);
                    rq->lock.unlock_keep_irq_off();
                    rq = &target;
                    rq->lock.lock_irq_is_off();
                    rq->fair.join(thread);
                }
            }
            thread.state.store(state::kRunning, std::memory_order_relaxed);
            // The running thread's time up to now decides whether the woken one comes first.
            if (rq->current != rq->idle) (void)charge_current(*rq, time::now().ns);
            enqueue(*rq, thread, true);
            preempt_check(*rq, thread);
        }
    }
    rq->lock.unlock_keep_irq_off();
    arch::irq_restore(flags);
    if (arch::need_resched() && arch::preemptible() && arch::irq_enabled()) arch::preempt_now();
    return sleeps;
}

void kick(Thread& thread) {
    const u64 flags = arch::irq_save();
    arch::preempt_disable();
    const u32 cpu = thread.cpu.load(std::memory_order_acquire);
    RunQueue* rq = queue_of(cpu);
    // Racy: a thread that leaves the CPU meanwhile looks at its work when it returns to user mode anyway.
    if (rq != nullptr && cpu != arch::cpu_id() && rq->current == &thread) hw::send_ipi(cpu, hw::Ipi::kReschedule);
    arch::preempt_enable_no_resched();
    arch::irq_restore(flags);
}

void interrupt(Thread& thread, bool fatal) {
    thread.flags.fetch_or(flag::kInterrupted | (fatal ? flag::kKilled : 0), std::memory_order_seq_cst);
    if (!wake(thread, state::kInterruptible | (fatal ? state::kKillable : 0))) kick(thread);
}

void exit_thread() {
    Thread& self = current();
    if (self.policy == Policy::kDeadline) [[unlikely]]
        (void)set_policy(self, Policy::kNormal, 0, 0);  // gives its share back
    arch::irq_disable();
    self.state.store(state::kDead, std::memory_order_relaxed);
    reschedule(false);
    __builtin_unreachable();
}

constinit static std::atomic<u64> started{0};
u64 threads_started() { return started.load(std::memory_order_relaxed); }

void start(Thread& thread) {
    started.fetch_add(1, std::memory_order_relaxed);
    thread.started = time::now();
    const u64 flags = arch::irq_save();
    arch::preempt_disable();
    RunQueue& rq = select_queue_for_new(thread);
    thread.cpu.store(rq.cpu, std::memory_order_release);
    rq.lock.lock_irq_is_off();
    thread.vruntime = thread.deadline = 0;
    rq.fair.join(thread);
    thread.state.store(state::kRunning, std::memory_order_relaxed);
    enqueue(rq, thread, true);
    if (rq.current == rq.idle) {
        resched(rq);
    } else {
        preempt_check(rq, thread);
    }
    rq.lock.unlock_keep_irq_off();
    arch::preempt_enable_no_resched();
    arch::irq_restore(flags);
    if (arch::need_resched() && arch::preemptible() && arch::irq_enabled()) arch::preempt_now();
}

void set_address_space_switch(void (*fn)(Thread& next)) { switch_space.store(fn, std::memory_order_release); }

}  // namespace sched

void on_preempt() {
    do {
        sched::reschedule(true);
    } while (arch::need_resched());
}

void on_thread_begin(arch::ThreadArch* previous) { sched::finish_switch(*static_cast<sched::Thread*>(previous)); }
