// Scheduling: policies, priorities, affinity, yielding.
#include <algorithm>
#include <limits>

#include "abi/linux/capability.h"
#include "abi/linux/mman.h"
#include "abi/linux/sched.h"
#include "generated/syscall_prototypes.h"
#include "hw/cpus.h"
#include "linux/clocks.h"
#include "linux/time_values.h"
#include "process/process.h"
#include "sched/scheduler.h"
#include "sync/rcu.h"

namespace linux_abi {
namespace {

using process::Task;
using sched::Policy;

constexpr u64 kDeadlineFlags = abi::SCHED_FLAG_RECLAIM | abi::SCHED_FLAG_DL_OVERRUN;
constexpr i32 kKeepPolicy = -1;      // sched_setparam, SCHED_FLAG_KEEP_POLICY
constexpr i64 kSliceNs = 4'000'000;  // what fair threads are told as their interval: a tick

bool is_real_time(i32 policy) { return policy == abi::SCHED_FIFO || policy == abi::SCHED_RR; }
bool is_fair(i32 policy) { return policy == abi::SCHED_NORMAL || policy == abi::SCHED_BATCH; }
bool is_known(i32 policy) {
    return is_real_time(policy) || is_fair(policy) || policy == abi::SCHED_IDLE || policy == abi::SCHED_DEADLINE;
}
i32 policy_of(const Task& task) { return static_cast<i32>(task.policy); }

// ESRCH. 0: the caller.
Result<Ref<Task>> find(Ctx& ctx, i32 pid) {
    if (pid == 0) return Ref<Task>(ctx.task);
    OptRef<Task> task = process::find_task_or_remains(pid);
    if (!task) return Errno::kSRCH;
    return task.take();
}

bool same_owner(Ctx& ctx, const Task& task) {
    const OptRef<object::Credentials> theirs = task.credentials_of();
    const object::Credentials& mine = ctx.task.credentials();
    return theirs && (mine.euid == theirs->euid || mine.euid == theirs->uid);
}
bool may_change(Ctx& ctx, const Task& task) {
    return same_owner(ctx, task) || ctx.task.credentials().capable(abi::CAP_SYS_NICE);
}

struct Wanted {
    i32 policy = kKeepPolicy;
    bool keep_params = false;
    bool reset_on_fork = false;
    i32 nice = 0;
    u32 priority = 0;
    sched::DlParameters deadline = {};
};

// user_check_sched_setscheduler: what needs CAP_SYS_NICE.
bool is_privileged_change(Ctx& ctx, const Task& task, i32 policy, const Wanted& w) {
    const process::Limits& limits = task.process().limits();
    const auto nice_allowed = [&](int nice) { return static_cast<u64>(20 - nice) <= limits.soft(abi::RLIMIT_NICE); };
    if (is_fair(policy) && w.nice < task.nice && !nice_allowed(w.nice)) return true;
    if (is_real_time(policy)) {
        const u64 most = limits.soft(abi::RLIMIT_RTPRIO);
        if (policy != policy_of(task) && most == 0) return true;
        const u32 now = is_real_time(policy_of(task)) ? task.own_rt_priority : 0;
        if (w.priority > now && w.priority > most) return true;
    }
    if (policy == abi::SCHED_DEADLINE) return true;
    if (policy_of(task) == abi::SCHED_IDLE && policy != abi::SCHED_IDLE && !nice_allowed(task.nice)) return true;
    if (!same_owner(ctx, task)) return true;
    return task.reset_on_fork && !w.reset_on_fork;
}

// __sched_setscheduler
Result<void> change(Ctx& ctx, Task& task, Wanted w) {
    i32 policy = w.policy;
    if (policy == kKeepPolicy) {
        policy = policy_of(task);
        w.reset_on_fork = task.reset_on_fork;
    } else if (!is_known(policy)) {
        return Errno::kINVAL;
    }
    if (w.keep_params) {  // those of its class: get_params() of Linux
        if (policy_of(task) == abi::SCHED_DEADLINE) {
            w.deadline = task.dl;
        } else if (is_real_time(policy_of(task))) {
            w.priority = task.own_rt_priority;
        } else {
            w.nice = task.nice;
        }
    }
    if (w.priority > 99) return Errno::kINVAL;
    if (policy == abi::SCHED_DEADLINE) w.deadline = TRY(w.deadline.checked());
    if (is_real_time(policy) != (w.priority != 0)) return Errno::kINVAL;
    if (!ctx.task.credentials().capable(abi::CAP_SYS_NICE) && is_privileged_change(ctx, task, policy, w))
        return Errno::kPERM;
    if (w.keep_params) {  // and with them the policy, as on Linux
        task.reset_on_fork = w.reset_on_fork;
        return {};
    }
    if (policy == abi::SCHED_DEADLINE) {
        if (!task.address_space_of()) return Errno::kSRCH;  // has ended: nobody would give the share back
        // The time that others leave is nobody's here: there is no reclaiming.
        if ((w.deadline.flags & abi::SCHED_FLAG_RECLAIM) != 0) return Errno::kINVAL;
        if (policy != policy_of(task) || w.deadline != task.dl) TRY(sched::set_deadline(task, w.deadline));
        task.reset_on_fork = w.reset_on_fork;
        return {};
    }
    TRY(sched::set_policy(task, static_cast<Policy>(policy), static_cast<u8>(w.priority),
                          is_fair(policy) ? w.nice : task.nice));
    task.reset_on_fork = w.reset_on_fork;
    return {};
}

Result<i64> set_scheduler(Ctx& ctx, i32 pid, i32 policy, vm::UserIn<abi::sched_param> param) {
    if (!param || pid < 0) return Errno::kINVAL;
    const abi::sched_param value = TRY(param.fetch());
    const Ref<Task> task = TRY(find(ctx, pid));
    Wanted w{.policy = policy, .nice = task->nice, .priority = static_cast<u32>(value.sched_priority)};
    if (policy != kKeepPolicy && (policy & abi::SCHED_RESET_ON_FORK) != 0) {
        w.policy = policy & ~abi::SCHED_RESET_ON_FORK;
        w.reset_on_fork = true;
    }
    TRY(change(ctx, *task, w));
    return 0;
}

// sched_copy_attr: callers of other versions pass other sizes; what we do not know must be zero.
Result<abi::sched_attr> fetch_attributes(UserAddr address) {
    const u32 given = TRY(vm::UserIn<u32>(address).fetch());
    const u32 size = given == 0 ? abi::SCHED_ATTR_SIZE_VER0 : given;
    abi::sched_attr attr{};
    const auto too_big = [&] {
        (void)vm::UserOut<u32>(address).store(sizeof(abi::sched_attr));
        return Errno::k2BIG;
    };
    if (size < abi::SCHED_ATTR_SIZE_VER0 || size > kPageSize) return too_big();
    const vm::UserSpan user{address, size};
    const auto bytes = base::writable_bytes_of(attr);
    TRY(user.copy_in(bytes.first(std::min<usize>(size, bytes.size()))));
    std::array<u8, 64> rest;
    for (usize at = bytes.size(); at < size; at += rest.size()) {
        const auto part = std::span(rest).first(std::min<usize>(rest.size(), size - at));
        TRY(user.copy_in(part, at));
        if (std::any_of(part.begin(), part.end(), [](u8 b) { return b != 0; })) return too_big();
    }
    attr.size = size;
    attr.sched_nice = std::clamp(attr.sched_nice, -20, 19);
    return attr;
}

}  // namespace

Result<i64> sys_sched_yield(Ctx&) {
    sched::yield();
    return 0;
}

Result<i64> sys_sched_setscheduler(Ctx& ctx, i32 pid, i32 policy, vm::UserIn<abi::sched_param> param) {
    if (policy < 0) return Errno::kINVAL;
    return set_scheduler(ctx, pid, policy, param);
}

Result<i64> sys_sched_setparam(Ctx& ctx, i32 pid, vm::UserIn<abi::sched_param> param) {
    return set_scheduler(ctx, pid, kKeepPolicy, param);
}

Result<i64> sys_sched_getscheduler(Ctx& ctx, i32 pid) {
    if (pid < 0) return Errno::kINVAL;
    const Ref<Task> task = TRY(find(ctx, pid));
    return policy_of(*task) | (task->reset_on_fork ? abi::SCHED_RESET_ON_FORK : 0);
}

Result<i64> sys_sched_getparam(Ctx& ctx, i32 pid, vm::UserOut<abi::sched_param> param) {
    if (!param || pid < 0) return Errno::kINVAL;
    const Ref<Task> task = TRY(find(ctx, pid));
    TRY(param.store({is_real_time(policy_of(*task)) ? task->own_rt_priority : 0}));
    return 0;
}

Result<i64> sys_sched_setattr(Ctx& ctx, i32 pid, UserAddr attr, u32 flags) {
    if (attr.is_null() || pid < 0 || flags != 0) return Errno::kINVAL;
    const abi::sched_attr a = TRY(fetch_attributes(attr));
    if ((a.sched_flags & abi::SCHED_FLAG_UTIL_CLAMP) != 0 && a.size < abi::SCHED_ATTR_SIZE_VER1) return Errno::kINVAL;
    if (static_cast<i32>(a.sched_policy) < 0) return Errno::kINVAL;
    const Ref<Task> task = TRY(find(ctx, pid));
    if ((a.sched_flags & ~u64{abi::SCHED_FLAG_ALL}) != 0) return Errno::kINVAL;
    if ((a.sched_flags & abi::SCHED_FLAG_UTIL_CLAMP) != 0) return Errno::kOPNOTSUPP;
    const bool keep_policy = (a.sched_flags & abi::SCHED_FLAG_KEEP_POLICY) != 0;
    TRY(change(ctx, *task,
               {.policy = keep_policy ? kKeepPolicy : static_cast<i32>(a.sched_policy),
                .keep_params = (a.sched_flags & abi::SCHED_FLAG_KEEP_PARAMS) != 0,
                .reset_on_fork = (a.sched_flags & abi::SCHED_FLAG_RESET_ON_FORK) != 0,
                .nice = a.sched_nice,
                .priority = a.sched_priority,
                .deadline = {a.sched_runtime, a.sched_deadline, a.sched_period, a.sched_flags & kDeadlineFlags}}));
    return 0;
}

Result<i64> sys_sched_getattr(Ctx& ctx, i32 pid, UserAddr attr, u32 size, u32 flags) {
    if (attr.is_null() || pid < 0 || size > kPageSize || size < abi::SCHED_ATTR_SIZE_VER0 || flags != 0)
        return Errno::kINVAL;
    const Ref<Task> task = TRY(find(ctx, pid));
    const bool real_time = is_real_time(policy_of(*task));
    abi::sched_attr a{};
    a.size = std::min<u32>(size, sizeof(a));
    a.sched_policy = static_cast<u32>(policy_of(*task));
    a.sched_flags = task->reset_on_fork ? abi::SCHED_FLAG_RESET_ON_FORK : 0;
    if (task->policy == Policy::kDeadline) {
        a.sched_runtime = task->dl.runtime;
        a.sched_deadline = task->dl.deadline;
        a.sched_period = task->dl.period;
        a.sched_flags |= task->dl.flags;
    } else if (real_time) {
        a.sched_priority = task->own_rt_priority;
    } else {
        a.sched_nice = task->nice;
    }
    TRY(vm::UserSpan{attr, size}.copy_out(base::bytes_of(a).first(a.size)));
    return 0;
}

Result<i64> sys_sched_get_priority_max(Ctx&, i32 policy) {
    if (!is_known(policy)) return Errno::kINVAL;
    return is_real_time(policy) ? 99 : 0;
}

Result<i64> sys_sched_get_priority_min(Ctx&, i32 policy) {
    if (!is_known(policy)) return Errno::kINVAL;
    return is_real_time(policy) ? 1 : 0;
}

Result<i64> sys_sched_rr_get_interval(Ctx& ctx, i32 pid, vm::UserOut<abi::timespec> interval) {
    if (pid < 0) return Errno::kINVAL;
    const Ref<Task> task = TRY(find(ctx, pid));
    i64 ns = kSliceNs;
    if (task->policy == Policy::kRoundRobin) ns = sched::kRoundRobinSliceNs;
    if (task->policy == Policy::kFifo) ns = 0;
    TRY(interval.store(timespec_of(ns)));
    return 0;
}

// Masks of user space may be shorter or longer than ours; bits for CPUs that are not there mean nothing.
Result<i64> sys_sched_setaffinity(Ctx& ctx, i32 pid, u32 len, UserAddr user_mask) {
    std::array<u64, hw::CpuMask::words()> words{};
    const auto bytes = base::writable_bytes_of(words);
    TRY(vm::UserSpan{user_mask, len}.copy_in(bytes.first(std::min<usize>(len, bytes.size()))));
    hw::CpuMask mask;
    for (usize i = 0; i < words.size(); i++) mask.set_word(i, words[i]);
    const Ref<Task> task = TRY(find(ctx, pid));
    if (!may_change(ctx, *task)) return Errno::kPERM;
    TRY(sched::set_affinity(*task, mask));
    return 0;
}

// The number of bytes that the mask has.
Result<i64> sys_sched_getaffinity(Ctx& ctx, i32 pid, u32 len, UserAddr user_mask) {
    if (u64{len} * 8 < hw::cpus_possible() || len % sizeof(u64) != 0) return Errno::kINVAL;
    const Ref<Task> task = TRY(find(ctx, pid));
    const hw::CpuMask online = hw::online_mask();
    std::array<u64, hw::CpuMask::words()> words{};
    for (usize i = 0; i < words.size(); i++) words[i] = task->affinity.word(i) & online.word(i);
    const usize size = std::min<usize>(len, align_up<u64>(hw::cpus_possible(), 64) / 8);
    TRY(vm::UserSpan{user_mask, len}.copy_out(base::bytes_of(words).first(size)));
    return static_cast<i64>(size);
}

// Memory barriers on all threads' CPUs: each passes through the scheduler or user mode in a grace period.
Result<i64> sys_membarrier(Ctx& ctx, u32 cmd, u32 flags, i32) {
    constexpr u32 kExpedited = abi::MEMBARRIER_CMD_GLOBAL_EXPEDITED | abi::MEMBARRIER_CMD_PRIVATE_EXPEDITED;
    constexpr u32 kRegister =
        abi::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | abi::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    if (flags != 0) return Errno::kINVAL;
    switch (cmd) {
        case abi::MEMBARRIER_CMD_QUERY: return abi::MEMBARRIER_CMD_GLOBAL | kExpedited | kRegister;
        case abi::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED: return 0;
        case abi::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
            ctx.task.address_space().registered_barriers.store(true, std::memory_order_relaxed);
            return 0;
        case abi::MEMBARRIER_CMD_PRIVATE_EXPEDITED:
            if (!ctx.task.address_space().registered_barriers.load(std::memory_order_relaxed)) return Errno::kPERM;
            [[fallthrough]];
        case abi::MEMBARRIER_CMD_GLOBAL:
        case abi::MEMBARRIER_CMD_GLOBAL_EXPEDITED:
            if (hw::cpus_online() > 1) rcu::synchronize();
            return 0;
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
