// Buckets and waiters of futexes, shared by futex.cc, futex_pi.cc and futex_multi.cc.
// Callers: ipc/futex*.cc.
// Locks, context: a bucket's lines are guarded by its lock.
#pragma once

#include <array>

#include "base/hash_table.h"
#include "base/list.h"
#include "base/own.h"
#include "ipc/futex.h"
#include "sched/inherit.h"
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
struct PiState;

struct Waiter {
    explicit Waiter(sched::Thread& t) : thread(&t), urgency(t.effective_level()) { link.thread = &t; }
    Waiter() = default;

    ListNode node;
    Key key;
    u32 bits = kFutexAnyBit;
    sched::Thread* thread = nullptr;
    u8 urgency = sched::Urgency::kOrdinary;  // wakers take the lower first
    // Null once woken: the waker's last access. Changes under the lock of the bucket it names.
    std::atomic<Bucket*> bucket{nullptr};

    // Priority inheritance; under the bucket's lock.
    i32 tid = 0;
    PiState* pi = nullptr;            // waits for this lock
    const Key* requeue_to = nullptr;  // FUTEX_WAIT_REQUEUE_PI: the lock that it may be moved to
    sched::PiWaiter link;
    // The owner died and this one has the lock, but must write the word itself: it may be in its memory alone.
    std::atomic<bool> granted{false};

    bool plain() const { return pi == nullptr && requeue_to == nullptr; }
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
// At least one, as Linux does when asked for none. EINVAL: one of them waits with priority inheritance.
Result<u32> wake_matching(Bucket& bucket, const Key& key, u32 count, u32 bits);
Waiter* first_waiter(Bucket& bucket, const Key& key);
// Out of its bucket, without waking.
void unlink(Bucket& bucket, Waiter& waiter);

// Takes a waiter that was not woken out of whatever bucket it is in. False: it was woken after all.
bool withdraw(Waiter& waiter);
// The word's value without sleeping; EFAULT: fault it in (without the lock) and try again.
Result<u32> peek(UserAddr word);
Result<void> fault_in(UserAddr word, bool write);

// ---- Priority inheritance ----

// A PI lock while somebody waits for it: one a word. Freed with its last user. Under the bucket's lock.
struct PiState {
    explicit PiState(const Key& k) : key(k) {}
    const Key key;
    sched::PiLock lock;
    i32 owner_tid = 0;
    u32 users = 0;  // waiters in the bucket
};
// Who wants the lock of a word: the caller, or the one that a requeue moves.
struct PiAttempt {
    UserAddr word;
    Key key;
    i32 tid;
    sched::Thread* thread;
    sched::Thread* (*find)(i32 tid);
    bool keep_state;  // others are to wait for it even if it can be had at once
};
// Takes the lock (true) or marks the word and finds the state to wait on, `spare` if it is the first. EFAULT: fault the
// word in, and EAGAIN: at once, without the lock, then try again. Others: as futex_lock_pi().
Result<bool> take_or_attach(Bucket& bucket, const PiAttempt& attempt, Own<PiState>& spare, PiState*& state);
// Frees the state when nobody uses it.
void drop_if_unused(PiState& state);
// Queues on the state; its bucket comes with enqueue(). EDEADLK.
Result<void> wait_on(PiState& state, Waiter& waiter);
// Sleeps until the waiter has its lock or `why`: ETIMEDOUT, or `interrupted`.
Result<void> sleep_for_lock(Waiter& waiter, UserAddr word, Instant deadline, Errno interrupted);
// EFAULT: faults the word in. EAGAIN: a moment later. Others are passed on.
Result<void> before_retry(UserAddr word, Errno why);

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
