// RwLock<Rank>: a sleeping lock that many readers or one writer hold.
// Callers: F4 and above, by way of sync::Guarded<T, sched::RwLock<Rank>> (read(), write()).
// Locks, context: thread context, no spin lock held. Not recursive, not for readers either: a waiting writer stops
// new readers. Uncontended: one atomic to take, one to give.
#pragma once

#include <atomic>
#include <bit>

#include "base/list.h"
#include "sched/scheduler.h"
#include "sync/guarded.h"
#include "sync/lockdep.h"

namespace sched {

class RwLockCore {
  public:
    constexpr RwLockCore() = default;
    RwLockCore(const RwLockCore&) = delete;
    RwLockCore& operator=(const RwLockCore&) = delete;

    void acquire_shared() {
        if ((word_.fetch_add(kReader, std::memory_order_acquire) & kBusyForReaders) != 0) [[unlikely]]
            shared_slow();
    }
    void release_shared() {
        const u32 before = word_.fetch_sub(kReader, std::memory_order_release);
        // The last reader wakes a writer that waits.
        if ((before & kWaiters) != 0 && before < 2 * kReader) [[unlikely]]
            wake_next();
    }
    bool try_shared() {
        u32 now = word_.load(std::memory_order_relaxed);
        while ((now & kBusyForReaders) == 0) {
            if (word_.compare_exchange_weak(now, now + kReader, std::memory_order_acquire, std::memory_order_relaxed))
                return true;
        }
        return false;
    }
    void acquire(Thread& self) {
        u32 expected = 0;
        if (!word_.compare_exchange_strong(expected, kWriter, std::memory_order_acquire, std::memory_order_relaxed))
            [[unlikely]] {
            (void)exclusive_slow(self, state::kUninterruptible);
        }
        owner_.store(&self, std::memory_order_relaxed);
    }
    // ERESTARTSYS.
    Result<void> acquire_as(Thread& self, u32 sleep_state) {
        u32 expected = 0;
        if (!word_.compare_exchange_strong(expected, kWriter, std::memory_order_acquire, std::memory_order_relaxed)) {
            Result<void> r = exclusive_slow(self, sleep_state);
            if (!r.ok()) return r;
        }
        owner_.store(&self, std::memory_order_relaxed);
        return {};
    }
    bool try_acquire(Thread& self) {
        u32 expected = 0;
        if (!word_.compare_exchange_strong(expected, kWriter, std::memory_order_acquire, std::memory_order_relaxed))
            return false;
        owner_.store(&self, std::memory_order_relaxed);
        return true;
    }
    void release() {
        owner_.store(nullptr, std::memory_order_relaxed);
        const u32 before = word_.fetch_and(~kWriter, std::memory_order_release);
        if ((before & kWaiters) != 0) [[unlikely]]
            wake_next();
    }
    // Writer to reader without a gap.
    void downgrade() {
        owner_.store(nullptr, std::memory_order_relaxed);
        const u32 before = word_.fetch_add(kReader - kWriter, std::memory_order_release);
        if ((before & kWaiters) != 0) [[unlikely]]
            wake_next();
    }
    Thread* owner() const { return owner_.load(std::memory_order_relaxed); }
    u32 readers() const { return word_.load(std::memory_order_relaxed) / kReader; }

  private:
    static constexpr u32 kWriter = 1, kWaiters = 2, kReader = 4, kBusyForReaders = kWriter | kWaiters;
    struct WaiterNode {
        ListNode node;
        Thread* thread = nullptr;
        bool writer = false;
        std::atomic<bool> granted{false};  // the lock was handed over
    };
    void shared_slow();
    Result<void> exclusive_slow(Thread& self, u32 sleep_state);
    void wake_next();
    void grant_locked();
    void enqueue_locked(WaiterNode& w);
    Result<void> sleep_until_granted(WaiterNode& w, u32 sleep_state);

    std::atomic<u32> word_{0};
    std::atomic<Thread*> owner_{nullptr};  // the writer, for reports
    sync::SpinLock<sync::Rank::kMutexWait, sync::kIrqOff> wait_lock_;
    IntrusiveList<WaiterNode, &WaiterNode::node> waiters_;
};

template <sync::Rank kRank>
class RwLock {
    static_assert(!sync::is_spin_rank(kRank), "this rank is of a spin lock");

  public:
    static constexpr sync::Rank kLockRank = kRank;
    static constexpr bool kSleeps = true;
    struct State {};

    constexpr RwLock() = default;

    State lock() {
        Thread& self = current();
        check(self);
        core_.acquire(self);
        return {};
    }
    void unlock(State) {
        forget();
        core_.release();
    }
    void lock_shared() {
        check(current());
        core_.acquire_shared();
    }
    void unlock_shared() {
        forget();
        core_.release_shared();
    }
    // ERESTARTSYS: a fatal signal came first.
    Result<void> lock_killable() {
        Thread& self = current();
        check(self);
        Result<void> r = core_.acquire_as(self, state::kKillable);
        if (!r.ok()) forget();
        return r;
    }
    [[nodiscard]] bool try_lock_shared() {
        if (!core_.try_shared()) return false;
        record();
        return true;
    }
    [[nodiscard]] bool try_lock() {
        if (!core_.try_acquire(current())) return false;
        record();
        return true;
    }
    // The exclusive holder becomes a reader.
    void downgrade() { core_.downgrade(); }
    bool write_held_by_me() const { return core_.owner() == &current(); }

  private:
    static u64 caller() { return std::bit_cast<u64>(__builtin_return_address(0)); }
    void check(Thread& self) {
        if constexpr (sync::lockdep::kEnabled) {
            sync::lockdep::assert_may_sleep("a reader-writer lock");
            sync::lockdep::sleep_acquire(self.held, this, kRank, caller());
        }
    }
    void record() {
        if constexpr (sync::lockdep::kEnabled) sync::lockdep::sleep_acquire(current().held, this, kRank, caller());
    }
    void forget() {
        if constexpr (sync::lockdep::kEnabled) sync::lockdep::sleep_release(current().held, this);
    }
    RwLockCore core_;
};

}  // namespace sched
