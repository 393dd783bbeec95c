#include "sched/rw_lock.h"

namespace sched {

// All hand-over happens under wait_lock_: whoever finds kWaiters set and the lock free grants it to the first writer,
// or to all readers up to the next writer. kWaiters is set exactly while the list is not empty.

void RwLockCore::enqueue_locked(WaiterNode& w) {
    waiters_.push_back(w);
    word_.fetch_or(kWaiters, std::memory_order_seq_cst);
}

void RwLockCore::grant_locked() {
    while (WaiterNode* first = waiters_.front()) {
        const u32 now = word_.load(std::memory_order_seq_cst);
        if (first->writer) {
            u32 expected = kWaiters;  // free: no reader, no writer
            if (now != kWaiters ||
                !word_.compare_exchange_strong(expected, kWaiters | kWriter, std::memory_order_seq_cst))
                break;
        } else {
            if ((now & kWriter) != 0) break;
            word_.fetch_add(kReader, std::memory_order_seq_cst);
        }
        first->node.unlink();
        const bool writer = first->writer;
        Thread& thread = *first->thread;
        if (waiters_.empty()) word_.fetch_and(~kWaiters, std::memory_order_seq_cst);
        // The node is its sleeper's stack: not touched after this, and the sleeper waits for the lock we hold.
        first->granted.store(true, std::memory_order_release);
        wake(thread);
        if (writer) break;
    }
}

void RwLockCore::wake_next() {
    sync::SpinGuard guard(wait_lock_);
    grant_locked();
}

Result<void> RwLockCore::sleep_until_granted(WaiterNode& w, u32 sleep_state) {
    Thread& self = *w.thread;
    for (;;) {
        set_state(self, sleep_state);
        if (w.granted.load(std::memory_order_acquire)) break;
        if (sleep_state == state::kKillable && self.killed()) {
            set_running(self);
            sync::SpinGuard guard(wait_lock_);
            if (w.granted.load(std::memory_order_relaxed)) return {};
            w.node.unlink();
            if (waiters_.empty()) word_.fetch_and(~kWaiters, std::memory_order_seq_cst);
            grant_locked();
            return Errno::kRESTARTSYS;
        }
        schedule();
    }
    set_running(self);
    // The granter may still be about to wake us: let it leave before the node goes.
    sync::SpinGuard guard(wait_lock_);
    return {};
}

void RwLockCore::shared_slow() {
    WaiterNode w;
    w.thread = &current();
    {
        sync::SpinGuard guard(wait_lock_);
        enqueue_locked(w);
        // Takes back the count of the failed attempt; if that was the last thing in a writer's way, it goes on.
        word_.fetch_sub(kReader, std::memory_order_seq_cst);
        grant_locked();
    }
    (void)sleep_until_granted(w, state::kUninterruptible);
}

Result<void> RwLockCore::exclusive_slow(Thread& self, u32 sleep_state) {
    WaiterNode w;
    w.thread = &self;
    w.writer = true;
    {
        sync::SpinGuard guard(wait_lock_);
        enqueue_locked(w);
        grant_locked();
    }
    return sleep_until_granted(w, sleep_state);
}

}  // namespace sched
