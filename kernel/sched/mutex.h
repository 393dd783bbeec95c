// Mutex<Rank>: a sleeping lock with an owner.
// Callers: F4 and above, mostly by way of sync::Guarded<T, sched::Mutex<Rank>>.
// Locks, context: thread context, no spin lock held. Not recursive. Uncontended: one atomic to take, one to give. An
// owner is as urgent as the most urgent of those that wait: decision 0121.
#pragma once

#include <atomic>
#include <bit>

#include "base/result.h"
#include "sched/inherit.h"
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
        if (!try_acquire(self)) [[unlikely]]
            (void)acquire_slow(self, state::kUninterruptible);
    }
    // ERESTARTSYS: a fatal signal came first (kKillable), or any (kInterruptible).
    Result<void> acquire_as(Thread& self, u32 sleep_state) {
        if (try_acquire(self)) return {};
        return acquire_slow(self, sleep_state);
    }
    bool try_acquire(Thread& self) {
        u64 expected = 0;
        return word_.compare_exchange_strong(expected, word_of(self), std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }
    void release(Thread& self) {
        u64 expected = word_of(self);
        if (!word_.compare_exchange_strong(expected, 0, std::memory_order_release, std::memory_order_relaxed))
            [[unlikely]] {
            release_slow();
        }
    }
    Thread* owner() const { return owner_of(word_.load(std::memory_order_relaxed)); }

  private:
    static u64 word_of(const Thread& t) { return std::bit_cast<u64>(&t); }
    static Thread* owner_of(u64 word) { return std::bit_cast<Thread*>(word & ~kWaiters); }
    Result<void> acquire_slow(Thread& self, u32 sleep_state);
    void release_slow();
    bool take_if_free(InheritanceGraph& graph, Thread& self, PiWaiter& waiter);

    // While it is set, taking and giving go the slow way, under the lock of the inheritance graph.
    static constexpr u64 kWaiters = 1;
    std::atomic<u64> word_{0};  // the owner's address, and kWaiters
    PiLock waiters_;            // its owner is known while somebody waits
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
        core_.release(current());
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
