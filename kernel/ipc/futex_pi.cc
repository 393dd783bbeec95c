// FUTEX_LOCK_PI and its relatives: the lock word holds the owner's thread number, unlocking hands it to the first
// waiter. Waiters sleep in order of arrival; the owner's priority is not raised.
#include "abi/linux/futex.h"
#include "ipc/futex_internal.h"

namespace ipc {

using namespace futex;

namespace {

// One try, bucket locked: true when the lock is ours, false when the waiters' bit is set and we must sleep.
Result<bool> acquire_or_mark(UserAddr word, u32 tid) {
    vm::NoFaults no_faults;
    const vm::UserWord user(word);
    u32 value = TRY(user.load());
    for (;;) {
        if ((value & abi::FUTEX_TID_MASK) == tid) return Errno::kDEADLK;
        const bool free = (value & abi::FUTEX_TID_MASK) == 0;
        // An owner that died leaves its mark, which the new owner sees.
        const u32 wanted = free ? (value | tid) : (value | abi::FUTEX_WAITERS);
        const u32 old = TRY(user.compare_exchange(value, wanted));
        if (old == value) return free;
        value = old;
    }
}

Waiter* first_waiter(Bucket& bucket, const Key& key, const Waiter* except = nullptr) {
    for (Waiter& waiter : bucket.waiters) {
        if (&waiter != except && waiter.key == key && waiter.tid != 0) return &waiter;
    }
    return nullptr;
}

}  // namespace

Result<void> futex_lock_pi(vm::AddressSpace& space, UserAddr word, FutexScope scope, i32 tid, bool try_only,
                           Instant deadline) {
    Waiter waiter;
    waiter.key = TRY(key_of(space, word, scope));
    waiter.thread = &sched::current();
    waiter.tid = tid;
    Bucket& bucket = bucket_of(waiter.key);
    for (;;) {
        sync::LockGuard guard(bucket.lock);
        const Result<bool> acquired = acquire_or_mark(word, static_cast<u32>(tid));
        if (acquired.ok()) {
            if (acquired.value()) return {};
            if (try_only) return Errno::kAGAIN;
            bucket.count.fetch_add(1, std::memory_order_seq_cst);
            enqueue(bucket, waiter);
            sched::set_state(*waiter.thread, sched::state::kInterruptible);
            break;
        }
        guard.unlock();
        if (acquired.error() != Errno::kFAULT) return acquired.error();
        TRY(fault_in(word, true));
    }
    Errno why = Errno::kRESTARTNOINTR;
    while (waiter.bucket.load(std::memory_order_acquire) != nullptr) {
        if (waiter.thread->interrupted()) break;
        if (!sched::schedule_until(deadline)) {
            why = Errno::kTIMEDOUT;
            break;
        }
        sched::set_state(*waiter.thread, sched::state::kInterruptible);
    }
    sched::set_running(*waiter.thread);
    return withdraw(waiter) ? Result<void>(why) : Result<void>();
}

Result<void> futex_unlock_pi(vm::AddressSpace& space, UserAddr word, FutexScope scope, i32 tid) {
    const Key key = TRY(key_of(space, word, scope));
    Bucket& bucket = bucket_of(key);
    for (;;) {
        sync::LockGuard guard(bucket.lock);
        const Result<u32> value = peek(word);
        if (value.ok()) {
            if ((value.value() & abi::FUTEX_TID_MASK) != static_cast<u32>(tid)) return Errno::kPERM;
            Waiter* next = first_waiter(bucket, key);
            u32 fresh = 0;
            if (next != nullptr) {
                fresh = static_cast<u32>(next->tid);
                if (first_waiter(bucket, key, next) != nullptr) fresh |= abi::FUTEX_WAITERS;
            }
            vm::NoFaults no_faults;
            const Result<u32> old = vm::UserWord(word).compare_exchange(value.value(), fresh);
            if (old.ok() && old.value() == value.value()) {
                if (next != nullptr) wake(bucket, *next);
                return {};
            }
            if (old.ok()) continue;
        }
        guard.unlock();
        TRY(fault_in(word, true));
    }
}

}  // namespace ipc
