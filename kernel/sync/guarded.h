// Guarded<T, Lock>: data that is reached only with its lock held. auto g = x.lock(); g->field = 1;
// Callers: every floor; Lock is a sync::SpinLock or a sched::Mutex / sched::RwLock.
// Locks, context: the lock's. Guards are not kept across waits except by wait_with(), which drops and retakes.
#pragma once

#include <utility>

#include "sync/spin_lock.h"

namespace sync {

template <typename T, typename Lock>
class Guarded {
  public:
    constexpr Guarded() = default;
    template <typename... Args>
    constexpr explicit Guarded(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {}
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    class [[nodiscard]] Guard {
      public:
        explicit Guard(Guarded& owner) : owner_(owner), guard_(owner.lock_) {}
        Guard(Guarded& owner, typename Lock::State state) : owner_(owner), guard_(owner.lock_, state) {}
        T* operator->() const { return &owner_.value_; }
        T& operator*() const { return owner_.value_; }
        // Early release, and its undoing. The data must not be touched between.
        void unlock() { guard_.unlock(); }
        void relock() { guard_.relock(owner_.lock_); }
        bool holds() const { return guard_.holds(); }

      private:
        Guarded& owner_;
        LockGuard<Lock> guard_;
    };
    // The data for reading alone, under a lock that readers share.
    class [[nodiscard]] ReadGuard {
      public:
        explicit ReadGuard(const Guarded& owner) : owner_(owner) { owner_.lock_.lock_shared(); }
        ~ReadGuard() { unlock(); }
        ReadGuard(const ReadGuard&) = delete;
        ReadGuard& operator=(const ReadGuard&) = delete;
        const T* operator->() const { return &owner_.value_; }
        const T& operator*() const { return owner_.value_; }
        void unlock() {
            if (!held_) return;
            held_ = false;
            owner_.lock_.unlock_shared();
        }
        void relock() {
            owner_.lock_.lock_shared();
            held_ = true;
        }
        bool holds() const { return held_; }

      private:
        const Guarded& owner_;
        bool held_ = true;
    };

    // Exclusive access until the guard dies.
    Guard lock() { return Guard(*this); }
    Guard write() { return Guard(*this); }
    // Shared access, for locks that have it.
    ReadGuard read() const
        requires requires(Lock& l) { l.lock_shared(); }
    {
        return ReadGuard(*this);
    }
    // fn(T&) under the lock; its result is passed on.
    template <typename Fn>
    decltype(auto) with(Fn&& fn) {
        auto g = lock();
        return std::forward<Fn>(fn)(*g);
    }
    // The data without the lock: before anyone else can see the object, or in a panic.
    T& unguarded() { return value_; }
    const T& unguarded() const { return value_; }
    Lock& lock_object() { return lock_; }

  private:
    mutable Lock lock_;
    T value_{};
};

}  // namespace sync
