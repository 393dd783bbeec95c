// WaitQueue: threads (or callbacks: poll, futexes) that wait for one thing to happen.
// Callers: F4 and above.
// Locks, context: waking from any context; waiting in threads without spin locks, except by wait_with(), which drops
// its guard while asleep. Change the condition first, then wake: the wake is a full barrier.
#pragma once

#include <atomic>

#include "base/list.h"
#include "base/result.h"
#include "sched/scheduler.h"
#include "sync/spin_lock.h"

namespace sched {

struct WaitEntry {
    ListNode node;
    // Under the queue's lock, interrupts off. True when it used the wake-up (counts for wake_one). It may unlink
    // the entry with WaitQueue::take_out().
    bool (*wake)(WaitEntry&, u32 events) = nullptr;
    Thread* thread = nullptr;
    bool exclusive = false;
    std::atomic<bool> queued{false};  // false only when no waker touches the entry any more
};

class WaitQueue {
  public:
    constexpr WaitQueue() = default;
    WaitQueue(const WaitQueue&) = delete;
    WaitQueue& operator=(const WaitQueue&) = delete;

    // ---- Waking. `events`: poll bits for callbacks that care; threads take any. The number woken. ----
    u32 wake_all(u32 events = ~0u) { return quick_empty() ? 0 : wake_slow(~0u, events); }
    // All that are not exclusive, and one that is.
    u32 wake_one(u32 events = ~0u) { return quick_empty() ? 0 : wake_slow(1, events); }
    u32 wake_some(u32 exclusive, u32 events = ~0u) { return quick_empty() ? 0 : wake_slow(exclusive, events); }
    // Whether anyone waits; a full barrier comes first.
    bool has_waiters() const { return !quick_empty(); }

    // ---- Waiting for pred() to hold ----
    template <typename Pred>
    void wait(Pred pred) {
        (void)wait_core(state::kUninterruptible, Instant::never(), false, pred);
    }
    // As wait(), but not counted as load: service threads that wait for work.
    template <typename Pred>
    void wait_idle(Pred pred) {
        (void)wait_core(state::kIdleWait, Instant::never(), false, pred);
    }
    // ERESTARTSYS: a signal came first. ETIMEDOUT: `deadline` did.
    template <typename Pred>
    Result<void> wait_interruptible(Pred pred, Instant deadline = Instant::never()) {
        return wait_core(state::kInterruptible, deadline, false, pred);
    }
    template <typename Pred>
    Result<void> wait_killable(Pred pred, Instant deadline = Instant::never()) {
        return wait_core(state::kKillable, deadline, false, pred);
    }
    // ETIMEDOUT.
    template <typename Pred>
    Result<void> wait_until(Pred pred, Instant deadline) {
        return wait_core(state::kUninterruptible, deadline, false, pred);
    }
    // The same, woken one at a time by wake_one().
    template <typename Pred>
    Result<void> wait_exclusive(Pred pred, Instant deadline = Instant::never()) {
        return wait_core(state::kInterruptible, deadline, true, pred);
    }

    // ---- Waiting with a guard held; pred() is called under it, and it is held again on return ----
    template <typename Guard, typename Pred>
    void wait_with(Guard& guard, Pred pred) {
        (void)wait_with_core(guard, state::kUninterruptible, Instant::never(), false, pred);
    }
    template <typename Guard, typename Pred>
    Result<void> wait_interruptible_with(Guard& guard, Pred pred, Instant deadline = Instant::never()) {
        return wait_with_core(guard, state::kInterruptible, deadline, false, pred);
    }
    template <typename Guard, typename Pred>
    Result<void> wait_killable_with(Guard& guard, Pred pred, Instant deadline = Instant::never()) {
        return wait_with_core(guard, state::kKillable, deadline, false, pred);
    }
    template <typename Guard, typename Pred>
    Result<void> wait_exclusive_with(Guard& guard, Pred pred, Instant deadline = Instant::never()) {
        return wait_with_core(guard, state::kInterruptible, deadline, true, pred);
    }

    // ---- Entries of one's own (poll tables, futexes) ----
    // `entry.wake` set. Exclusive entries go to the end.
    void add(WaitEntry& entry);
    // After this no waker touches `entry`. Cheap when it was taken out already.
    void remove(WaitEntry& entry) {
        if (entry.queued.load(std::memory_order_acquire)) remove_slow(entry);
    }
    // From inside entry.wake(): unlinks it; the last access to the entry.
    static void take_out(WaitEntry& entry) {
        entry.node.unlink();
        entry.queued.store(false, std::memory_order_release);
    }

  private:
    // A waiting thread: on its stack.
    class Waiter {
      public:
        Waiter(WaitQueue& queue, Thread& self, u32 state, bool exclusive) : queue_(queue), self_(self), state_(state) {
            entry_.wake = &wake_thread;
            entry_.thread = &self;
            entry_.exclusive = exclusive;
        }
        ~Waiter() {
            set_running(self_);
            queue_.remove(entry_);
        }
        void prepare() { queue_.prepare(entry_, state_); }
        // A wait must end although its condition does not hold.
        bool broken_off() const {
            if (state_ == state::kInterruptible) return self_.interrupted();
            return state_ == state::kKillable && self_.killed();
        }

      private:
        WaitQueue& queue_;
        Thread& self_;
        u32 state_;
        WaitEntry entry_;
    };
    static bool wake_thread(WaitEntry& entry, u32 events);

    template <typename Pred>
    Result<void> wait_core(u32 state, Instant deadline, bool exclusive, Pred& pred) {
        if (pred()) return {};
        Waiter waiter(*this, current(), state, exclusive);
        for (;;) {
            waiter.prepare();
            if (pred()) return {};
            if (waiter.broken_off()) [[unlikely]] {
                // From here on no waker counts us; one that did has made the condition true before.
                set_state(current(), state::kRunning);
                return pred() ? Result<void>() : Errno::kRESTARTSYS;
            }
            if (!schedule_until(deadline)) return pred() ? Result<void>() : Errno::kTIMEDOUT;
        }
    }
    template <typename Guard, typename Pred>
    Result<void> wait_with_core(Guard& guard, u32 state, Instant deadline, bool exclusive, Pred& pred) {
        if (pred()) return {};
        Waiter waiter(*this, current(), state, exclusive);
        for (;;) {
            waiter.prepare();
            if (waiter.broken_off()) return Errno::kRESTARTSYS;
            guard.unlock();
            const bool in_time = schedule_until(deadline);
            guard.relock();
            if (pred()) return {};
            if (!in_time) return Errno::kTIMEDOUT;
        }
    }

    bool quick_empty() const {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return entries_.empty();  // a racy look: the fence orders it after the caller's change
    }
    u32 wake_slow(u32 exclusive, u32 events);
    void remove_slow(WaitEntry& entry);
    // Queues the entry if a waker took it out, and sets its thread's state.
    void prepare(WaitEntry& entry, u32 state);
    void add_locked(WaitEntry& entry);

    using Lock = sync::SpinLock<sync::Rank::kWaitQueue, sync::kIrqOff>;
    Lock lock_;
    IntrusiveList<WaitEntry, &WaitEntry::node> entries_;
};

}  // namespace sched
