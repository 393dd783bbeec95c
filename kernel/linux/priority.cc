// getpriority(2), setpriority(2): nice values of threads, groups and users; ioprio_get(2), ioprio_set(2), which are kept
// and told and steer nothing.
#include <algorithm>
#include <optional>

#include "abi/linux/capability.h"
#include "abi/linux/kcmp.h"
#include "abi/linux/resource.h"
#include "generated/syscall_prototypes.h"
#include "process/pid_table.h"
#include "process/process.h"
#include "process/session.h"
#include "process/tree.h"
#include "sched/scheduler.h"

namespace linux_abi {
namespace {

// fn(task) for each thread that `which` and `who` mean; ESRCH when there is none.
template <typename Fn>
Result<void> for_each_meant(Ctx& ctx, i32 which, i32 who, Fn fn) {
    if (which == abi::PRIO_PROCESS) {
        if (who == 0 || who == ctx.task.tid()) return fn(ctx.task), Result<void>();
        const OptRef<process::Task> task = process::find_task(who);
        if (!task) return Errno::kSRCH;
        return fn(*task), Result<void>();
    }
    const u32 user = who == 0 ? ctx.task.credentials().uid : static_cast<u32>(who);
    i32 group = who;
    if (which == abi::PRIO_PGRP && who == 0) group = TRY(process::group_of(ctx.task, 0));
    const auto is_task = [](const process::pid::Slot& slot) {
        return slot.task.load(std::memory_order_relaxed) != nullptr;
    };
    bool any = false;
    for (i32 tid = process::pid::next(1, is_task); tid != 0; tid = process::pid::next(tid + 1, is_task)) {
        const OptRef<process::Task> task = process::find_task(tid);
        if (!task) continue;
        if (which == abi::PRIO_PGRP) {
            const Result<i32> g = process::group_of(ctx.task, task->process().pid());
            if (!g.ok() || g.value() != group) continue;
        } else {
            const OptRef<object::Credentials> c = task->credentials_of();
            if (!c || c->uid != user) continue;
        }
        any = true;
        fn(*task);
    }
    if (!any) return Errno::kSRCH;
    return {};
}

// set_one_prio of Linux's kernel/sys.c. RLIMIT_NICE counts from 1 (nice 19) to 40 (nice -20).
Result<void> change_nice(Ctx& ctx, process::Task& task, int nice) {
    const object::Credentials& self = ctx.task.credentials();
    const bool privileged = self.capable(abi::CAP_SYS_NICE);
    const OptRef<object::Credentials> target = task.credentials_of();
    if (!target) return Errno::kSRCH;
    if (self.euid != target->uid && self.euid != target->euid && !privileged) return Errno::kPERM;
    const bool allowed = static_cast<u64>(20 - nice) <= task.process().limits().soft(abi::RLIMIT_NICE);
    if (nice < task.nice && !allowed && !privileged) return Errno::kACCES;
    sched::set_nice(task, nice);
    return {};
}

bool is_known(i32 which) { return which >= abi::PRIO_PROCESS && which <= abi::PRIO_USER; }

}  // namespace

// The call itself gives 20 - nice, 1 to 40, so that it is never negative; the C library turns it round.
Result<i64> sys_getpriority(Ctx& ctx, i32 which, i32 who) {
    if (!is_known(which)) return Errno::kINVAL;
    i64 best = 0;
    TRY(for_each_meant(ctx, which, who, [&](process::Task& task) { best = std::max<i64>(best, 20 - task.nice); }));
    return best;
}

Result<i64> sys_setpriority(Ctx& ctx, i32 which, i32 who, i32 niceval) {
    if (!is_known(which)) return Errno::kINVAL;
    const int nice = std::clamp(niceval, -20, 19);
    Result<void> outcome;
    TRY(for_each_meant(ctx, which, who, [&](process::Task& task) {
        const Result<void> r = change_nice(ctx, task, nice);
        if (!r.ok()) outcome = r;
    }));
    if (!outcome.ok()) return outcome.error();
    return 0;
}

namespace {

constexpr i32 kIoLevels = 8;  // IOPRIO_NR_LEVELS
constexpr i32 io_priority(i32 io_class, i32 level) { return (io_class << abi::IOPRIO_CLASS_SHIFT) | level; }

// Linux: ioprio_check_cap().
Result<void> check_io_priority(const object::Credentials& c, i32 priority) {
    const i32 level = priority & ((1 << abi::IOPRIO_CLASS_SHIFT) - 1);
    switch ((static_cast<u32>(priority) >> abi::IOPRIO_CLASS_SHIFT) & 7) {
        case abi::IOPRIO_CLASS_RT:
            if (!c.capable(abi::CAP_SYS_NICE) && !c.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
            [[fallthrough]];
        case abi::IOPRIO_CLASS_BE: return level < kIoLevels ? Result<void>() : Errno::kINVAL;
        case abi::IOPRIO_CLASS_IDLE: return {};
        case abi::IOPRIO_CLASS_NONE: return level == 0 ? Result<void>() : Errno::kINVAL;
        default: return Errno::kINVAL;
    }
}

Result<void> change_io_priority(Ctx& ctx, process::Task& task, i32 priority) {
    const object::Credentials& self = ctx.task.credentials();
    const OptRef<object::Credentials> target = task.credentials_of();
    if (!target) return Errno::kSRCH;
    if (target->uid != self.euid && target->uid != self.uid && !self.capable(abi::CAP_SYS_NICE)) return Errno::kPERM;
    task.io_priority.store(static_cast<u16>(priority), std::memory_order_relaxed);
    return {};
}

// What a thread without one has by its nice value (Linux: task_nice_ioclass, task_nice_ioprio).
i32 effective_io_priority(const process::Task& task) {
    const i32 set = task.io_priority.load(std::memory_order_relaxed);
    if (set >> abi::IOPRIO_CLASS_SHIFT != abi::IOPRIO_CLASS_NONE) return set;
    i32 io_class = abi::IOPRIO_CLASS_BE;
    if (task.policy == sched::Policy::kIdle) io_class = abi::IOPRIO_CLASS_IDLE;
    if (task.sched_class == sched::Class::kRealTime) io_class = abi::IOPRIO_CLASS_RT;
    return io_priority(io_class, (task.nice + 20) / 5);
}

// IOPRIO_WHO_* stand one above PRIO_*.
static_assert(abi::IOPRIO_WHO_PROCESS == abi::PRIO_PROCESS + 1 && abi::IOPRIO_WHO_PGRP == abi::PRIO_PGRP + 1 &&
              abi::IOPRIO_WHO_USER == abi::PRIO_USER + 1);

}  // namespace

Result<i64> sys_ioprio_set(Ctx& ctx, i32 which, i32 who, i32 ioprio) {
    TRY(check_io_priority(ctx.task.credentials(), ioprio));
    if (!is_known(which - 1)) return Errno::kINVAL;
    Result<void> outcome;
    TRY(for_each_meant(ctx, which - 1, who, [&](process::Task& task) {
        if (outcome.ok()) outcome = change_io_priority(ctx, task, ioprio);
    }));
    TRY(outcome);
    return 0;
}

// Of one thread what was set; of several the best that any of them has.
Result<i64> sys_ioprio_get(Ctx& ctx, i32 which, i32 who) {
    if (!is_known(which - 1)) return Errno::kINVAL;
    std::optional<i32> best;
    TRY(for_each_meant(ctx, which - 1, who, [&](process::Task& task) {
        const i32 mine = which == abi::IOPRIO_WHO_PROCESS ? i32{task.io_priority.load(std::memory_order_relaxed)}
                                                          : effective_io_priority(task);
        best = best ? std::min(*best, mine) : mine;
    }));
    return best.value_or(0);
}

}  // namespace linux_abi
