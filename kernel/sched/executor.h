// Executor: a CPU's thread that runs strands, one after another; none of them may block.
// Callers: actors.
// Locks, context: post() from any context but NMI (takes Rank::kMailbox); the rest in thread context.
#pragma once

#include <atomic>

#include "base/result.h"
#include "sched/strand.h"
#include "sched/thread.h"
#include "sync/guarded.h"

namespace sched {

class Executor;

// A strand with a home: runs on one executor only, and that counts what it uses.
struct Worker : Strand {
    Worker();
    Executor* home = nullptr;
    // Called on the executor when run_on() has returned and `finished()` says that it was the last time: the
    // executor touches the worker no more.
    bool (*finished)(Worker&) = nullptr;
    void (*ended)(Worker&) = nullptr;
    // Written by the executor alone.
    std::atomic<u64> runs{0}, run_ns{0}, longest_ns{0};
};

class Executor {
  public:
    constexpr Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    // The thread of `cpu`, which must be online. Once. ENOMEM.
    Result<void> start(u32 cpu);
    bool started() const { return thread_ != nullptr; }
    void post(Worker& worker);

  private:
    using List = IntrusiveList<Strand, &Strand::node>;
    static void run(void* self);
    bool take(List& batch);
    static void run_one(Worker& worker);

    sync::Guarded<List, sync::SpinLock<sync::Rank::kMailbox, sync::kIrqOff>> ready_;
    Thread* thread_ = nullptr;  // set before the first post()
};

}  // namespace sched
