#include "ipc/futex.h"

#include <algorithm>

#include "abi/linux/futex.h"
#include "ipc/futex_internal.h"

namespace ipc::futex {

namespace {
constexpr usize kBuckets = 256;
constinit std::array<Bucket, kBuckets> buckets{};
}  // namespace

Bucket& bucket_of(const Key& key) {
    const u64 object = static_cast<u64>(std::bit_cast<uptr>(key.object));
    return buckets[base::hash_u64(object ^ (key.offset >> 2) ^ (key.offset << 40)) % kBuckets];
}

Result<Key> key_of(vm::AddressSpace& space, UserAddr word, FutexScope scope) {
    if ((word.value & 3) != 0) return Errno::kINVAL;
    if (word.value >= kUserLimit) return Errno::kFAULT;
    if (scope == FutexScope::kPrivate) return Key{&space, word.value};
    const vm::AddressSpace::SharedKey shared = TRY(space.shared_key(word));
    // Memory that only this address space has. The flag makes a difference there too, as on Linux (FUT_OFF_MMSHARED).
    if (shared.object == nullptr || shared.object == &space) return Key{&space, word.value | 2};
    return Key{shared.object, (shared.index << kPageShift) | word.page_offset()};
}

// Real-time threads stand before all others, in order of their priority; equals in order of arrival.
void enqueue(Bucket& bucket, Waiter& waiter) {
    waiter.bucket.store(&bucket, std::memory_order_relaxed);
    if (waiter.urgency < sched::Urgency::kOrdinary) [[unlikely]] {
        for (Waiter& other : bucket.waiters)
            if (other.urgency > waiter.urgency) return bucket.waiters.insert_before(other, waiter);
    }
    bucket.waiters.push_back(waiter);
}

void unlink(Bucket& bucket, Waiter& waiter) {
    waiter.node.unlink();
    bucket.count.fetch_sub(1, std::memory_order_relaxed);
}

void wake(Bucket& bucket, Waiter& waiter) {
    sched::Thread& thread = *waiter.thread;
    unlink(bucket, waiter);
    waiter.bucket.store(nullptr, std::memory_order_release);
    // The lock keeps preemption off, and threads are freed by RCU: it is still there.
    sched::wake(thread);
}

Waiter* first_waiter(Bucket& bucket, const Key& key) {
    for (Waiter& waiter : bucket.waiters)
        if (waiter.key == key) return &waiter;
    return nullptr;
}

Result<u32> wake_matching(Bucket& bucket, const Key& key, u32 count, u32 bits) {
    u32 woken = 0;
    // Linux compares signed numbers after each.
    const i32 most = std::max(static_cast<i32>(count), 1);
    for (Waiter& waiter : bucket.waiters) {
        if (waiter.key != key) continue;
        if (!waiter.plain()) return Errno::kINVAL;
        if ((waiter.bits & bits) == 0) continue;
        wake(bucket, waiter);
        if (++woken >= static_cast<u32>(most)) break;
    }
    return woken;
}

bool withdraw(Waiter& waiter) {
    for (;;) {
        Bucket* bucket = waiter.bucket.load(std::memory_order_acquire);
        if (bucket == nullptr) return false;
        sync::LockGuard guard(bucket->lock);
        if (waiter.bucket.load(std::memory_order_relaxed) != bucket) continue;  // moved or woken meanwhile
        unlink(*bucket, waiter);
        return true;
    }
}

Result<u32> peek(UserAddr word) {
    vm::NoFaults no_faults;
    return vm::UserWord(word).load();
}

Result<void> fault_in(UserAddr word, bool write) {
    // Adding nothing makes the page writable without changing it.
    Result<u32> touched = write ? vm::UserWord(word).fetch_or(0) : vm::UserWord(word).load();
    return touched.ok() ? Result<void>() : touched.error();
}

}  // namespace ipc::futex

namespace ipc {

using namespace futex;

namespace {

// Until woken; kRESTARTSYS, ETIMEDOUT. The thread's state was set before the bucket was unlocked.
Result<void> sleep(Waiter& waiter, Instant deadline) {
    sched::Thread& self = *waiter.thread;
    Errno why = Errno::kRESTARTSYS;
    while (waiter.bucket.load(std::memory_order_acquire) != nullptr) {
        if (self.interrupted()) break;
        if (!sched::schedule_until(deadline)) {
            why = Errno::kTIMEDOUT;
            break;
        }
        sched::set_state(self, sched::state::kInterruptible);
    }
    sched::set_running(self);
    return withdraw(waiter) ? Result<void>(why) : Result<void>();
}

}  // namespace

Result<void> futex_wait(vm::AddressSpace& space, UserAddr word, FutexScope scope, u32 expected, u32 bits,
                        Instant deadline) {
    if (bits == 0) return Errno::kINVAL;
    Waiter waiter(sched::current());
    waiter.key = TRY(key_of(space, word, scope));
    waiter.bits = bits;
    Bucket& bucket = bucket_of(waiter.key);
    for (;;) {
        bucket.count.fetch_add(1, std::memory_order_seq_cst);
        sync::LockGuard guard(bucket.lock);
        const Result<u32> value = peek(word);
        if (value.ok() && value.value() == expected) {
            enqueue(bucket, waiter);
            sched::set_state(*waiter.thread, sched::state::kInterruptible);
            break;
        }
        guard.unlock();
        bucket.count.fetch_sub(1, std::memory_order_relaxed);
        if (value.ok()) return Errno::kAGAIN;
        TRY(fault_in(word, false));
    }
    return sleep(waiter, deadline);
}

Result<i64> futex_wake(vm::AddressSpace& space, UserAddr word, FutexScope scope, u32 count, u32 bits) {
    if (bits == 0) return Errno::kINVAL;
    const Key key = TRY(key_of(space, word, scope));
    Bucket& bucket = bucket_of(key);
    // Pairs with the waiter's count before it reads its word.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (bucket.count.load(std::memory_order_relaxed) == 0) return i64{0};
    sync::LockGuard guard(bucket.lock);
    return static_cast<i64>(TRY(wake_matching(bucket, key, count, bits)));
}

Result<i64> futex_requeue(vm::AddressSpace& space, const RequeueRequest& request) {
    const Key from = TRY(key_of(space, request.from, request.scope));
    const Key to = TRY(key_of(space, request.to, request.scope));
    Bucket& source = bucket_of(from);
    Bucket& target = bucket_of(to);
    for (;;) {
        PairLock guard(source, target);
        if (request.compare) {
            const Result<u32> value = peek(request.from);
            if (!value.ok()) {
                guard.unlock();
                TRY(fault_in(request.from, false));
                continue;
            }
            if (value.value() != request.expected) return Errno::kAGAIN;
        }
        u32 woken = 0, moved = 0;
        for (Waiter& waiter : source.waiters) {
            if (waiter.key != from) continue;
            if (woken == request.wake && moved == request.move) break;
            if (!waiter.plain()) return Errno::kINVAL;
            if (woken < request.wake) {
                wake(source, waiter);
                woken++;
                continue;
            }
            moved++;
            waiter.key = to;
            if (&source == &target) continue;
            unlink(source, waiter);
            target.count.fetch_add(1, std::memory_order_relaxed);
            enqueue(target, waiter);
        }
        return static_cast<i64>(woken + moved);
    }
}

namespace {

constexpr i32 sign_extend_12(u32 v) { return static_cast<i32>(v << 20) >> 20; }

Result<u32> apply(UserAddr word, u32 operation) {
    u32 argument = static_cast<u32>(sign_extend_12((operation >> 12) & 0xfff));
    if ((operation & (static_cast<u32>(abi::FUTEX_OP_OPARG_SHIFT) << 28)) != 0) argument = u32{1} << (argument & 31);
    vm::NoFaults no_faults;
    const vm::UserWord user(word);
    switch ((operation >> 28) & 7) {
        case abi::FUTEX_OP_SET: return user.exchange(argument);
        case abi::FUTEX_OP_ADD: return user.fetch_add(argument);
        case abi::FUTEX_OP_OR: return user.fetch_or(argument);
        case abi::FUTEX_OP_ANDN: return user.fetch_and(~argument);
        case abi::FUTEX_OP_XOR: return user.fetch_xor(argument);
        default: return Errno::kNOSYS;
    }
}

Result<bool> compares(u32 old_value, u32 operation) {
    const i32 old = static_cast<i32>(old_value);
    const i32 argument = sign_extend_12(operation & 0xfff);
    switch ((operation >> 24) & 15) {
        case abi::FUTEX_OP_CMP_EQ: return old == argument;
        case abi::FUTEX_OP_CMP_NE: return old != argument;
        case abi::FUTEX_OP_CMP_LT: return old < argument;
        case abi::FUTEX_OP_CMP_LE: return old <= argument;
        case abi::FUTEX_OP_CMP_GT: return old > argument;
        case abi::FUTEX_OP_CMP_GE: return old >= argument;
        default: return Errno::kNOSYS;
    }
}

}  // namespace

Result<i64> futex_wake_op(vm::AddressSpace& space, const WakeOpRequest& request) {
    const Key first = TRY(key_of(space, request.first, request.scope));
    const Key second = TRY(key_of(space, request.second, request.scope));
    Bucket& first_bucket = bucket_of(first);
    Bucket& second_bucket = bucket_of(second);
    for (;;) {
        PairLock guard(first_bucket, second_bucket);
        const Result<u32> old = apply(request.second, request.operation);
        if (!old.ok()) {
            if (old.error() != Errno::kFAULT) return old.error();
            guard.unlock();
            TRY(fault_in(request.second, true));
            continue;
        }
        const bool both = TRY(compares(old.value(), request.operation));
        u32 woken = TRY(wake_matching(first_bucket, first, request.wake_first, kFutexAnyBit));
        if (both) woken += TRY(wake_matching(second_bucket, second, request.wake_second, kFutexAnyBit));
        return static_cast<i64>(woken);
    }
}

}  // namespace ipc
