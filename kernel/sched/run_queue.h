// RunQueue: the threads that may run on one CPU, and the table of scheduling classes. Inside sched/.
// Callers: sched/*.cc.
// Locks, context: everything under `lock` with interrupts off but where stated. Two queues nest by ascending CPU
// number, or by try_lock.
#pragma once

#include <array>
#include <atomic>

#include "sched/thread.h"
#include "sched/trace.h"
#include "sync/spin_lock.h"

namespace sched {

struct RunQueue {
    using Lock = sync::SpinLock<sync::Rank::kRunQueue, sync::kIrqOff>;

    Lock lock;
    u32 cpu = 0;
    arch::CpuLocal* local = nullptr;
    Thread* current = nullptr;
    Thread* idle = nullptr;
    std::atomic<u8> running_level{Urgency::kOrdinary};  // of `current`, for CPUs that look for one to run on
    FairQueue fair;
    u64 switches = 0;
    // Threads that wait here, the running one not counted. Read by other CPUs without the lock.
    std::atomic<u32> waiting{0};
    // Went to sleep uninterruptibly here, less those woken here: only the sum over all CPUs means something.
    std::atomic<i64> uninterruptible{0};
    RealTimeQueue real_time;
    DeadlineQueue deadlines;
    RtBudget rt_budget;
    SwitchRing* trace = nullptr;  // where switches are recorded; null: nowhere (trace.h)

    // The tick; this CPU alone, interrupts off.
    bool tick_runs = false;
    Instant next_tick;
    i64 next_balance_ns = 0;
    std::atomic<u64> user_ns{0}, nice_ns{0}, system_ns{0}, irq_ns{0};
};

// The operations of a scheduling class, in the order in which classes are asked for a thread.
struct ClassOps {
    // The thread becomes runnable here; woken: after a sleep or as new. False: it may not run yet, and waits for its time.
    bool (*enqueue)(RunQueue&, Thread&, bool woken);
    // It stops being runnable here, running or waiting. False: it was one that might not run.
    bool (*dequeue)(RunQueue&, Thread&);
    // Takes the next to run out of the waiting; null: none.
    Thread* (*take)(RunQueue&);
    // The running one waits again. at_front: it was preempted. False: as enqueue().
    bool (*put_back)(RunQueue&, Thread&, bool at_front);
    // The running one ran for `ns`; true: others should have their turn.
    bool (*charge)(RunQueue&, Thread&, i64 ns);
    // Whether `woken` should run at once instead of `running` of the same class.
    bool (*preempts)(const RunQueue&, const Thread& woken, const Thread& running);
    void (*yield)(RunQueue&, Thread&);
};
extern const std::array<const ClassOps*, 4> kClasses;
extern const ClassOps kDeadlineClass;  // deadline_class.cc
inline const ClassOps& ops(const Thread& t) { return *kClasses[static_cast<usize>(t.sched_class)]; }

// Null for CPUs that were never prepared.
RunQueue* queue_of(u32 cpu);
// This CPU's; preemption off.
inline RunQueue& local_queue() { return *static_cast<RunQueue*>(arch::cpu().run_queue); }
// Locks the queue of the thread's CPU; interrupts off.
RunQueue& lock_queue_of(Thread& thread);

// Charges the running thread up to now. True: it should give way.
bool charge_current(RunQueue& rq, i64 now_ns);
void enqueue(RunQueue& rq, Thread& t, bool woken);
void dequeue(RunQueue& rq, Thread& t);
// Asks the queue's CPU to reschedule, by interrupt if it is another.
void resched(RunQueue& rq);
// Lets `t`, just enqueued, have the CPU if it should.
void preempt_check(RunQueue& rq, Thread& t);

// placement.cc
RunQueue& select_queue(Thread& t, RunQueue& previous);
RunQueue& select_queue_for_new(Thread& t);
// Moves a waiting thread of another CPU here; false: none. `rq` is locked.
bool steal(RunQueue& rq);
// From the tick: moves a thread here if another CPU has clearly more. `rq` is not locked.
void balance(RunQueue& rq);
void note_idle(RunQueue& rq, bool idle);
// From the tick: has an idle CPU look for work if threads wait here.
void offer_work(RunQueue& rq);

// deadline_class.cc
// What must happen on this CPU at a moment of its own: a deadline thread has used up its time, one that rests may go
// on, real-time threads may again. The end of time: nothing.
i64 next_class_event(const RunQueue& rq);
// The same from the tick: does what is due. Locked.
void run_class_events(RunQueue& rq, i64 now_ns);

// tick.cc
// Has the tick come for the class event too, if it is near. This CPU.
void program_class_event(RunQueue& rq);
void tick_begin(RunQueue& rq);  // a thread other than idle is about to run

// threads.cc
void reap(Thread& dead);

// Run-queue memory: this CPU's boot set-up.
void install_queue(RunQueue& rq, u32 cpu, arch::CpuLocal& local, Thread& idle);

}  // namespace sched
