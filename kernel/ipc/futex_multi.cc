// futex_waitv(2), and the robust lists of dying threads.
#include <array>

#include "abi/linux/futex.h"
#include "base/own.h"
#include "ipc/futex_internal.h"
#include "vm/user_memory.h"

namespace ipc {

using namespace futex;

namespace {

using Waiters = std::array<Waiter, abi::FUTEX_WAITV_MAX>;

// Takes the first `count` out again. The index of one that was woken meanwhile, or -1.
i64 withdraw_all(Waiters& waiters, usize count) {
    i64 woken = -1;
    for (usize i = 0; i < count; i++) {
        if (!withdraw(waiters[i])) woken = static_cast<i64>(i);
    }
    return woken;
}

bool any_woken(const Waiters& waiters, usize count) {
    for (usize i = 0; i < count; i++) {
        if (waiters[i].bucket.load(std::memory_order_acquire) == nullptr) return true;
    }
    return false;
}

// Queues one. EAGAIN: the word has changed; EFAULT: fault it in, nothing was done.
Result<void> queue_one(Waiter& waiter, const WaitvEntry& entry) {
    Bucket& bucket = bucket_of(waiter.key);
    bucket.count.fetch_add(1, std::memory_order_seq_cst);
    sync::LockGuard guard(bucket.lock);
    const Result<u32> value = peek(entry.word);
    if (value.ok() && value.value() == entry.expected) {
        enqueue(bucket, waiter);
        return {};
    }
    bucket.count.fetch_sub(1, std::memory_order_relaxed);
    return value.ok() ? Errno::kAGAIN : Errno::kFAULT;
}

}  // namespace

Result<i64> futex_wait_any(vm::AddressSpace& space, std::span<const WaitvEntry> words, Instant deadline) {
    if (words.empty() || words.size() > abi::FUTEX_WAITV_MAX) return Errno::kINVAL;
    Own<Waiters> memory = TRY(make_own<Waiters>());
    Waiters& waiters = *memory;
    sched::Thread& self = sched::current();
    for (usize i = 0; i < words.size(); i++) {
        waiters[i].key = TRY(key_of(space, words[i].word, words[i].scope));
        waiters[i].thread = &self;
        waiters[i].urgency = self.effective_level();
    }
    for (usize i = 0; i < words.size();) {
        const Result<void> queued = queue_one(waiters[i], words[i]);
        if (queued.ok()) {
            i++;
            continue;
        }
        const i64 woken = withdraw_all(waiters, i);
        if (woken >= 0) return woken;
        if (queued.error() != Errno::kFAULT) return queued.error();
        TRY(fault_in(words[i].word, false));
        i = 0;
    }
    Errno why = Errno::kRESTARTSYS;
    for (;;) {
        sched::set_state(self, sched::state::kInterruptible);
        if (any_woken(waiters, words.size()) || self.interrupted()) break;
        if (!sched::schedule_until(deadline)) {
            why = Errno::kTIMEDOUT;
            break;
        }
    }
    sched::set_running(self);
    const i64 woken = withdraw_all(waiters, words.size());
    if (woken >= 0) return woken;
    return why;
}

namespace {

// Linux: handle_futex_death().
Result<void> abandon(vm::AddressSpace& space, UserAddr word, i32 tid, bool pi, bool pending) {
    if ((word.value & 3) != 0) return Errno::kINVAL;
    u32 value = TRY(vm::UserWord(word).load());
    for (;;) {
        // Unlocked, but the waiter that was to have it may have been killed before it could take it.
        if (pending && !pi && value == 0) {
            (void)futex_wake(space, word, FutexScope::kShared, 1);
            return {};
        }
        if ((value & abi::FUTEX_TID_MASK) != static_cast<u32>(tid)) return {};
        const u32 fresh = (value & abi::FUTEX_WAITERS) | static_cast<u32>(abi::FUTEX_OWNER_DIED);
        const u32 old = TRY(vm::UserWord(word).compare_exchange(value, fresh));
        if (old == value) break;
        value = old;
    }
    if (!pi && (value & abi::FUTEX_WAITERS) != 0) (void)futex_wake(space, word, FutexScope::kShared, 1);
    return {};
}

struct RobustEntry {
    u64 address;
    bool pi;
};
RobustEntry split(u64 raw) { return {raw & ~u64{1}, (raw & 1) != 0}; }

}  // namespace

void release_robust_list(vm::AddressSpace& space, UserAddr head, i32 tid) {
    const auto list = vm::UserIn<abi::robust_list_head>(head).fetch();
    if (!list.ok()) return;
    const u64 offset = static_cast<u64>(list.value().futex_offset);
    const RobustEntry pending = split(list.value().list_op_pending);
    RobustEntry entry = split(list.value().list);
    for (int left = abi::ROBUST_LIST_LIMIT; entry.address != head.value && left > 0; left--) {
        // Fetched before the futex is given up: another thread may unlink the entry then.
        const auto next = vm::UserIn<u64>(UserAddr(entry.address)).fetch();
        if (entry.address != pending.address &&
            !abandon(space, UserAddr(entry.address + offset), tid, entry.pi, false).ok()) {
            return;
        }
        if (!next.ok()) return;
        entry = split(next.value());
    }
    if (pending.address != 0) (void)abandon(space, UserAddr(pending.address + offset), tid, pending.pi, true);
}

}  // namespace ipc
