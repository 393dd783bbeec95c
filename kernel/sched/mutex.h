// Mutex<Rank>: a sleeping lock with an owner.
// Callers: F4 and above, mostly by way of sync::Guarded<T, sched::Mutex<Rank>>.
// Locks, context: thread context, no spin lock held. Not recursive. Uncontended: one atomic to take, one to give.
#pragma once

#include <atomic>
#include <bit>

#include "base/list.h"
#include "base/result.h"
#include "sched/scheduler.h"
#include "sync/guarded.h"
#include "sync/lockdep.h"

namespace sched {

// The mutex without its rank.
class MutexCore {
  public:
    constexpr MutexCore() = default;
    MutexCore(const MutexCore&) = delete;
    MutexCore& operator=(const MutexCore&) = delete;

    void acquire(Thread& self) {
        Thread* expected = nullptr;
        if (!owner_.compare_exchange_strong(expected, &self, std::memory_order_acquire, std::memory_order_relaxed))
            [[unlikely]] {
            (void)acquire_slow(self, state::kUninterruptible);
        }
    }
    // ERESTARTSYS: a fatal signal came first (kKillable), or any (kInterruptible).
    Result<void> acquire_as(Thread& self, u32 sleep_state) {
        Thread* expected = nullptr;
        if (owner_.compare_exchange_strong(expected, &self, std::memory_order_acquire, std::memory_order_relaxed))
            return {};
        return acquire_slow(self, sleep_state);
    }
    bool try_acquire(Thread& self) {
        Thread* expected = nullptr;
        return owner_.compare_exchange_strong(expected, &self, std::memory_order_acquire, std::memory_order_relaxed);
    }
    void release() {
        owner_.store(nullptr, std::memory_order_seq_cst);  // orders the look at waiting_ after it
        if (waiting_.load(std::memory_order_relaxed) != 0) [[unlikely]]
            release_slow();
    }
    Thread* owner() const { return owner_.load(std::memory_order_relaxed); }

  private:
    struct Waiter;
    Result<void> acquire_slow(Thread& self, u32 sleep_state);
    void release_slow();

    std::atomic<Thread*> owner_{nullptr};
    std::atomic<u32> waiting_{0};  // threads in acquire_slow
    sync::SpinLock<sync::Rank::kMutexWait, sync::kIrqOff> wait_lock_;
    struct WaiterNode {
        ListNode node;
        Thread* thread = nullptr;
    };
    IntrusiveList<WaiterNode, &WaiterNode::node> waiters_;
};

template <sync::Rank kRank>
class Mutex {
    static_assert(!sync::is_spin_rank(kRank), "this rank is of a spin lock");

  public:
    static constexpr sync::Rank kLockRank = kRank;
    static constexpr bool kSleeps = true;
    struct State {};

    constexpr Mutex() = default;

    State lock() {
        Thread& self = current();
        check(self);
        core_.acquire(self);
        return {};
    }
    void unlock(State) {
        if constexpr (sync::lockdep::kEnabled) sync::lockdep::sleep_release(current().held, this);
        core_.release();
    }
    // ERESTARTSYS: a fatal signal came first. The caller unlocks with unlock({}).
    Result<void> lock_killable() {
        Thread& self = current();
        check(self);
        Result<void> r = core_.acquire_as(self, state::kKillable);
        if constexpr (sync::lockdep::kEnabled) {
            if (!r.ok()) sync::lockdep::sleep_release(self.held, this);
        }
        return r;
    }
    [[nodiscard]] bool try_lock() {
        Thread& self = current();
        if (!core_.try_acquire(self)) return false;
        if constexpr (sync::lockdep::kEnabled) {
            sync::lockdep::sleep_acquire(self.held, this, kRank, caller());
        }
        return true;
    }
    bool held_by_me() const { return core_.owner() == &current(); }
    bool locked() const { return core_.owner() != nullptr; }

  private:
    static u64 caller() { return std::bit_cast<u64>(__builtin_return_address(0)); }
    void check(Thread& self) {
        if constexpr (sync::lockdep::kEnabled) {
            sync::lockdep::assert_may_sleep("a mutex");
            sync::lockdep::sleep_acquire(self.held, this, kRank, caller());
        }
    }
    MutexCore core_;
};

}  // namespace sched
