// FUTEX_LOCK_PI and its relatives: the lock word holds the owner's thread number, and unlocking hands it to the most
// urgent waiter, who lends its urgency to the owner while it waits. Source: Linux 6.1 kernel/futex/pi.c.
#include "abi/linux/futex.h"
#include "base/owner_of.h"
#include "ipc/futex_internal.h"

namespace ipc::futex {

namespace {

constexpr u32 kTid = abi::FUTEX_TID_MASK, kWaiters = abi::FUTEX_WAITERS;
constexpr u32 kOwnerDied = static_cast<u32>(abi::FUTEX_OWNER_DIED);

// EAGAIN: the word has changed.
Result<void> swap(const vm::UserWord& word, u32 from, u32 to) {
    if (TRY(word.compare_exchange(from, to)) != from) return Errno::kAGAIN;
    return {};
}

void set_owner(PiState& state, sched::Thread* owner, i32 tid) {
    sched::inheritance.lock()->set_owner(state.lock, owner);
    state.owner_tid = tid;
}

// attach_to_pi_state: others wait already. EINVAL: they do not wait for a lock, or user space changed the word.
Result<PiState*> state_of(const Waiter& top, u32 value) {
    if (top.pi == nullptr) return Errno::kINVAL;
    const bool owner_died = (value & kOwnerDied) != 0, nobody = (value & kTid) == 0;
    // Its owner died, and the next one has not yet written its number.
    if (owner_died && nobody) return top.pi;
    if ((value & kTid) != static_cast<u32>(top.pi->owner_tid)) return Errno::kINVAL;
    return top.pi;
}

// attach_to_pi_owner: the first that waits. `value`: the word, marked.
Result<PiState*> state_with_owner(const PiAttempt& attempt, u32 value, Own<PiState>& spare) {
    const i32 tid = static_cast<i32>(value & kTid);
    if (sched::Thread* owner = attempt.find(tid)) {
        if (owner->is_kernel()) return Errno::kPERM;
        auto graph = sched::inheritance.lock();
        if (!owner->gone) {
            graph->set_owner(spare->lock, owner);
            spare->owner_tid = tid;
            return spare.release();
        }
    }
    // It may have died just now and have given the lock up.
    if (TRY(vm::UserWord(attempt.word).load()) != value) return Errno::kAGAIN;
    return Errno::kSRCH;
}

}  // namespace

Result<bool> take_or_attach(Bucket& bucket, const PiAttempt& attempt, Own<PiState>& spare, PiState*& state) {
    vm::NoFaults no_faults;
    const vm::UserWord user(attempt.word);
    const u32 value = TRY(user.load());
    if ((value & kTid) == static_cast<u32>(attempt.tid)) return Errno::kDEADLK;
    if (const Waiter* top = first_waiter(bucket, attempt.key)) {
        state = TRY(state_of(*top, value));
        return false;
    }
    if ((value & kTid) == 0) {
        // An owner that died leaves its mark, which the new owner sees.
        const u32 kept = (value & kOwnerDied) | (attempt.keep_state ? kWaiters : 0);
        TRY(swap(user, value, kept | static_cast<u32>(attempt.tid)));
        if (!attempt.keep_state) return true;
        state = spare.release();
        set_owner(*state, attempt.thread, attempt.tid);
        return true;
    }
    TRY(swap(user, value, value | kWaiters));
    state = TRY(state_with_owner(attempt, value | kWaiters, spare));
    return false;
}

void drop_if_unused(PiState& state) {
    if (state.users != 0) return;
    set_owner(state, nullptr, 0);
    base::destroy(&state);
}

Result<void> wait_on(PiState& state, Waiter& waiter) {
    TRY(sched::inheritance.lock()->block(waiter.link, state.lock));
    waiter.pi = &state;
    state.users++;
    return {};
}

Result<void> before_retry(UserAddr word, Errno why) {
    if (why == Errno::kFAULT) return fault_in(word, true);
    if (why != Errno::kAGAIN) return why;
    sched::cond_resched();
    return {};
}

namespace {

// Out of the bucket and the state.
void leave(Bucket& bucket, Waiter& waiter) {
    PiState* state = waiter.pi;
    if (waiter.link.lock != nullptr) sched::inheritance.lock()->leave(waiter.link);
    unlink(bucket, waiter);
    if (state == nullptr) return;
    state->users--;
    drop_if_unused(*state);
}

// The lock goes to the top waiter, which stays in the bucket.
Waiter& give_to_next(PiState& state) {
    sched::PiWaiter& link = sched::inheritance.lock()->hand_over(state.lock);
    Waiter& next = base::owner_of<&Waiter::link>(link);
    state.owner_tid = next.tid;
    return next;
}

// As when the owner died: the next one writes the word itself.
void grant_to_next(PiState& state) {
    Waiter& next = give_to_next(state);
    next.granted.store(true, std::memory_order_release);
    sched::wake(*next.thread);
}

// fixup_pi_state_owner, for a lock whose owner died.
Result<void> write_new_owner(UserAddr word, i32 tid) {
    vm::NoFaults no_faults;
    const vm::UserWord user(word);
    u32 value = TRY(user.load());
    for (;;) {
        const u32 fresh = kOwnerDied | kWaiters | static_cast<u32>(tid);
        const u32 old = TRY(user.compare_exchange(value, fresh));
        if (old == value) return {};
        value = old;
    }
}

// The waiter's bucket, locked; null once it was woken.
Bucket* lock_bucket_of(Waiter& waiter) {
    for (;;) {
        Bucket* bucket = waiter.bucket.load(std::memory_order_acquire);
        if (bucket == nullptr) return nullptr;
        (void)bucket->lock.lock();
        if (waiter.bucket.load(std::memory_order_relaxed) == bucket) return bucket;
        bucket->lock.unlock({});
    }
}

}  // namespace

Result<void> sleep_for_lock(Waiter& waiter, UserAddr word, Instant deadline, Errno interrupted) {
    sched::Thread& self = *waiter.thread;
    Errno why = Errno::kRESTARTNOINTR;
    while (waiter.bucket.load(std::memory_order_acquire) != nullptr &&
           !waiter.granted.load(std::memory_order_acquire)) {
        if (self.interrupted()) break;
        if (!sched::schedule_until(deadline)) {
            why = Errno::kTIMEDOUT;
            break;
        }
        sched::set_state(self, sched::state::kInterruptible);
    }
    sched::set_running(self);
    for (;;) {
        Bucket* bucket = lock_bucket_of(waiter);
        if (bucket == nullptr) return {};  // it was handed over
        const bool granted = waiter.granted.load(std::memory_order_relaxed);
        const bool queued = waiter.pi != nullptr;
        const Result<void> written = granted ? write_new_owner(word, waiter.tid) : Result<void>();
        if (written.ok()) leave(*bucket, waiter);
        bucket->lock.unlock({});
        if (!granted) return why == Errno::kTIMEDOUT || !queued ? why : interrupted;
        if (written.ok()) return {};
        const Result<void> there = fault_in(word, true);
        if (there.ok()) continue;
        // The word is gone: the lock is of no use to us, but the others may have it elsewhere.
        bucket = lock_bucket_of(waiter);
        if (waiter.pi->lock.top() != nullptr) grant_to_next(*waiter.pi);
        leave(*bucket, waiter);
        bucket->lock.unlock({});
        return there.error();
    }
}

}  // namespace ipc::futex

namespace ipc {

using namespace futex;

Result<void> futex_lock_pi(vm::AddressSpace& space, UserAddr word, const PiLocker& self, bool try_only,
                           Instant deadline) {
    Waiter waiter(sched::current());
    waiter.key = TRY(key_of(space, word, self.scope));
    waiter.tid = self.tid;
    const PiAttempt attempt{word, waiter.key, self.tid, waiter.thread, self.find, false};
    Own<PiState> spare = TRY(make_own<PiState>(waiter.key));
    Bucket& bucket = bucket_of(waiter.key);
    for (;;) {
        sync::LockGuard guard(bucket.lock);
        PiState* state = nullptr;
        const Result<bool> taken = take_or_attach(bucket, attempt, spare, state);
        if (!taken.ok()) {
            guard.unlock();
            TRY(before_retry(word, taken.error()));
            continue;
        }
        if (taken.value()) return {};
        const Result<void> waits = try_only ? Errno::kAGAIN : wait_on(*state, waiter);
        if (!waits.ok()) {
            drop_if_unused(*state);
            return waits;
        }
        bucket.count.fetch_add(1, std::memory_order_seq_cst);
        enqueue(bucket, waiter);
        sched::set_state(*waiter.thread, sched::state::kInterruptible);
        break;
    }
    return sleep_for_lock(waiter, word, deadline, Errno::kRESTARTNOINTR);
}

namespace {

// One try, bucket locked. EFAULT, EAGAIN: again. The new word always has the waiters' bit, as on Linux.
Result<void> unlock_once(Bucket& bucket, const Key& key, UserAddr word, u32 value) {
    vm::NoFaults no_faults;
    const vm::UserWord user(word);
    const Waiter* top = first_waiter(bucket, key);
    if (top == nullptr) {
        TRY(swap(user, value, 0));
        return {};
    }
    if (top->pi == nullptr) return Errno::kINVAL;
    PiState& state = *top->pi;
    if (state.lock.owner() != &sched::current() || state.lock.top() == nullptr) return Errno::kINVAL;
    const Waiter& heir = base::owner_of<&Waiter::link>(*state.lock.top());
    const u32 old = TRY(user.compare_exchange(value, kWaiters | static_cast<u32>(heir.tid)));
    if (old != value) return (old & kTid) == (value & kTid) ? Errno::kAGAIN : Errno::kINVAL;
    Waiter& next = give_to_next(state);
    state.users--;
    wake(bucket, next);
    drop_if_unused(state);
    return {};
}

}  // namespace

Result<void> futex_unlock_pi(vm::AddressSpace& space, UserAddr word, const PiLocker& self) {
    for (;;) {
        const u32 value = TRY(vm::UserWord(word).load());
        if ((value & kTid) != static_cast<u32>(self.tid)) return Errno::kPERM;
        const Key key = TRY(key_of(space, word, self.scope));
        Bucket& bucket = bucket_of(key);
        Result<void> done;
        {
            sync::LockGuard guard(bucket.lock);
            done = unlock_once(bucket, key, word, value);
        }
        if (done.ok()) return {};
        TRY(before_retry(word, done.error()));
    }
}

void release_pi_futexes(sched::Thread& thread, Leaving leaving) {
    for (;;) {
        Key key;
        {
            auto graph = sched::inheritance.lock();
            sched::PiLock* lock = thread.most_wanted();
            if (lock == nullptr) {
                thread.gone = leaving == Leaving::kForEver;
                return;
            }
            key = base::owner_of<&PiState::lock>(*lock).key;
        }
        Bucket& bucket = bucket_of(key);
        sync::LockGuard guard(bucket.lock);
        // Those that waited may have gone meanwhile, and the state with them.
        const Waiter* top = first_waiter(bucket, key);
        if (top == nullptr || top->pi == nullptr) continue;
        if (top->pi->lock.owner() == &thread && top->pi->lock.top() != nullptr) grant_to_next(*top->pi);
    }
}

}  // namespace ipc
