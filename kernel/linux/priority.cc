// getpriority(2), setpriority(2), ioprio_get(2), ioprio_set(2): nice values and I/O priorities of threads, groups and
// users. Nothing queues I/O by priority yet: it is kept and told.
#include <algorithm>

#include "abi/linux/capability.h"
#include "abi/linux/kcmp.h"
#include "abi/linux/resource.h"
#include "abi/linux/sched.h"
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
        const OptRef<process::Task> task = process::find_task_or_remains(who);
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

// The numbers of ioprio_set(2) as those of setpriority(2).
Result<i32> which_of_io(i32 which) {
    switch (which) {
        case abi::IOPRIO_WHO_PROCESS: return i32{abi::PRIO_PROCESS};
        case abi::IOPRIO_WHO_PGRP: return i32{abi::PRIO_PGRP};
        case abi::IOPRIO_WHO_USER: return i32{abi::PRIO_USER};
        default: return Errno::kINVAL;
    }
}

constexpr i32 kIoLevels = 8;
constexpr u16 io_priority(i32 io_class, i32 level) {
    return static_cast<u16>(io_class << abi::IOPRIO_CLASS_SHIFT | level);
}

// Linux: ioprio_check_cap.
Result<void> check_io_priority(Ctx& ctx, i32 value) {
    const i32 io_class = value >> abi::IOPRIO_CLASS_SHIFT, level = value & ((1 << abi::IOPRIO_CLASS_SHIFT) - 1);
    switch (io_class) {
        case abi::IOPRIO_CLASS_RT:
            if (!ctx.task.credentials().capable(abi::CAP_SYS_ADMIN) &&
                !ctx.task.credentials().capable(abi::CAP_SYS_NICE))
                return Errno::kPERM;
            [[fallthrough]];
        case abi::IOPRIO_CLASS_BE: return level < kIoLevels ? Result<void>() : Errno::kINVAL;
        case abi::IOPRIO_CLASS_IDLE: return {};
        case abi::IOPRIO_CLASS_NONE: return level == 0 ? Result<void>() : Errno::kINVAL;
        default: return Errno::kINVAL;
    }
}

Result<void> change_io_priority(Ctx& ctx, process::Task& task, u16 value) {
    const object::Credentials& self = ctx.task.credentials();
    const OptRef<object::Credentials> target = task.credentials_of();
    if (!target) return Errno::kSRCH;
    if (target->uid != self.euid && target->uid != self.uid && !self.capable(abi::CAP_SYS_NICE)) return Errno::kPERM;
    task.io_priority.store(value, std::memory_order_relaxed);
    return {};
}

// What a thread that never said so has: by its policy and nice value (Linux: __get_task_ioprio).
u16 effective_io_priority(const process::Task& task) {
    const u16 set = task.io_priority.load(std::memory_order_relaxed);
    if (set >> abi::IOPRIO_CLASS_SHIFT != abi::IOPRIO_CLASS_NONE) return set;
    const i32 level = (task.nice + 20) / 5;
    switch (task.policy) {
        case sched::Policy::kIdle: return io_priority(abi::IOPRIO_CLASS_IDLE, level);
        case sched::Policy::kFifo:
        case sched::Policy::kRoundRobin: return io_priority(abi::IOPRIO_CLASS_RT, level);
        default: return io_priority(abi::IOPRIO_CLASS_BE, level);
    }
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
        // The last error is told, and Linux goes through a group from its newest member to its oldest.
        if (!r.ok() && (which != abi::PRIO_PGRP || outcome.ok())) outcome = r;
    }));
    if (!outcome.ok()) return outcome.error();
    return 0;
}

Result<i64> sys_ioprio_set(Ctx& ctx, i32 which, i32 who, i32 ioprio) {
    TRY(check_io_priority(ctx, ioprio));
    Result<void> outcome;
    TRY(for_each_meant(ctx, TRY(which_of_io(which)), who, [&](process::Task& task) {
        if (outcome.ok()) outcome = change_io_priority(ctx, task, static_cast<u16>(ioprio));
    }));
    if (!outcome.ok()) return outcome.error();
    return 0;
}

// A thread's is what was set; a group's or user's the most urgent one in effect.
Result<i64> sys_ioprio_get(Ctx& ctx, i32 which, i32 who) {
    const i32 meant = TRY(which_of_io(which));
    i64 best = 0xffff;
    TRY(for_each_meant(ctx, meant, who, [&](process::Task& task) {
        const u16 own =
            meant == abi::PRIO_PROCESS ? task.io_priority.load(std::memory_order_relaxed) : effective_io_priority(task);
        best = std::min<i64>(best, own);
    }));
    return best;
}

}  // namespace linux_abi
