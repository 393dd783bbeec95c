#include "sync/spin_lock.h"

#include "log/log.h"

namespace sync {

void RawSpinLock::wait() {
    // Counted, not timed: the clock may not run yet. Ten thousand turns are some hundred microseconds; the last
    // number is many seconds, even under an emulator.
    constexpr u64 kLong = 10'000;
    constexpr u64 kTooLong = u64{1} << 28;
    bool starving = false;
    for (u64 spins = 0;; spins++) {
        u32 now = word_.load(std::memory_order_relaxed);
        if ((now & kHeld) == 0 && (starving || now == 0)) {
            const u32 taken = starving ? (now - kStarving) | kHeld : kHeld;
            if (word_.compare_exchange_weak(now, taken, std::memory_order_acquire, std::memory_order_relaxed)) return;
        }
        if (spins == kLong) {
            word_.fetch_add(kStarving, std::memory_order_relaxed);
            starving = true;
        }
        if (spins == kTooLong && !log::panicking()) {
            log::panic("spin lock {} waited for too long; CPU {} took it at {}", this, lockdep::holder_cpu(this),
                       lockdep::holder_place(this));
        }
        arch::pause();
    }
}

}  // namespace sync
