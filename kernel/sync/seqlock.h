// SeqCount: readers run without writing anything and try again if a writer was at work meanwhile.
// Callers: every floor (clock data, path walk).
// Locks, context: one writer at a time (the caller's lock), with preemption off; readers anywhere but in an NMI
// that may interrupt the writer.
#pragma once

#include <atomic>

#include "arch/cpu.h"
#include "sync/spin_lock.h"

namespace sync {

class SeqCount {
  public:
    u32 read_begin() const {
        u32 s;
        while ((s = sequence_.load(std::memory_order_acquire)) & 1) arch::pause();
        return s;
    }
    // True when what was read since read_begin() may be torn.
    bool read_retry(u32 begin) const {
        std::atomic_thread_fence(std::memory_order_acquire);
        return sequence_.load(std::memory_order_relaxed) != begin;
    }
    // The sequence without waiting, odd while a writer works: for walks that would rather give up.
    u32 peek() const { return sequence_.load(std::memory_order_acquire); }
    void write_begin() {
        sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
    }
    void write_end() { sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  private:
    std::atomic<u32> sequence_{0};
};

// A SeqCount with its writers' lock.
template <Rank kRank>
class SeqLock {
  public:
    // fn() until it ran undisturbed; it must only read.
    template <typename Fn>
    auto read(Fn&& fn) const {
        for (;;) {
            const u32 begin = count_.read_begin();
            auto value = fn();
            if (!count_.read_retry(begin)) return value;
        }
    }
    template <typename Fn>
    void write(Fn&& fn) {
        SpinGuard guard(lock_);
        count_.write_begin();
        fn();
        count_.write_end();
    }

  private:
    SpinLock<kRank, kIrqOff> lock_;
    SeqCount count_;
};

}  // namespace sync
