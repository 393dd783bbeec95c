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
// Wakes up to `wake` waiters of `from` and moves up to `move` others to `to`; how many both are. With `compare`: only if
// *from == expected, else EAGAIN. EINVAL: one of them waits with priority inheritance.
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

// ---- Priority inheritance: futex_pi.cc, futex_requeue_pi.cc ----

// The lock word holds the owner's tid; an owner is as urgent as the most urgent of those that wait.
struct PiLocker {
    FutexScope scope;
    i32 tid;  // the caller's
    // A living thread by its number, or null: called with preemption off, so that the thread stays there.
    sched::Thread* (*find)(i32 tid);
};
// EDEADLK: the caller has it, or the owner waits for the caller. ESRCH: there is no such owner. EPERM: a kernel thread.
// EINVAL: the word does not fit those that wait. EAGAIN (`try_only`), ETIMEDOUT, kRESTARTNOINTR, EFAULT, ENOMEM.
Result<void> futex_lock_pi(vm::AddressSpace& space, UserAddr word, const PiLocker& self, bool try_only,
                           Instant deadline);
// To the most urgent waiter. EPERM: it is not the caller's.
Result<void> futex_unlock_pi(vm::AddressSpace& space, UserAddr word, const PiLocker& self);
// Waits for `word` as futex_wait() does, to be moved to the lock `target` by futex_requeue_pi() and to have it then.
Result<void> futex_wait_requeue_pi(vm::AddressSpace& space, UserAddr word, UserAddr target, const PiLocker& self,
                                   u32 expected, Instant deadline);
// Gives `to` to the first waiter of `from` if it is free, and has up to `move` others wait for it. How many these are.
Result<i64> futex_requeue_pi(vm::AddressSpace& space, UserAddr from, UserAddr to, const PiLocker& self, u32 wake,
                             u32 move, u32 expected);
// The PI locks of a thread that dies, or leaves its memory, go to those that wait for them.
enum class Leaving : u8 { kMemory, kForEver };
void release_pi_futexes(sched::Thread& thread, Leaving leaving);

}  // namespace ipc
