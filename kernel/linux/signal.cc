// Signals: sigaction, masks, sending, waiting, the alternate stack, sigreturn.
#include "process/signal.h"

#include "base/bytes.h"
#include "generated/syscall_prototypes.h"
#include "linux/signal_args.h"
#include "linux/timeout.h"
#include "process/process.h"
#include "process/signal_deliver.h"

namespace linux_abi {
namespace {

using process::SignalInfo;
using process::SignalSet;

constexpr Result<void> check_set_size(usize size) {
    return size == sizeof(abi::sigset_t) ? Result<void>() : Errno::kINVAL;
}

SignalInfo from_caller(const Ctx& ctx, int signo, int code) {
    return SignalInfo::user(signo, code, ctx.task.process().pid(), ctx.task.credentials().uid);
}

Result<void> store_info(UserAddr to, const SignalInfo& info) {
    const abi::siginfo out = info.to_abi();
    return vm::UserSpan{to, sizeof(out)}.copy_out(base::bytes_of(out));
}

// tkill, tgkill: `tgid` 0 is any process.
Result<i64> send_to_thread(Ctx& ctx, i32 tgid, i32 tid, const SignalInfo& info) {
    const OptRef<process::Task> task = process::find_task(tid);
    if (!task || (tgid != 0 && task->process().pid() != tgid)) {
        // The leader may be gone while its process lives on: its number is still good for signals.
        const OptRef<process::Process> process = process::find_process(tid);
        if (!process || (tgid != 0 && tgid != tid)) return Errno::kSRCH;
        TRY(process::may_signal(ctx.task, *process, info.signo));
        return 0;
    }
    TRY(process::may_signal(ctx.task, task->process(), info.signo));
    TRY(process::send_signal_to_thread(*task, info));
    return 0;
}

// Nobody may pretend to be the kernel, or another process's kill(2).
bool is_forged(const Ctx& ctx, const SignalInfo& info, i32 pid) {
    return (info.code >= 0 || info.code == abi::SI_TKILL) && pid != ctx.task.tid();
}

}  // namespace

Result<i64> sys_rt_sigaction(Ctx& ctx, i32 sig, vm::UserIn<abi::sigaction> act, vm::UserOut<abi::sigaction> oact,
                             usize sigsetsize) {
    TRY(check_set_size(sigsetsize));
    abi::sigaction fresh{}, old{};
    if (act) {
        fresh = TRY(act.fetch());
        constexpr u64 kKnown =
            static_cast<u32>(abi::SA_NOCLDSTOP | abi::SA_NOCLDWAIT | abi::SA_SIGINFO | abi::SA_ONSTACK |
                             abi::SA_RESTART | abi::SA_NODEFER | abi::SA_EXPOSE_TAGBITS | abi::SA_RESTORER) |
            abi::SA_RESETHAND;
        fresh.sa_flags &= kKnown;
    }
    TRY(process::change_action(ctx.task, sig, act ? &fresh : nullptr, oact ? &old : nullptr));
    if (oact) TRY(oact.store(old));
    return 0;
}

Result<i64> sys_rt_sigprocmask(Ctx& ctx, i32 how, vm::UserIn<abi::sigset_t> set, vm::UserOut<abi::sigset_t> oset,
                               usize sigsetsize) {
    TRY(check_set_size(sigsetsize));
    const SignalSet old = ctx.task.signals.blocked;
    if (set) {
        const SignalSet mask(TRY(set.fetch()));
        switch (how) {
            case abi::SIG_BLOCK: process::set_blocked(ctx.task, old | mask); break;
            case abi::SIG_UNBLOCK: process::set_blocked(ctx.task, old.without(mask)); break;
            case abi::SIG_SETMASK: process::set_blocked(ctx.task, mask); break;
            default: return Errno::kINVAL;
        }
    }
    if (oset) TRY(oset.store(old.bits));
    return 0;
}

Result<i64> sys_rt_sigreturn(Ctx& ctx) {
    if (!process::restore_signal_frame(ctx.task, ctx.frame)) {
        process::force_signal(ctx.task, SignalInfo::kernel(abi::SIGSEGV));
        return 0;
    }
    return static_cast<i64>(ctx.frame.rax);
}

Result<i64> sys_pause(Ctx& ctx) { return process::sleep_until_signal(ctx.task); }

Result<i64> sys_rt_sigsuspend(Ctx& ctx, vm::UserIn<abi::sigset_t> unewset, usize sigsetsize) {
    TRY(check_set_size(sigsetsize));
    process::set_temporary_mask(ctx.task, SignalSet(TRY(unewset.fetch())));
    return process::sleep_until_signal(ctx.task);
}

Result<i64> sys_rt_sigpending(Ctx& ctx, vm::UserOut<abi::sigset_t> uset, usize sigsetsize) {
    if (sigsetsize > sizeof(abi::sigset_t)) return Errno::kINVAL;
    const u64 set = (process::pending_signals(ctx.task) & ctx.task.signals.blocked).bits;
    TRY(vm::UserSpan{uset.address(), sigsetsize}.copy_out(base::bytes_of(set).first(sigsetsize)));
    return 0;
}

Result<i64> sys_rt_sigtimedwait(Ctx& ctx, vm::UserIn<abi::sigset_t> uthese, UserAddr uinfo,
                                vm::UserIn<abi::timespec> uts, usize sigsetsize) {
    TRY(check_set_size(sigsetsize));
    const SignalSet which(TRY(uthese.fetch()));
    Instant deadline = Instant::never();
    if (uts) deadline = deadline_after(TRY(duration_of(TRY(uts.fetch()))));
    const SignalInfo info = TRY(process::wait_for_signal(ctx.task, which, deadline));
    if (!uinfo.is_null()) TRY(store_info(uinfo, info));
    return info.signo;
}

Result<i64> sys_kill(Ctx& ctx, i32 pid, i32 sig) {
    const SignalInfo info = from_caller(ctx, sig, abi::SI_USER);
    if (pid > 0) {
        const OptRef<process::Process> target = process::find_process(pid);
        if (!target) {
            // Linux takes the number of any thread for its process.
            const OptRef<process::Task> task = process::find_task(pid);
            if (!task) return Errno::kSRCH;
            TRY(process::may_signal(ctx.task, task->process(), sig));
            TRY(process::send_signal(task->process(), info));
            return 0;
        }
        TRY(process::may_signal(ctx.task, *target, sig));
        TRY(process::send_signal(*target, info));
        return 0;
    }
    if (pid == -1) {
        TRY(process::kill_everybody(ctx.task, info));
        return 0;
    }
    if (pid == std::numeric_limits<i32>::min()) return Errno::kSRCH;
    TRY(process::kill_group(ctx.task, pid == 0 ? TRY(process::group_of(ctx.task, 0)) : -pid, info));
    return 0;
}

Result<i64> sys_tkill(Ctx& ctx, i32 pid, i32 sig) {
    if (pid <= 0) return Errno::kINVAL;
    return send_to_thread(ctx, 0, pid, from_caller(ctx, sig, abi::SI_TKILL));
}

Result<i64> sys_tgkill(Ctx& ctx, i32 tgid, i32 pid, i32 sig) {
    if (pid <= 0 || tgid <= 0) return Errno::kINVAL;
    return send_to_thread(ctx, tgid, pid, from_caller(ctx, sig, abi::SI_TKILL));
}

Result<i64> sys_rt_sigqueueinfo(Ctx& ctx, i32 pid, i32 sig, UserAddr uinfo) {
    const SignalInfo info = TRY(fetch_siginfo(uinfo, sig));
    if (is_forged(ctx, info, pid)) return Errno::kPERM;
    const OptRef<process::Process> target = process::find_process(pid);
    if (!target) return Errno::kSRCH;
    TRY(process::may_signal(ctx.task, *target, sig));
    TRY(process::send_signal(*target, info));
    return 0;
}

Result<i64> sys_rt_tgsigqueueinfo(Ctx& ctx, i32 tgid, i32 pid, i32 sig, UserAddr uinfo) {
    const SignalInfo info = TRY(fetch_siginfo(uinfo, sig));
    if (pid <= 0 || tgid <= 0) return Errno::kINVAL;
    if (is_forged(ctx, info, pid)) return Errno::kPERM;
    return send_to_thread(ctx, tgid, pid, info);
}

Result<i64> sys_sigaltstack(Ctx& ctx, vm::UserIn<abi::stack_t> uss, vm::UserOut<abi::stack_t> uoss) {
    abi::stack_t& mine = ctx.task.signals.alternate;
    const u64 sp = ctx.frame.rsp;
    abi::stack_t old = mine;
    if (old.ss_size == 0) {
        old.ss_flags = abi::SS_DISABLE;
    } else if (process::on_alternate_stack(ctx.task, sp)) {
        old.ss_flags |= abi::SS_ONSTACK;
    }
    if (uss) {
        abi::stack_t fresh = TRY(uss.fetch());
        const u32 mode = static_cast<u32>(fresh.ss_flags) & ~abi::SS_AUTODISARM;
        if (process::on_alternate_stack(ctx.task, sp)) return Errno::kPERM;
        if (mode != 0 && mode != static_cast<u32>(abi::SS_DISABLE) && mode != static_cast<u32>(abi::SS_ONSTACK))
            return Errno::kINVAL;
        const bool same = fresh.ss_sp == mine.ss_sp && fresh.ss_size == mine.ss_size && fresh.ss_flags == mine.ss_flags;
        if (same) {
            // Also none of too small a size, as at first.
        } else if (mode == static_cast<u32>(abi::SS_DISABLE)) {
            fresh.ss_sp = fresh.ss_size = 0;
        } else if (fresh.ss_size < static_cast<u64>(abi::MINSIGSTKSZ)) {
            return Errno::kNOMEM;
        }
        fresh.pad0 = 0;
        // "On stack" as a request is the same as none.
        fresh.ss_flags &= ~abi::SS_ONSTACK;
        mine = fresh;
    }
    if (uoss) TRY(uoss.store(old));
    return 0;
}

Result<i64> sys_restart_syscall(Ctx& ctx) {
    process::RestartBlock& block = ctx.task.restart;
    if (block.run == nullptr) return Errno::kINTR;
    return block.run(ctx.task, block);
}

}  // namespace linux_abi
