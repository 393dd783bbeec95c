// The tracee's side of ptrace(2) (Linux: kernel/signal.c ptrace_stop and its callers; include/linux/ptrace.h).
#include "process/trace.h"

#include "abi/linux/ptrace.h"
#include "abi/linux/wait.h"
#include "arch/context.h"
#include "process/exit.h"
#include "process/pid_table.h"
#include "process/seccomp.h"
#include "process/signal.h"
#include "process/signal_deliver.h"
#include "process/signal_state.h"
#include "process/tree.h"
#include "process/wait_status.h"
#include "sched/scheduler.h"

namespace process {

namespace {

constexpr i32 kSysGood = 0x80;
constexpr i32 with_event(int signo, int event) { return signo | (event << 8); }

// SIGCHLD and a wake-up for the tracer (Linux: do_notify_parent_cldstop). Tree lock held.
void tell_tracer(Process& to, Task& self, int why, i32 code) {
    const abi::sigaction action = to.signals().with([](SignalState& s) { return s.actions->get(abi::SIGCHLD); });
    if (action.sa_handler != abi::SIG_IGN && (action.sa_flags & abi::SA_NOCLDSTOP) == 0) {
        const sched::ThreadTimes times = sched::thread_times(self);
        (void)send_signal(to, SignalInfo::child(why, self.tid(), self.credentials().uid, code & 0x7f,
                                                static_cast<i64>(times.user_ns / kNsPerTick),
                                                static_cast<i64>(times.system_ns / kNsPerTick)));
    }
    to.child_events.wake_all();
}

enum class Dying : u8 { kNo, kYes };

// The stop counts for the group's stop too. True: that one is complete.
bool take_part(SignalState& s, Task& self) {
    if (!std::exchange(self.signals.stop_pending, false)) return false;
    if (s.stop_signal == 0 || s.to_stop == 0 || --s.to_stop != 0) return false;
    s.stopped = true;
    s.report_stop = true;
    s.report_continue = false;
    return true;
}

void sleep_in_stop(Task& self, Dying dying) {
    Tracing& t = self.tracing;
    for (;;) {
        sched::set_state(self, sched::state::kTraced);
        {
            auto s = self.process().signals().lock();
            const bool over = !t.stopped || (dying == Dying::kNo && must_die(*s, self));
            if (over && !t.held) {
                sched::set_running(self);
                t.stopped = t.unreported = t.has_info = t.listening = false;
                refresh_pending(*s, self);
                return;
            }
        }
        sched::schedule();
    }
}

// Stops until the tracer lets it go on: the signal that it injects, or 0. Nothing: there was no stop.
std::optional<int> stop(Task& self, i32 code, int why, const SignalInfo* info, Dying dying = Dying::kNo) {
    Process& process = self.process();
    Tracing& t = self.tracing;
    // From here on the registers are in memory, for the tracer to read and write.
    arch::fpu_reload_current();
    t.fs_base = arch::read_user_fs_base();
    t.gs_base = arch::read_user_gs_base();
    const u64 fs_base = t.fs_base, gs_base = t.gs_base;
    bool group_complete = false;
    {
        TreeGuard tree;
        Task* tracer = t.tracer.load(std::memory_order_relaxed);
        {
            auto s = process.signals().lock();
            if (tracer == nullptr || (dying == Dying::kNo && must_die(*s, self))) return std::nullopt;
            if (why == abi::CLD_STOPPED) group_complete = take_part(*s, self);
            t.trap_stop = false;
            t.stopped = t.unreported = true;
            t.listening = false;
            t.exit_stop = dying == Dying::kYes;
            t.code = code;
            t.inject = 0;
            t.has_info = info != nullptr;
            if (info != nullptr) t.info = *info;
        }
        tell_tracer(tracer->process(), self, why, code);
        // The real parent hears of the group's stop in its own right.
        if (&tracer->process() == process.parent) group_complete = false;
    }
    if (group_complete) tell_parent_of_stop(process, abi::CLD_STOPPED);
    sleep_in_stop(self, dying);
    if (t.fs_base != fs_base) arch::write_user_fs_base(t.fs_base);
    if (t.gs_base != gs_base) arch::write_user_gs_base(t.gs_base);
    if (self.debug != nullptr) arch::load_debug_registers();
    arch::frame_changed();
    return std::exchange(t.inject, 0);
}

// A stop that the kernel makes up: SIGTRAP with the stop's code as si_code (Linux: ptrace_do_notify).
std::optional<int> notify(Task& self, int signo, i32 code, int why, Dying dying = Dying::kNo) {
    SignalInfo info = SignalInfo::user(signo, code, self.tid(), self.credentials().uid);
    return stop(self, code, why, &info, dying);
}

void report_call(Task& self, u64 message) {
    const u32 options = self.tracing.options.load(std::memory_order_relaxed);
    self.tracing.message = message;
    const i32 code = abi::SIGTRAP | ((options & abi::PTRACE_O_TRACESYSGOOD) != 0 ? kSysGood : 0);
    const int inject = notify(self, abi::SIGTRAP, code, abi::CLD_TRAPPED).value_or(0);
    if (inject != 0) (void)send_signal_to_thread(self, SignalInfo::kernel(inject));
}

}  // namespace

std::optional<SignalInfo> trace_signal(Task& self, const SignalInfo& info) {
    const std::optional<int> inject = stop(self, info.signo, abi::CLD_TRAPPED, &info);
    if (!inject) return info;
    if (*inject == 0) return std::nullopt;
    // The tracer may have changed what the signal says (PTRACE_SETSIGINFO).
    SignalInfo result = self.tracing.info;
    if (*inject != result.signo) {
        TreeGuard tree;
        const Task* tracer = self.tracing.tracer.load(std::memory_order_relaxed);
        const i32 pid = tracer != nullptr ? tracer->process().pid() : 0;
        const OptRef<object::Credentials> ids = tracer != nullptr ? tracer->credentials_of() : nullptr;
        result = SignalInfo::user(*inject, abi::SI_USER, pid, ids ? ids->uid : 0);
    }
    if (!self.signals.blocked.has(*inject)) return result;
    (void)send_signal_to_thread(self, result);
    return std::nullopt;
}

bool wants_event(const Task& self, int event) {
    return is_traced(self) && ((self.tracing.options.load(std::memory_order_relaxed) >> event) & 1) != 0;
}

void trace_event(Task& self, int event, u64 message) {
    if (!wants_event(self, event)) return;
    self.tracing.message = message;
    const Dying dying = event == abi::PTRACE_EVENT_EXIT ? Dying::kYes : Dying::kNo;
    (void)notify(self, abi::SIGTRAP, with_event(abi::SIGTRAP, event), abi::CLD_TRAPPED, dying);
}

void trace_exec(Task& self, i32 old_tid) {
    if (!is_traced(self)) return;
    if (wants_event(self, abi::PTRACE_EVENT_EXEC)) {
        trace_event(self, abi::PTRACE_EVENT_EXEC, static_cast<u64>(old_tid));
    } else if (!self.tracing.seized) {
        send_signal_to_self(self, abi::SIGTRAP);
    }
}

void trace_trap(Task& self) {
    const bool seized = self.tracing.seized;
    const int group_signal = self.process().signals().with([&](SignalState& s) {
        if (s.stop_signal == 0) self.signals.stop_pending = false;
        if (s.stop_signal == 0 && !seized) self.tracing.trap_stop = false;
        // Together with the look at the group: a change from here on is told in a stop of its own.
        self.tracing.trap_notify = false;
        return s.stop_signal;
    });
    if (seized) {
        const int signo = group_signal != 0 ? group_signal : abi::SIGTRAP;
        (void)notify(self, signo, with_event(signo, abi::PTRACE_EVENT_STOP), abi::CLD_STOPPED);
    } else if (group_signal != 0) {
        (void)stop(self, group_signal, abi::CLD_STOPPED, nullptr);
    }
}

void trace_step(Task& self) { (void)notify(self, abi::SIGTRAP, abi::SIGTRAP, abi::CLD_TRAPPED); }

void trace_call_enter(Task& self) {
    if (is_traced(self)) report_call(self, abi::PTRACE_EVENTMSG_SYSCALL_ENTRY);
}

bool admit_call(Task& self, arch::TrapFrame& frame) {
    if ((self.syscall_work.load(std::memory_order_relaxed) & kSyscallPtrace) != 0) {
        trace_call_enter(self);
        if (self.killed()) return false;
    }
    const bool filtered = (self.syscall_work.load(std::memory_order_relaxed) & kSyscallSeccomp) != 0;
    return !filtered || static_cast<i32>(frame.orig_rax) == -1 || seccomp_admits(self, frame);
}

void trace_call_exit(Task& self, const arch::TrapFrame& frame) {
    if (!is_traced(self)) return;
    if ((self.syscall_work.load(std::memory_order_relaxed) & kSyscallStep) != 0) {
        // The instruction after SYSCALL must not run before the tracer has seen the step.
        force_signal(self, SignalInfo::fault(abi::SIGTRAP, abi::TRAP_BRKPT, frame.rip));
    } else if ((self.syscall_work.load(std::memory_order_relaxed) & kSyscallPtrace) != 0) {
        report_call(self, abi::PTRACE_EVENTMSG_SYSCALL_EXIT);
    }
}

void trace_child(Task& parent, Task& child) {
    TreeGuard tree;
    Tracing &from = parent.tracing, &to = child.tracing;
    Task* tracer = from.tracer.load(std::memory_order_relaxed);
    if (tracer == nullptr) return;
    tracer->process().tracees.push_back(child);
    auto s = child.process().signals().lock();
    to.tracer.store(tracer, std::memory_order_relaxed);
    to.options.store(from.options.load(std::memory_order_relaxed), std::memory_order_relaxed);
    to.seized = from.seized;
    to.tracer_is_capable = from.tracer_is_capable;
    if (to.seized) {
        to.trap_stop = true;
    } else {
        child.signals.pending.mark(abi::SIGSTOP);
    }
    refresh_pending(*s, child);
}

void drop_forced_trap_flag(Task& task, arch::TrapFrame& frame) {
    if (std::exchange(task.tracing.forced_trap_flag, false)) frame.rflags &= ~arch::rflags::kTrap;
}

bool keep_for_tracer(Task& self, i32 status) {
    Tracing& t = self.tracing;
    Task* tracer = t.tracer.load(std::memory_order_relaxed);
    if (tracer == nullptr) return false;
    t.ended = true;
    t.end_status = status;
    self.add_ref();  // the list's
    if (self.is_leader()) {
        self.process().ended_leader = &self;
        return true;
    }
    tell_tracer(tracer->process(), self, abi::WIFEXITED(status) ? abi::CLD_EXITED : abi::CLD_KILLED,
                abi::WIFEXITED(status) ? abi::WEXITSTATUS(status) : abi::WTERMSIG(status));
    return true;
}

bool end_is_for_tracer(Process& process) {
    Task* leader = process.ended_leader;
    if (leader == nullptr) return false;
    Process& tracer = leader->tracing.tracer.load(std::memory_order_relaxed)->process();
    if (&tracer == process.parent) return false;
    const bool ignored =
        tracer.signals().with([](SignalState& s) { return s.actions->explicitly_ignored().has(abi::SIGCHLD); });
    if (ignored) {
        forget_ended(*leader);
        return false;
    }
    const bool exited = abi::WIFEXITED(process.wait_status);
    (void)send_signal(
        tracer,
        SignalInfo::child(exited ? abi::CLD_EXITED : abi::CLD_KILLED, process.pid(), process.uid,
                          exited ? abi::WEXITSTATUS(process.wait_status) : abi::WTERMSIG(process.wait_status), 0, 0));
    tracer.child_events.wake_all();
    return true;
}

void forget_ended(Task& tracee) {
    tracee.tracing_node.unlink();
    tracee.tracing.tracer.store(nullptr, std::memory_order_relaxed);
    if (tracee.process().ended_leader == &tracee) {
        tracee.process().ended_leader = nullptr;
    } else {
        pid::clear(tracee.tid(), tracee);
    }
    tracee.drop_ref();
}

void note_group_change(Task& task) {
    Tracing& t = task.tracing;
    if (!is_traced(task) || !t.seized) return;
    t.trap_notify = true;
    wake_for_signal(task, false);
    if (t.listening) {
        t.listening = t.stopped = false;
        sched::wake(task, sched::state::kTraced);
    }
}

}  // namespace process
