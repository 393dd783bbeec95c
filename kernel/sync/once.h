// Once: runs something exactly once, whichever CPU comes first; the others wait for its end.
// Callers: every floor.
// Locks, context: preemption may be on; fn must not sleep for long, since waiters spin.
#pragma once

#include <atomic>

#include "arch/cpu.h"

namespace sync {

class Once {
  public:
    template <typename Fn>
    void run(Fn&& fn) {
        if (state_.load(std::memory_order_acquire) == kDone) return;
        u8 expected = kNew;
        if (state_.compare_exchange_strong(expected, kRunning, std::memory_order_acquire)) {
            fn();
            state_.store(kDone, std::memory_order_release);
            return;
        }
        while (state_.load(std::memory_order_acquire) != kDone) arch::pause();
    }
    bool done() const { return state_.load(std::memory_order_acquire) == kDone; }

  private:
    static constexpr u8 kNew = 0, kRunning = 1, kDone = 2;
    std::atomic<u8> state_{kNew};
};

}  // namespace sync
