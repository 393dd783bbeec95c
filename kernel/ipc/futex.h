// Futexes: threads wait on a word of user memory until others wake them, futex(2).
// Callers: linux/futex, process (thread exit, robust lists).
// Locks, context: thread context, no locks held; touches user memory. One spin lock a bucket (Rank::kFutex).
// Source: Linux 6.1 kernel/futex/*.c, Documentation/robust-futex-ABI.rst.
#pragma once

#include "base/duration.h"
#include "base/result.h"
#include "sched/thread.h"
#include "vm/address_space.h"

namespace ipc {

// kPrivate: the caller promises that only this address space uses the word (FUTEX_PRIVATE_FLAG).
enum class FutexScope : u8 { kShared, kPrivate };
inline constexpr u32 kFutexAnyBit = ~0u;

// Sleeps while *word == expected, until a wake with a bit of `bits`. EAGAIN: another value. ETIMEDOUT. EFAULT,
// EINVAL (misaligned, bits 0). kRESTARTSYS: a signal.
Result<void> futex_wait(vm::AddressSpace& space, UserAddr word, FutexScope scope, u32 expected, u32 bits,
                        Instant deadline);
// The number woken, at most `count`, of those that wait for a bit of `bits`.
Result<i64> futex_wake(vm::AddressSpace& space, UserAddr word, FutexScope scope, u32 count, u32 bits = kFutexAnyBit);
// Wakes up to `wake` waiters of `from` and moves up to `move` others to `to`. With `compare`: only if *from ==
// expected, else EAGAIN; the result then counts the moved ones too.
struct RequeueRequest {
    UserAddr from, to;
    FutexScope scope;
    u32 wake, move;
    bool compare;
    u32 expected;
};
Result<i64> futex_requeue(vm::AddressSpace& space, const RequeueRequest& request);
// FUTEX_WAKE_OP: changes *second as `operation` says, wakes waiters of `first`, and of `second` if its old value
// compares. ENOSYS: an unknown operation.
struct WakeOpRequest {
    UserAddr first, second;
    FutexScope scope;
    u32 wake_first, wake_second;
    u32 operation;
};
Result<i64> futex_wake_op(vm::AddressSpace& space, const WakeOpRequest& request);
// futex_waitv(2): sleeps on all words at once. The index of the one woken.
struct WaitvEntry {
    UserAddr word;
    u32 expected;
    FutexScope scope;
};
Result<i64> futex_wait_any(vm::AddressSpace& space, std::span<const WaitvEntry> words, Instant deadline);

// A dying thread: marks the robust futexes it holds as ownerless and wakes a waiter of each.
void release_robust_list(vm::AddressSpace& space, UserAddr head, i32 tid);

// The test-and-set of FUTEX_LOCK_PI without priority inheritance proper: the lock word holds the owner's tid; waiters
// sleep in order. EDEADLK, EAGAIN, ESRCH, EPERM.
Result<void> futex_lock_pi(vm::AddressSpace& space, UserAddr word, FutexScope scope, i32 tid, bool try_only,
                           Instant deadline);
Result<void> futex_unlock_pi(vm::AddressSpace& space, UserAddr word, FutexScope scope, i32 tid);

}  // namespace ipc
