// FUTEX_WAIT_REQUEUE_PI and FUTEX_CMP_REQUEUE_PI: condition variables whose mutex inherits priority. A waiter goes from
// the condition's word to the mutex without waking. Source: Linux 6.1 kernel/futex/requeue.c.
#include "ipc/futex_internal.h"

namespace ipc {

using namespace futex;

Result<void> futex_wait_requeue_pi(vm::AddressSpace& space, UserAddr word, UserAddr target, const PiLocker& self,
                                   u32 expected, Instant deadline) {
    if (word == target) return Errno::kINVAL;
    const Key to = TRY(key_of(space, target, self.scope));
    Waiter waiter(sched::current());
    waiter.key = TRY(key_of(space, word, self.scope));
    waiter.tid = self.tid;
    waiter.requeue_to = &to;
    Bucket& bucket = bucket_of(waiter.key);
    for (;;) {
        bucket.count.fetch_add(1, std::memory_order_seq_cst);
        sync::LockGuard guard(bucket.lock);
        const Result<u32> value = peek(word);
        if (value.ok() && value.value() == expected && waiter.key != to) {
            enqueue(bucket, waiter);
            sched::set_state(*waiter.thread, sched::state::kInterruptible);
            break;
        }
        guard.unlock();
        bucket.count.fetch_sub(1, std::memory_order_relaxed);
        if (value.ok()) return value.value() == expected ? Errno::kINVAL : Errno::kAGAIN;
        TRY(fault_in(word, false));
    }
    // Once moved it cannot begin anew: the word has changed since, which gives EAGAIN.
    return sleep_for_lock(waiter, target, deadline, Errno::kAGAIN);
}

namespace {

struct Requeue {
    Bucket& source;
    Bucket& target;
    Key from, to;
    UserAddr word;  // of `to`
    u32 move;
};

// EINVAL: those that wait do not wait to be moved there.
Result<void> check(const Waiter& waiter, const Requeue& r) {
    if (waiter.requeue_to == nullptr || waiter.pi != nullptr || *waiter.requeue_to != r.to) return Errno::kINVAL;
    return {};
}

// futex_proxy_trylock_atomic: the first waiter gets the lock if it is free; it is woken then.
Result<bool> take_for_first(const Requeue& r, Waiter& first, const PiLocker& self, Own<PiState>& spare,
                            PiState*& state) {
    const PiAttempt attempt{r.word, r.to, first.tid, first.thread, self.find, r.move > 0};
    const bool taken = TRY(take_or_attach(r.target, attempt, spare, state));
    if (taken) wake(r.source, first);
    return taken;
}

// How many have the lock now or wait for it. EDEADLK, EINVAL: some may have been moved before.
Result<i64> move_others(const Requeue& r, PiState* state, u32 done) {
    for (Waiter& waiter : r.source.waiters) {
        if (static_cast<i64>(done) - 1 >= static_cast<i64>(r.move)) break;
        if (waiter.key != r.from) continue;
        TRY(check(waiter, r));
        TRY(wait_on(*state, waiter));
        done++;
        waiter.key = r.to;
        if (&r.source == &r.target) continue;
        unlink(r.source, waiter);
        r.target.count.fetch_add(1, std::memory_order_seq_cst);
        enqueue(r.target, waiter);
    }
    return static_cast<i64>(done);
}

// One try, both buckets locked. EFAULT and EAGAIN: once more.
Result<i64> requeue_once(const Requeue& r, const PiLocker& self, Own<PiState>& spare) {
    TRY(peek(r.word));
    Waiter* first = first_waiter(r.source, r.from);
    if (first == nullptr) return i64{0};
    TRY(check(*first, r));
    PiState* state = nullptr;
    const bool taken = TRY(take_for_first(r, *first, self, spare, state));
    const Result<i64> done = move_others(r, state, taken ? 1 : 0);
    if (state != nullptr) drop_if_unused(*state);
    return done;
}

}  // namespace

Result<i64> futex_requeue_pi(vm::AddressSpace& space, UserAddr from, UserAddr to, const PiLocker& self, u32 wake,
                             u32 move, u32 expected) {
    if (from == to || wake != 1) return Errno::kINVAL;
    const Key source = TRY(key_of(space, from, self.scope)), target = TRY(key_of(space, to, self.scope));
    if (source == target) return Errno::kINVAL;
    const Requeue request{bucket_of(source), bucket_of(target), source, target, to, move};
    for (;;) {
        Own<PiState> spare = TRY(make_own<PiState>(target));
        Result<i64> done = i64{0};
        {
            PairLock guard(request.source, request.target);
            const Result<u32> value = peek(from);
            if (!value.ok()) {
                guard.unlock();
                TRY(fault_in(from, false));
                continue;
            }
            if (value.value() != expected) return Errno::kAGAIN;
            done = requeue_once(request, self, spare);
        }
        if (done.ok()) return done;
        TRY(before_retry(to, done.error()));
    }
}

}  // namespace ipc
