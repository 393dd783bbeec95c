// Buckets and waiters of futexes, shared by futex.cc, futex_pi.cc and futex_multi.cc.
// Callers: ipc/futex*.cc.
// Locks, context: a bucket's lines are guarded by its lock.
#pragma once

#include <array>

#include "base/hash_table.h"
#include "base/list.h"
#include "ipc/futex.h"
#include "sched/scheduler.h"
#include "sync/spin_lock.h"
#include "vm/user_atomic.h"

namespace ipc::futex {

struct Key {
    const void* object = nullptr;  // address space or memory object
    u64 offset = 0;                // user address, or byte in the object
    bool operator==(const Key&) const = default;
};

struct Bucket;

struct Waiter {
    ListNode node;
    Key key;
    u32 bits = kFutexAnyBit;
    i32 tid = 0;  // of a PI waiter; 0: a plain one
    sched::Thread* thread = nullptr;
    // Null once woken: the waker's last access. Changes under the lock of the bucket it names.
    std::atomic<Bucket*> bucket{nullptr};
};

struct alignas(64) Bucket {
    sync::SpinLock<sync::Rank::kFutex> lock;
    // Counts waiters before they look at their word, so that wakers may skip an empty bucket without its lock.
    std::atomic<u32> count{0};
    IntrusiveList<Waiter, &Waiter::node> waiters;
};

Bucket& bucket_of(const Key& key);
// EINVAL: misaligned. EFAULT: not user memory, or (shared) nothing mapped.
Result<Key> key_of(vm::AddressSpace& space, UserAddr word, FutexScope scope);

// All with the bucket's lock held.
void enqueue(Bucket& bucket, Waiter& waiter);
// Unlinks and wakes; the waiter may be gone when this returns.
void wake(Bucket& bucket, Waiter& waiter);
u32 wake_matching(Bucket& bucket, const Key& key, u32 count, u32 bits);

// Takes a waiter that was not woken out of whatever bucket it is in. False: it was woken after all.
bool withdraw(Waiter& waiter);
// The word's value without sleeping; EFAULT: fault it in (without the lock) and try again.
Result<u32> peek(UserAddr word);
Result<void> fault_in(UserAddr word, bool write);

// Two locks in the order of their addresses; once when they are the same.
class PairLock {
  public:
    PairLock(Bucket& a, Bucket& b) : first_(&a < &b ? a : b), second_(&a < &b ? b : a), same_(&a == &b) { relock(); }
    ~PairLock() { unlock(); }
    PairLock(const PairLock&) = delete;
    void unlock() {
        if (!held_) return;
        held_ = false;
        if (!same_) second_.lock.unlock({});
        first_.lock.unlock({});
    }
    void relock() {
        held_ = true;
        (void)first_.lock.lock();
        if (!same_) (void)second_.lock.lock();
    }

  private:
    Bucket& first_;
    Bucket& second_;
    const bool same_;
    bool held_ = false;
};

}  // namespace ipc::futex
