#include "sched/mutex.h"

namespace sched {

// A waiter announces itself before it tries again, and the holder looks for announcements after it gave the lock
// up (both with full barriers): one of the two always sees the other.
Result<void> MutexCore::acquire_slow(Thread& self, u32 sleep_state) {
    WaiterNode node;
    node.thread = &self;
    Result<void> result;
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    {
        sync::SpinGuard guard(wait_lock_);
        waiters_.push_back(node);
    }
    for (;;) {
        set_state(self, sleep_state);
        if (try_acquire(self)) break;
        if ((sleep_state == state::kKillable && self.killed()) ||
            (sleep_state == state::kInterruptible && self.interrupted())) {
            result = Errno::kRESTARTSYS;
            break;
        }
        schedule();
    }
    set_running(self);
    {
        sync::SpinGuard guard(wait_lock_);
        node.node.unlink();
    }
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
    // A wake-up that was meant for one who gave up goes to the next.
    if (!result.ok() && owner() == nullptr) release_slow();
    return result;
}

void MutexCore::release_slow() {
    sync::SpinGuard guard(wait_lock_);
    // Woken ones stay in the list until they leave it themselves, so the first is always who has waited longest.
    if (WaiterNode* first = waiters_.front()) wake(*first->thread);
}

}  // namespace sched
