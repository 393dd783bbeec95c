#include "sync/spin_lock.h"

#include "log/log.h"

namespace sync {

void RawTicketLock::wait(u16 mine) {
    // Counted, not timed: the clock may not run yet. Some seconds even under an emulator.
    constexpr u64 kTooLong = u64{1} << 31;
    u64 spins = 0;
    while (static_cast<u16>(word_.load(std::memory_order_acquire)) != mine) {
        arch::pause();
        if (++spins == kTooLong && !log::panicking()) {
            log::panic("spin lock {} waited for too long (ticket {}, served {}); CPU {} took it at {}", this, mine,
                       static_cast<u16>(word_.load(std::memory_order_relaxed)), lockdep::holder_cpu(this),
                       lockdep::holder_place(this));
        }
    }
}

}  // namespace sync
