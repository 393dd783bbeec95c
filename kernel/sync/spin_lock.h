// SpinLock<Rank, IrqMode>: a lock that keeps preemption off while held; kIrqOff also keeps interrupts off.
// Callers: every floor from F2 up, mostly by way of Guarded<T, Lock>.
// Locks, context: kIrqOn never in an interrupt handler (checked). While held: no sleeping, no user memory.
#pragma once

#include <atomic>

#include "arch/cpu.h"
#include "arch/cpu_local.h"
#include "sync/lockdep.h"
#include "sync/ranks.h"

namespace sync {

enum class IrqMode : u8 { kIrqOn, kIrqOff };
inline constexpr IrqMode kIrqOn = IrqMode::kIrqOn;
inline constexpr IrqMode kIrqOff = IrqMode::kIrqOff;

// How often spin locks of `rank` were found held, and how many turns were spun then. Since boot, all CPUs.
struct Contention {
    u64 waits = 0, turns = 0;
};
Contention contention(Rank rank);

// The lock word alone: no preemption, no ranks. Whoever comes when it is free gets it, so a CPU that the host does
// not run at the moment (virtual machines) holds nobody up; one that has waited for long announces itself, and
// newcomers then stand back. docs/decisions/0101-spin-locks.md
class RawSpinLock {
  public:
    constexpr RawSpinLock() = default;
    RawSpinLock(const RawSpinLock&) = delete;
    RawSpinLock& operator=(const RawSpinLock&) = delete;

    // `rank`: under which a wait is counted.
    void lock(Rank rank) {
        if (!try_lock()) [[unlikely]]
            wait(rank);
    }
    bool try_lock() {
        u32 expected = 0;
        return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed);
    }
    void unlock() {
        // The held byte is written by the holder alone: a plain store, which x86 orders after all before it.
        __atomic_store_n(reinterpret_cast<u8*>(&word_), u8{0}, __ATOMIC_RELEASE);  // little endian: the low byte
    }
    bool locked() const { return (word_.load(std::memory_order_relaxed) & kHeld) != 0; }
    // Makes a held lock free: for a panic only.
    void break_lock() { word_.store(0, std::memory_order_relaxed); }

  private:
    static constexpr u32 kHeld = 1, kStarving = 1u << 8;
    // Spins; after some seconds panics with the holder's name.
    void wait(Rank rank);
    std::atomic<u32> word_{0};  // low byte: held; above it: how many have waited for long
};

template <Rank kRank, IrqMode kMode = IrqMode::kIrqOn>
class SpinLock {
    static_assert(is_spin_rank(kRank), "this rank is of a sleeping lock");

  public:
    static constexpr Rank kLockRank = kRank;
    static constexpr bool kSleeps = false;
    struct Nothing {};
    // What unlock() needs back: the interrupt flag.
    using State = std::conditional_t<kMode == IrqMode::kIrqOff, u64, Nothing>;

    constexpr SpinLock() = default;

    [[nodiscard]] State lock() {
        if constexpr (kMode == IrqMode::kIrqOff) {
            const u64 flags = arch::irq_save();
            arch::preempt_disable();
            take();
            return flags;
        } else {
            arch::preempt_disable();
            take();
            return {};
        }
    }
    void unlock(State state) {
        release();
        if constexpr (kMode == IrqMode::kIrqOff) {
            arch::irq_restore(state);
        }
        arch::preempt_enable();
    }
    // For callers whose interrupts are off already (kIrqOff) or who change context while it is held.
    void lock_irq_is_off() {
        arch::preempt_disable();
        take();
    }
    void unlock_keep_irq_off() {
        release();
        arch::preempt_enable_no_resched();
    }
    [[nodiscard]] bool try_lock(State& state) {
        if constexpr (kMode == IrqMode::kIrqOff) state = arch::irq_save();
        arch::preempt_disable();
        if (raw_.try_lock()) {
            if constexpr (lockdep::kEnabled)
                lockdep::spin_acquire(this, kRank, kMode == IrqMode::kIrqOff, here(), true);
            return true;
        }
        if constexpr (kMode == IrqMode::kIrqOff) arch::irq_restore(state);
        arch::preempt_enable();
        return false;
    }
    // The same with interrupts off already; give it back with unlock_keep_irq_off().
    [[nodiscard]] bool try_lock_irq_is_off() {
        arch::preempt_disable();
        if (raw_.try_lock()) {
            if constexpr (lockdep::kEnabled)
                lockdep::spin_acquire(this, kRank, kMode == IrqMode::kIrqOff, here(), true);
            return true;
        }
        arch::preempt_enable_no_resched();
        return false;
    }
    bool locked() const { return raw_.locked(); }
    void break_lock() { raw_.break_lock(); }

  private:
    static u64 here() { return reinterpret_cast<u64>(__builtin_return_address(0)); }
    void take() {
        if constexpr (lockdep::kEnabled) lockdep::spin_acquire(this, kRank, kMode == IrqMode::kIrqOff, here());
        raw_.lock(kRank);
    }
    void release() {
        if constexpr (lockdep::kEnabled) lockdep::spin_release(this);
        raw_.unlock();
    }
    RawSpinLock raw_;
};

// Holds a lock for a scope. Works for every lock type with lock() -> State and unlock(State).
template <typename Lock>
class [[nodiscard]] LockGuard {
  public:
    explicit LockGuard(Lock& lock) : lock_(&lock), state_(lock.lock()) {}
    LockGuard(Lock& lock, typename Lock::State state) : lock_(&lock), state_(state) {}  // already taken
    LockGuard(const LockGuard&) = delete;
    LockGuard& operator=(const LockGuard&) = delete;
    LockGuard(LockGuard&& other) noexcept : lock_(other.lock_), state_(other.state_) { other.lock_ = nullptr; }
    ~LockGuard() { unlock(); }

    // Early release; the guard is then empty.
    void unlock() {
        if (lock_ == nullptr) return;
        Lock* const lock = lock_;
        lock_ = nullptr;
        lock->unlock(state_);
    }
    // Takes an emptied guard's lock again (waiting code drops and retakes).
    void relock(Lock& lock) {
        state_ = lock.lock();
        lock_ = &lock;
    }
    bool holds() const { return lock_ != nullptr; }

  private:
    Lock* lock_;
    [[no_unique_address]] typename Lock::State state_;
};
template <typename Lock>
using SpinGuard = LockGuard<Lock>;

// Preemption off for a scope.
class [[nodiscard]] PreemptGuard {
  public:
    PreemptGuard() { arch::preempt_disable(); }
    ~PreemptGuard() { arch::preempt_enable(); }
    PreemptGuard(const PreemptGuard&) = delete;
    PreemptGuard& operator=(const PreemptGuard&) = delete;
};

// Interrupts (and so preemption) off for a scope.
class [[nodiscard]] IrqGuard {
  public:
    IrqGuard() : flags_(arch::irq_save()) {}
    ~IrqGuard() { arch::irq_restore(flags_); }
    IrqGuard(const IrqGuard&) = delete;
    IrqGuard& operator=(const IrqGuard&) = delete;

  private:
    u64 flags_;
};

}  // namespace sync
