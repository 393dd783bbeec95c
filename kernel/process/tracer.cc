// The tracer's side of ptrace(2): who may trace, attaching, letting tracees go on, waiting for them (Linux:
// kernel/ptrace.c; wait_task_stopped of kernel/exit.c).
#include "abi/linux/ptrace.h"
#include "abi/linux/wait.h"
#include "arch/context.h"
#include "process/exit.h"
#include "process/pid_table.h"
#include "process/signal.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "process/wait_status.h"
#include "sched/scheduler.h"

namespace process {

bool may_trace(const object::Credentials& caller, Process* caller_process, const Task& target, AccessIds ids) {
    if (caller_process == &target.process()) return true;
    const OptRef<object::Credentials> theirs = target.credentials_of();
    if (!theirs) return false;
    if (caller.capable(abi::CAP_SYS_PTRACE)) return true;
    const u32 uid = ids == AccessIds::kReal ? caller.uid : caller.fsuid;
    const u32 gid = ids == AccessIds::kReal ? caller.gid : caller.fsgid;
    const bool same = uid == theirs->uid && uid == theirs->euid && uid == theirs->suid && gid == theirs->gid &&
                      gid == theirs->egid && gid == theirs->sgid;
    return same && target.process().dumpable.load(std::memory_order_relaxed) &&
           theirs->permitted.subset_of(caller.permitted);
}

Result<void> may_trace(const Task& self, const Task& target, AccessMode, AccessIds ids) {
    if (!may_trace(self.credentials(), &self.process(), target, ids)) return Errno::kPERM;
    return {};
}

namespace {

// Tree lock held; takes the tracee's signal lock.
void link(Task& tracer, Task& tracee, bool seize, u32 options, bool capable) {
    tracer.process().tracees.push_back(tracee);
    Tracing& t = tracee.tracing;
    auto s = tracee.process().signals().lock();
    t.tracer.store(&tracer, std::memory_order_relaxed);
    t.seized = seize;
    t.options.store(options, std::memory_order_relaxed);
    t.tracer_is_capable = capable;
    // A task that job control has stopped comes over into a stop that the tracer sees.
    if (tracee.signals.stopped) {
        t.trap_stop = true;
        wake_for_signal(tracee, false);
        sched::wake(tracee, sched::state::kStopped);
    }
}

// The tracee is nobody's any more, and goes on unless its process is stopped. Tree and signal lock held.
void unlink(SignalState& s, Task& tracee, int signo) {
    Tracing& t = tracee.tracing;
    tracee.tracing_node.unlink();
    t.tracer.store(nullptr, std::memory_order_relaxed);
    t.options.store(0, std::memory_order_relaxed);
    t.seized = t.trap_stop = t.trap_notify = t.listening = t.stepping = false;
    tracee.syscall_work.fetch_and(~(kSyscallPtrace | kSyscallStep), std::memory_order_relaxed);
    if (s.stop_signal != 0 && !s.exiting) tracee.signals.stop_pending = true;
    if (t.stopped) {
        t.inject = signo;
        t.stopped = t.unreported = false;
    }
    refresh_pending(s, tracee);
    sched::wake(tracee, sched::state::kTraced);
}

}  // namespace

Result<void> trace_me(Task& self) {
    TreeGuard tree;
    if (is_traced(self)) return Errno::kPERM;
    Process* parent = self.process().parent;
    if (parent == nullptr) return {};
    Task* tracer = nullptr;
    bool capable = false;
    {
        auto s = parent->signals().lock();
        for (Task& thread : s->threads) {
            if (thread.exiting.load(std::memory_order_relaxed)) continue;
            if (tracer == nullptr || thread.tid() == self.process().creator_tid) tracer = &thread;
        }
    }
    if (tracer == nullptr) return {};
    if (const OptRef<object::Credentials> ids = tracer->credentials_of()) capable = ids->capable(abi::CAP_SYS_PTRACE);
    link(*tracer, self, false, 0, capable);
    return {};
}

Result<void> trace_attach(Task& self, Task& target, bool seize, u32 options) {
    if (&self.process() == &target.process() || target.is_kernel()) return Errno::kPERM;
    TRY(may_trace(self, target, AccessMode::kAttach));
    {
        TreeGuard tree;
        if (is_traced(target) || target.exiting.load(std::memory_order_relaxed)) return Errno::kPERM;
        link(self, target, seize, options, self.credentials().capable(abi::CAP_SYS_PTRACE));
    }
    if (!seize) (void)send_signal_to_thread(target, SignalInfo::kernel(abi::SIGSTOP));
    return {};
}

void release_tracees(Task& self) {
    TreeGuard tree;
    for (Task& tracee : self.process().tracees) {
        if (tracee.tracing.tracer.load(std::memory_order_relaxed) != &self) continue;
        if (tracee.tracing.ended) {
            Process& process = tracee.process();
            const bool was_leader = process.ended_leader == &tracee;
            const bool parent_waits = was_leader && process.life == Life::kZombie && process.parent != &self.process();
            forget_ended(tracee);
            if (parent_waits && tell_parent_of_end(process)) reap(process);
            continue;
        }
        const bool kill = (tracee.tracing.options.load(std::memory_order_relaxed) & abi::PTRACE_O_EXITKILL) != 0;
        {
            auto s = tracee.process().signals().lock();
            unlink(*s, tracee, tracee.tracing.inject);
        }
        if (kill) (void)send_signal(tracee.process(), SignalInfo::kernel(abi::SIGKILL));
    }
}

Result<HeldTracee> HeldTracee::hold(Task& self, Task& target) {
    auto s = target.process().signals().lock();
    Tracing& t = target.tracing;
    if (t.tracer.load(std::memory_order_relaxed) != &self || !t.stopped || t.listening) return Errno::kSRCH;
    if (must_die(*s, target) && !t.exit_stop) return Errno::kSRCH;
    t.held = true;
    return HeldTracee(target);
}

HeldTracee::~HeldTracee() {
    if (task_ == nullptr) return;
    {
        auto s = task_->process().signals().lock();
        task_->tracing.held = false;
        if (task_->tracing.stopped && !must_die(*s, *task_)) return;
    }
    sched::wake(*task_, sched::state::kTraced);
}

void HeldTracee::resume(How how, int signo) {
    Tracing& t = task_->tracing;
    arch::TrapFrame& regs = frame();
    t.stepping = how == How::kStep;
    if (t.stepping) {
        if ((regs.rflags & arch::rflags::kTrap) == 0) t.forced_trap_flag = true;
        regs.rflags |= arch::rflags::kTrap;
    } else {
        drop_forced_trap_flag(*task_, regs);
    }
    u32 work = 0;
    if (how == How::kToCall) work = kSyscallPtrace;
    if (how == How::kStep) work = kSyscallStep;
    task_->syscall_work.fetch_and(~(kSyscallPtrace | kSyscallStep), std::memory_order_relaxed);
    task_->syscall_work.fetch_or(work, std::memory_order_relaxed);
    auto s = task_->process().signals().lock();
    // Stopped within a call (fork's and exec's events) that began when nobody asked for calls: its end is reported.
    const i32 event = t.code >> 8;
    const bool in_call = event >= abi::PTRACE_EVENT_FORK && event <= abi::PTRACE_EVENT_VFORK_DONE;
    if (work != 0 && in_call && !t.in_slow_call) task_->request(kWorkCallExit);
    t.inject = signo;
    t.stopped = t.unreported = false;
}

void HeldTracee::detach(int signo) {
    TreeGuard tree;
    auto s = task_->process().signals().lock();
    if (!is_traced(*task_)) return;
    // A tracer that ends instead leaves the flag: the tracee gets the SIGTRAP of its next step and dies of it, as with
    // Linux (exit_ptrace() does not call ptrace_disable()).
    drop_forced_trap_flag(*task_, frame());
    unlink(*s, *task_, signo);
}

Result<void> HeldTracee::listen() {
    auto s = task_->process().signals().lock();
    Tracing& t = task_->tracing;
    if (!t.seized || !t.has_info || (t.info.code >> 8) != abi::PTRACE_EVENT_STOP) return Errno::kIO;
    t.listening = true;
    t.unreported = false;
    if (t.trap_notify) t.listening = t.stopped = false;
    return {};
}

Result<void> trace_interrupt(Task& self, Task& target) {
    auto s = target.process().signals().lock();
    Tracing& t = target.tracing;
    if (t.tracer.load(std::memory_order_relaxed) != &self) return Errno::kSRCH;
    if (!t.seized || target.exiting.load(std::memory_order_relaxed)) return Errno::kIO;
    t.trap_stop = true;
    wake_for_signal(target, false);
    if (t.listening) {
        t.listening = t.stopped = false;
        sched::wake(target, sched::state::kTraced);
    }
    return {};
}

namespace {

bool fits(const Task& tracee, const WaitRequest& request) {
    switch (request.kind) {
        case WaitFor::kPid: return tracee.tid() == request.id;
        case WaitFor::kGroup: return tracee.process().group && tracee.process().group->pgid == request.id;
        case WaitFor::kAny: return true;
    }
    return false;
}

u32 uid_of(const Task& task) {
    const OptRef<object::Credentials> ids = task.credentials_of();
    return ids ? ids->uid : 0;
}

bool has(u32 options, int option) { return (options & static_cast<u32>(option)) != 0; }

std::optional<WaitOutcome> take_end(Process& self, Task& tracee, u32 options) {
    Process& process = tracee.process();
    const bool is_leader = process.ended_leader == &tracee;
    // Of the process as a whole, and to its own parent as wait(2) does anyway.
    if (is_leader && (process.life != Life::kZombie || process.parent == &self)) return std::nullopt;
    if (!has(options, abi::WEXITED)) return std::nullopt;
    WaitOutcome out;
    out.pid = tracee.tid();
    out.uid = uid_of(tracee);
    out.wait_status = is_leader ? process.wait_status : tracee.tracing.end_status;
    const ChildCode code = child_code(out.wait_status);
    out.code = code.code;
    out.status = code.status;
    out.usage = is_leader ? process.final_usage : usage_of(tracee);
    if (has(options, abi::WNOWAIT)) return out;
    forget_ended(tracee);
    if (is_leader && tell_parent_of_end(process)) reap(process);
    return out;
}

std::optional<WaitOutcome> take_stop(Task& tracee, u32 options) {
    WaitOutcome out;
    {
        auto s = tracee.process().signals().lock();
        Tracing& t = tracee.tracing;
        if (!t.stopped || !t.unreported || t.listening) return std::nullopt;
        if (!has(options, abi::WNOWAIT)) t.unreported = false;
        out.status = t.code;
    }
    out.pid = tracee.tid();
    out.uid = uid_of(tracee);
    out.code = abi::CLD_TRAPPED;
    out.wait_status = abi::W_STOPCODE(out.status);
    out.usage = usage_of(tracee);
    return out;
}

}  // namespace

std::optional<WaitOutcome> wait_for_tracee(Task& self, const WaitRequest& request, bool& any) {
    for (Task& tracee : self.process().tracees) {
        if (!fits(tracee, request)) continue;
        if (has(request.options, abi::__WNOTHREAD) && tracee.tracing.tracer.load(std::memory_order_relaxed) != &self)
            continue;
        any = true;
        std::optional<WaitOutcome> out = tracee.tracing.ended ? take_end(self.process(), tracee, request.options)
                                                              : take_stop(tracee, request.options);
        if (out) return out;
    }
    return std::nullopt;
}

}  // namespace process
