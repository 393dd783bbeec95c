// futex, futex_waitv, robust lists.
#include "ipc/futex.h"

#include "abi/linux/futex.h"
#include "generated/syscall_prototypes.h"
#include "linux/timeout.h"
#include "process/pid_table.h"
#include "process/process.h"
#include "process/trace.h"

namespace linux_abi {
namespace {

using ipc::FutexScope;

constexpr u32 kRealtime = abi::FUTEX_CLOCK_REALTIME;

FutexScope scope_of(u32 op) { return (op & abi::FUTEX_PRIVATE_FLAG) != 0 ? FutexScope::kPrivate : FutexScope::kShared; }

Instant absolute(const abi::timespec& t, bool realtime) {
    const i64 ns = (Duration::seconds(t.tv_sec) + Duration::nanoseconds(t.tv_nsec)).ns;
    return realtime ? time::instant_of_realtime(ns) : Instant{ns};
}

// FUTEX_WAIT counts from now; the others name a moment.
Result<Instant> deadline_of(UserAddr utime, u32 command, u32 op) {
    if (utime.is_null()) return Instant::never();
    const abi::timespec t = TRY(vm::UserIn<abi::timespec>(utime).fetch());
    const Duration d = TRY(duration_of(t));
    if (command == abi::FUTEX_WAIT) return time::now() + d;
    return absolute(t, (op & kRealtime) != 0 || command == abi::FUTEX_LOCK_PI);
}

Result<i64> wait_again(process::Task& task, process::RestartBlock& block);

// Broken off by a signal: without a limit the call starts anew, with one it goes on to the same moment.
Result<i64> wait(process::Task& task, UserAddr word, FutexScope scope, u32 expected, u32 bits, Instant deadline) {
    const Result<void> result = ipc::futex_wait(task.address_space(), word, scope, expected, bits, deadline);
    if (result.ok()) return 0;
    if (result.error() != Errno::kRESTARTSYS || deadline == Instant::never()) return result.error();
    task.restart.run = wait_again;
    task.restart.data = {word.value, static_cast<u64>(scope), expected, bits, static_cast<u64>(deadline.ns), 0};
    return Errno::kRESTART_RESTARTBLOCK;
}

Result<i64> wait_again(process::Task& task, process::RestartBlock& block) {
    const auto d = block.data;
    return wait(task, UserAddr(d[0]), static_cast<FutexScope>(d[1]), static_cast<u32>(d[2]), static_cast<u32>(d[3]),
                Instant{static_cast<i64>(d[4])});
}

bool takes_limit(u32 command) {
    return command == abi::FUTEX_WAIT || command == abi::FUTEX_WAIT_BITSET || command == abi::FUTEX_LOCK_PI ||
           command == abi::FUTEX_LOCK_PI2 || command == abi::FUTEX_WAIT_REQUEUE_PI;
}

// Futexes keep a thread there by its bucket's lock, under which no RCU grace period ends.
sched::Thread* find_thread(i32 tid) {
    const process::pid::Slot* slot = process::pid::find(tid);
    return slot == nullptr ? nullptr : slot->task.load(std::memory_order_acquire);
}

bool takes_realtime(u32 command) {
    return command == abi::FUTEX_WAIT_BITSET || command == abi::FUTEX_WAIT_REQUEUE_PI || command == abi::FUTEX_LOCK_PI2;
}

}  // namespace

Result<i64> sys_futex(Ctx& ctx, UserAddr uaddr, u32 op, u32 val, UserAddr utime, UserAddr uaddr2, u32 val3) {
    vm::AddressSpace& space = ctx.task.address_space();
    const u32 command = op & static_cast<u32>(abi::FUTEX_CMD_MASK);
    const FutexScope scope = scope_of(op);
    const u32 val2 = static_cast<u32>(utime.value);
    const ipc::PiLocker self{scope, ctx.task.tid(), find_thread};
    const Instant deadline = takes_limit(command) ? TRY(deadline_of(utime, command, op)) : Instant::never();
    if ((op & kRealtime) != 0 && !takes_realtime(command)) return Errno::kNOSYS;
    switch (command) {
        case abi::FUTEX_WAIT: return wait(ctx.task, uaddr, scope, val, ipc::kFutexAnyBit, deadline);
        case abi::FUTEX_WAIT_BITSET: return wait(ctx.task, uaddr, scope, val, val3, deadline);
        case abi::FUTEX_WAKE: return ipc::futex_wake(space, uaddr, scope, val);
        case abi::FUTEX_WAKE_BITSET: return ipc::futex_wake(space, uaddr, scope, val, val3);
        case abi::FUTEX_REQUEUE:
        case abi::FUTEX_CMP_REQUEUE:
            if (static_cast<i32>(val) < 0 || static_cast<i32>(val2) < 0) return Errno::kINVAL;
            return ipc::futex_requeue(space,
                                      {uaddr, uaddr2, scope, val, val2, command == abi::FUTEX_CMP_REQUEUE, val3});
        case abi::FUTEX_WAKE_OP: return ipc::futex_wake_op(space, {uaddr, uaddr2, scope, val, val2, val3});
        case abi::FUTEX_LOCK_PI:
        case abi::FUTEX_LOCK_PI2: TRY(ipc::futex_lock_pi(space, uaddr, self, false, deadline)); return 0;
        case abi::FUTEX_TRYLOCK_PI: TRY(ipc::futex_lock_pi(space, uaddr, self, true, Instant::never())); return 0;
        case abi::FUTEX_UNLOCK_PI: TRY(ipc::futex_unlock_pi(space, uaddr, self)); return 0;
        case abi::FUTEX_WAIT_REQUEUE_PI:
            TRY(ipc::futex_wait_requeue_pi(space, uaddr, uaddr2, self, val, deadline));
            return 0;
        case abi::FUTEX_CMP_REQUEUE_PI:
            if (static_cast<i32>(val) < 0 || static_cast<i32>(val2) < 0) return Errno::kINVAL;
            return ipc::futex_requeue_pi(space, uaddr, uaddr2, self, val, val2, val3);
        default: return Errno::kNOSYS;
    }
}

Result<i64> sys_futex_waitv(Ctx& ctx, vm::UserIn<abi::futex_waitv> waiters, u32 nr_futexes, u32 flags,
                            vm::UserIn<abi::timespec> timeout, i32 clockid) {
    if (flags != 0 || nr_futexes == 0 || nr_futexes > abi::FUTEX_WAITV_MAX || !waiters) return Errno::kINVAL;
    Instant deadline = Instant::never();
    if (timeout) {
        if (clockid != abi::CLOCK_MONOTONIC && clockid != abi::CLOCK_REALTIME) return Errno::kINVAL;
        const abi::timespec t = TRY(timeout.fetch());
        TRY(duration_of(t));
        deadline = absolute(t, clockid == abi::CLOCK_REALTIME);
    }
    Vector<ipc::WaitvEntry> words;
    TRY(words.try_reserve(nr_futexes));
    for (u32 i = 0; i < nr_futexes; i++) {
        const abi::futex_waitv w = TRY(waiters.fetch_at(i));
        constexpr u32 kKnown = abi::FUTEX_32 | abi::FUTEX_PRIVATE_FLAG;
        if ((w.flags & ~kKnown) != 0 || w.reserved != 0 || (w.flags & abi::FUTEX_32) == 0) return Errno::kINVAL;
        words.push_reserved({UserAddr(w.uaddr), static_cast<u32>(w.val), scope_of(w.flags)});
    }
    return ipc::futex_wait_any(ctx.task.address_space(), words.span(), deadline);
}

Result<i64> sys_set_robust_list(Ctx& ctx, UserAddr head, usize len) {
    if (len != sizeof(abi::robust_list_head)) return Errno::kINVAL;
    ctx.task.robust_list = head;
    return 0;
}

Result<i64> sys_get_robust_list(Ctx& ctx, i32 pid, vm::UserOut<u64> head_ptr, vm::UserOut<u64> len_ptr) {
    UserAddr head = ctx.task.robust_list;
    if (pid != 0) {
        const OptRef<process::Task> task = process::find_task_or_remains(pid);
        if (!task) return Errno::kSRCH;
        TRY(process::may_trace(ctx.task, *task, process::AccessMode::kRead));
        head = task->robust_list;
    }
    TRY(len_ptr.store(sizeof(abi::robust_list_head)));
    TRY(head_ptr.store(head.value));
    return 0;
}

}  // namespace linux_abi
