// WorkQueue: functions to be called later in a kernel thread, where they may sleep.
// Callers: F4 and above; system_work() serves all that have no reason for a queue of their own.
// Locks, context: submit() from any context but NMI. A Work runs once per submission; it may submit itself again.
#pragma once

#include <atomic>

#include "sched/timer.h"
#include "sched/wait_queue.h"
#include "sync/guarded.h"

namespace sched {

struct Work {
    constexpr Work() = default;
    constexpr explicit Work(void (*function)(Work&)) : fn(function) {}
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    void (*fn)(Work&) = nullptr;
    ListNode node;
    std::atomic<bool> pending{false};
};

class WorkQueue {
  public:
    constexpr WorkQueue() = default;
    // Starts `threads` worker threads named `name`. Call once. ENOMEM.
    Result<void> start(std::string_view name, u32 threads = 1);
    // False: it was pending already.
    bool submit(Work& work);
    // Takes it back if no worker has begun it. False: it runs, has run or was not submitted.
    bool cancel(Work& work);
    // Sleeps until all that was submitted before has run.
    void flush();

  private:
    static void run(void* self);
    struct State {
        IntrusiveList<Work, &Work::node> list;
        u32 running = 0;
    };
    sync::Guarded<State, sync::SpinLock<sync::Rank::kWork, sync::kIrqOff>> state_;
    WaitQueue more_;
    WaitQueue idle_;
};

// A Work that is submitted at a moment.
struct DelayedWork : Work {
    explicit DelayedWork(void (*function)(Work&)) : Work(function) {}
    struct Alarm : Timer {
        Alarm() : Timer(&ring) {}
        static void ring(Timer& timer);
        DelayedWork* work = nullptr;
        WorkQueue* queue = nullptr;
    } alarm;
};
void submit_at(WorkQueue& queue, DelayedWork& work, Instant when);

// The common queue: short works only.
WorkQueue& system_work();

}  // namespace sched
