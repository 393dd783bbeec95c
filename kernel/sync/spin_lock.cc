#include "sync/spin_lock.h"

#include <array>

#include "log/log.h"

namespace sync {
namespace {

// Written by those who waited anyway, so shared cache lines cost nothing that matters.
struct Counted {
    std::atomic<u64> waits{0}, turns{0};
};
constinit std::array<Counted, static_cast<usize>(Rank::kCount)> counted{};

void count_wait(Rank rank, u64 turns) {
    Counted& c = counted[static_cast<usize>(rank)];
    c.waits.fetch_add(1, std::memory_order_relaxed);
    c.turns.fetch_add(turns, std::memory_order_relaxed);
}

}  // namespace

Contention contention(Rank rank) {
    const Counted& c = counted[static_cast<usize>(rank)];
    return {c.waits.load(std::memory_order_relaxed), c.turns.load(std::memory_order_relaxed)};
}

void RawSpinLock::wait(Rank rank) {
    // Counted, not timed: the clock may not run yet. Ten thousand turns are some hundred microseconds; the
    // last number is many seconds, even under an emulator.
    constexpr u64 kLong = 10'000;
    constexpr u64 kTooLong = u64{1} << 28;
    bool starving = false;
    for (u64 spins = 0;; spins++) {
        u32 now = word_.load(std::memory_order_relaxed);
        if ((now & kHeld) == 0 && (starving || now == 0)) {
            const u32 taken = starving ? (now - kStarving) | kHeld : kHeld;
            if (word_.compare_exchange_weak(now, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
                count_wait(rank, spins);
                return;
            }
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
