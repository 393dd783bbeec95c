// SwitchRing: a CPU's latest context switches, for the console's timeline. Off until trace_switches().
// Callers: the scheduler writes; one reader takes.
// Locks, context: none: one writer (the CPU, its queue locked), one reader. A full ring loses the newest.
// Pure.
#pragma once

#include <array>
#include <atomic>

#include "base/result.h"
#include "base/types.h"

namespace sched {

struct Thread;

struct SwitchRecord {
    i64 when_ns = 0;  // of the monotonic clock
    u32 task = 0;     // task_key() of who runs from then on; 0: idle
};

class SwitchRing {
  public:
    static constexpr u32 kSize = 1024;

    void record(i64 when_ns, u32 task) {
        const u32 head = head_.load(std::memory_order_relaxed);
        if (head - tail_.load(std::memory_order_acquire) == kSize) {
            lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            return;
        }
        records_[head % kSize] = {when_ns, task};
        head_.store(head + 1, std::memory_order_release);
    }
    // False: there is none.
    bool take(SwitchRecord& out) {
        const u32 tail = tail_.load(std::memory_order_relaxed);
        if (tail == head_.load(std::memory_order_acquire)) return false;
        out = records_[tail % kSize];
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }
    u64 lost() const { return lost_.load(std::memory_order_relaxed); }

  private:
    std::array<SwitchRecord, kSize> records_{};
    std::atomic<u32> head_{0}, tail_{0};
    std::atomic<u64> lost_{0};
};

// Tells threads apart for as long as both live; 0 for the idle thread.
u32 task_key(const Thread& thread, const Thread& idle);
// Records the switches of all CPUs that are prepared (again: of those that came since). Thread context.
// ENOMEM.
Result<void> trace_switches();
// The ring of `cpu`; null: its switches are not recorded.
SwitchRing* switch_ring(u32 cpu);

}  // namespace sched
