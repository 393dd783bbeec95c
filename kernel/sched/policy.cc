// Priorities, affinity, and the figures about threads' time.
#include <algorithm>

#include "hw/ipi.h"
#include "sched/inherit.h"
#include "sched/run_queue.h"
#include "sched/scheduler.h"
#include "sched/tick.h"
#include "time/clock.h"

namespace sched {
namespace {

constexpr u32 kIdlePolicyWeight = 3;  // SCHED_IDLE, as Linux's WEIGHT_IDLEPRIO

// Under the graph's lock, as all that changes policies. The limit is read without it, its two parts one after the other.
constinit DlBandwidth bandwidth;
constinit std::atomic<i64> rt_period{RtLimit{}.period}, rt_runtime{RtLimit{}.runtime};

Class class_of(Policy p) {
    if (p == Policy::kDeadline) return Class::kDeadline;
    return p == Policy::kFifo || p == Policy::kRoundRobin ? Class::kRealTime : Class::kFair;
}

u32 weight_for(Policy p, int nice) { return p == Policy::kIdle ? kIdlePolicyWeight : weight_of_nice(nice); }

// Runs change() with the thread out of its queue, and puts it back in by its new class. Interrupts off.
template <typename Fn>
void change_queued(Thread& t, Fn&& change) {
    RunQueue& rq = lock_queue_of(t);
    if (rq.current == &t) {
        // Running: counted in its class's queue, but not among the waiting.
        (void)charge_current(rq, time::now().ns);
        if (t.sched_class == Class::kFair) rq.fair.dequeue(t);
        change(rq);
        rq.running_level.store(t.effective.level, std::memory_order_relaxed);
        if (t.sched_class == Class::kFair) rq.fair.add_running(t);
        resched(rq);
    } else if (t.queued) {
        dequeue(rq, t);
        change(rq);
        enqueue(rq, t, false);
        preempt_check(rq, t);
    } else {
        change(rq);
    }
    rq.lock.unlock_keep_irq_off();
}

Urgency own_urgency(const PiThread& pi) {
    const auto& t = static_cast<const Thread&>(pi);
    if (t.policy == Policy::kDeadline) return {Urgency::kDeadline, t.dl_at};
    if (class_of(t.policy) != Class::kRealTime) return {};
    return {static_cast<u8>(Urgency::kOrdinary - t.own_rt_priority), 0};
}

// The class and the priority that the thread's urgency asks for, its own or an inherited one. Queue locked.
void place(RunQueue& rq, Thread& t) {
    const u8 level = t.effective.level;
    const Class wanted = level == Urgency::kDeadline  ? Class::kDeadline
                         : level < Urgency::kOrdinary ? Class::kRealTime
                                                      : Class::kFair;
    t.dl_boosted = wanted == Class::kDeadline && (t.policy != Policy::kDeadline || t.effective.deadline != t.dl_at);
    t.dl_boost_at = t.effective.deadline;
    // A thread that comes back to the fair class begins where the others are.
    if (wanted == Class::kFair && t.sched_class != Class::kFair) {
        t.vruntime = t.deadline = 0;
        rq.fair.join(t);
    }
    t.sched_class = wanted;
    t.rt_priority = wanted == Class::kRealTime ? static_cast<u8>(Urgency::kOrdinary - t.effective.level) : u8{0};
}

void on_urgency_changed(PiThread& pi) {
    Thread& t = thread_of(pi);
    change_queued(t, [&](RunQueue& rq) { place(rq, t); });
}

}  // namespace

constinit GuardedGraph inheritance{std::in_place, InheritanceGraph::Hooks{&own_urgency, &on_urgency_changed}};

void set_nice(Thread& thread, int nice) {
    nice = std::clamp(nice, -20, 19);
    auto graph = inheritance.lock();  // whoever changes a policy holds it
    change_queued(thread, [&](RunQueue&) {
        thread.nice = static_cast<i8>(nice);
        set_weight(thread, weight_for(thread.policy, nice));
    });
}

Result<void> set_policy(Thread& thread, Policy policy, u8 rt_priority, int nice) {
    const bool real_time = class_of(policy) == Class::kRealTime;
    if (real_time ? rt_priority < 1 || rt_priority > 99 : rt_priority != 0) return Errno::kINVAL;
    auto graph = inheritance.lock();
    bandwidth.give_back(thread.dl.share());
    change_queued(thread, [&](RunQueue& rq) {
        thread.dl = {};
        thread.policy = policy;
        thread.own_rt_priority = rt_priority;
        thread.rt_left = kRoundRobinSliceNs;
        if (!real_time) {
            thread.nice = static_cast<i8>(std::clamp(nice, -20, 19));
            set_weight(thread, weight_for(policy, thread.nice));
        }
        place(rq, thread);
    });
    graph->refresh(thread);
    return {};
}

Result<void> set_deadline(Thread& thread, const DlParameters& parameters) {
    auto graph = inheritance.lock();
    const hw::CpuMask online = hw::online_mask();
    for (usize w = 0; w < hw::CpuMask::words(); w++)
        if ((online.word(w) & ~thread.affinity.word(w)) != 0) return Errno::kPERM;
    if (rt_runtime.load(std::memory_order_relaxed) == 0) return Errno::kPERM;
    TRY(bandwidth.change(thread.dl.share(), parameters.share(), hw::cpus_online()));
    change_queued(thread, [&](RunQueue& rq) {
        thread.policy = Policy::kDeadline;
        thread.own_rt_priority = 0;
        thread.dl = parameters;
        thread.begin(time::now().ns);
        place(rq, thread);
    });
    graph->refresh(thread);
    return {};
}

RtLimit rt_limit() { return {rt_period.load(std::memory_order_relaxed), rt_runtime.load(std::memory_order_relaxed)}; }

Result<void> set_rt_limit(const RtLimit& limit) {
    if (limit.period <= 0 || limit.runtime < RtLimit::kUnlimited || limit.runtime > limit.period) return Errno::kINVAL;
    auto graph = inheritance.lock();
    const u64 share =
        limit.runtime == RtLimit::kUnlimited
            ? DlBandwidth::kUnlimited
            : static_cast<u64>((static_cast<unsigned __int128>(limit.runtime) << 20) / static_cast<u64>(limit.period));
    TRY(bandwidth.set_limit(share, hw::cpus_online()));
    rt_period.store(limit.period, std::memory_order_relaxed);
    rt_runtime.store(limit.runtime, std::memory_order_relaxed);
    return {};
}

Result<void> set_affinity(Thread& thread, const hw::CpuMask& mask) {
    hw::CpuMask usable = hw::online_mask();
    for (usize w = 0; w < hw::CpuMask::words(); w++) usable.set_word(w, usable.word(w) & mask.word(w));
    if (!usable.any()) return Errno::kINVAL;
    if (thread.policy == Policy::kDeadline && usable.count() < hw::cpus_online()) return Errno::kBUSY;
    if ((thread.flags.load(std::memory_order_relaxed) & flag::kPinned) != 0) return Errno::kINVAL;

    const u64 flags = arch::irq_save();
    RunQueue* rq = &lock_queue_of(thread);
    thread.affinity = mask;
    const bool must_move = !mask.test(rq->cpu);
    const bool runs = rq->current == &thread;
    if (must_move && thread.queued && !runs) {
        // Waiting: moved at once. kWaking keeps wakers away while it is in no queue.
        dequeue(*rq, thread);
        rq->fair.leave(thread);
        thread.state.store(state::kWaking, std::memory_order_relaxed);
        RunQueue& target = *queue_of(static_cast<u32>(usable.find_set()));
        thread.cpu.store(target.cpu, std::memory_order_release);
        rq->lock.unlock_keep_irq_off();
        rq = &target;
        rq->lock.lock_irq_is_off();
        rq->fair.join(thread);
        // If it was on its way to sleep it wakes for nothing: a wake-up may have been missed meanwhile.
        thread.state.store(state::kRunning, std::memory_order_relaxed);
        enqueue(*rq, thread, false);
        preempt_check(*rq, thread);
    } else if (must_move && runs) {
        resched(*rq);  // leaves the CPU in its next reschedule()
    }
    rq->lock.unlock_keep_irq_off();
    arch::irq_restore(flags);
    if (must_move && &thread == &current()) schedule();
    return {};
}

// What the parent inherits from those that wait for it does not go on to the child.
Result<void> inherit(Thread& child, const Thread& parent) {
    const bool reset = parent.reset_on_fork, urgent = class_of(parent.policy) < Class::kFair;
    if (parent.policy == Policy::kDeadline && !reset) return Errno::kAGAIN;
    child.affinity = parent.affinity;
    child.policy = reset && urgent ? Policy::kNormal : parent.policy;
    child.nice = reset && (urgent || parent.nice < 0) ? i8{0} : parent.nice;
    child.sched_class = class_of(child.policy);
    child.own_rt_priority = child.rt_priority = child.sched_class == Class::kRealTime ? parent.own_rt_priority : u8{0};
    child.effective = own_urgency(child);
    set_weight(child, weight_for(child.policy, child.nice));
    return {};
}

u64 run_time(Thread& thread) {
    const u64 flags = arch::irq_save();
    RunQueue& rq = lock_queue_of(thread);
    u64 ns = thread.run_ns.load(std::memory_order_relaxed);
    if (rq.current == &thread) {
        const i64 since = time::now().ns - thread.run_since;
        if (since > 0) ns += static_cast<u64>(since);
    }
    rq.lock.unlock_keep_irq_off();
    arch::irq_restore(flags);
    return ns;
}

ThreadTimes thread_times(Thread& thread) {
    const u64 total = run_time(thread);
    const u64 user = thread.user_ticks.load(std::memory_order_relaxed);
    const u64 system = thread.system_ticks.load(std::memory_order_relaxed);
    // Without a sample all counts as the kind that kernel threads and users respectively spend.
    if (user + system == 0) return thread.is_kernel() ? ThreadTimes{0, total} : ThreadTimes{total, 0};
    u64 system_ns = static_cast<u64>(static_cast<unsigned __int128>(total) * system / (user + system));
    // Neither part may ever shrink, though the proportion moves: what was told once stays a lower bound.
    system_ns = std::clamp(system_ns, thread.told_system_ns,
                           std::max(thread.told_system_ns, total - std::min(total, thread.told_user_ns)));
    thread.told_system_ns = system_ns;
    thread.told_user_ns = std::max(thread.told_user_ns, total - std::min(total, system_ns));
    return {thread.told_user_ns, thread.told_system_ns};
}

CpuTimes cpu_times(u32 cpu) {
    CpuTimes t;
    RunQueue* rq = cpu < hw::kMaxCpus ? queue_of(cpu) : nullptr;
    if (rq == nullptr) return t;
    t.user_ns = rq->user_ns.load(std::memory_order_relaxed);
    t.nice_ns = rq->nice_ns.load(std::memory_order_relaxed);
    t.system_ns = rq->system_ns.load(std::memory_order_relaxed);
    t.irq_ns = rq->irq_ns.load(std::memory_order_relaxed);
    t.idle_ns = run_time(*rq->idle);
    t.switches = rq->switches;
    return t;
}

u32 runnable_count() {
    u32 n = 0;
    for (u32 cpu = 0; cpu < hw::cpus_possible(); cpu++) {
        RunQueue* rq = queue_of(cpu);
        if (rq == nullptr || rq->local == nullptr) continue;
        n += rq->waiting.load(std::memory_order_relaxed) + (rq->current == rq->idle ? 0u : 1u);
    }
    return n;
}

u64 total_switches() {
    u64 n = 0;
    for (u32 cpu = 0; cpu < hw::cpus_possible(); cpu++)
        if (RunQueue* rq = queue_of(cpu)) n += rq->switches;
    return n;
}

}  // namespace sched
