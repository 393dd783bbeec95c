// Tracing of one thread by another: ptrace(2). First the tracee's side, called where something happens that a tracer
// may want to see, then the tracer's.
// Callers: process (signals, clone, exec, exit, wait); linux/glue (system calls), linux/ptrace.
// Locks, context: thread context of the task named first, no locks held, but where stated. Stops sleep.
#pragma once

#include <optional>

#include "arch/trap.h"
#include "process/process.h"
#include "process/wait.h"

namespace process {

inline bool is_traced(const Task& task) { return task.tracing.tracer.load(std::memory_order_relaxed) != nullptr; }

// ---- The tracee ----

// Signal-delivery-stop. What to deliver instead, perhaps the same; nothing: the tracer has taken it away.
std::optional<SignalInfo> trace_signal(Task& self, const SignalInfo& info);
// PTRACE_EVENT_*, if the tracer asked for it.
bool wants_event(const Task& self, int event);
void trace_event(Task& self, int event, u64 message);
// exec has replaced the program: the event, or a SIGTRAP to those who know no events.
void trace_exec(Task& self, i32 old_tid);
// A stop without a signal behind it: group stop, PTRACE_INTERRUPT.
void trace_trap(Task& self);
// Whether trace_trap() is due. Signal lock held.
inline bool trap_is_due(const Task& task) { return task.tracing.trap_stop || task.tracing.trap_notify; }
// After a signal frame was built while single-stepping.
void trace_step(Task& self);
// The steps of a system call that a tracer sees.
void trace_call_enter(Task& self);
// Before a system call of a task whose syscall_work is not 0: tracers, then seccomp filters. False: it is not made, and
// the frame's rax is its result.
bool admit_call(Task& self, arch::TrapFrame& frame);
void trace_call_exit(Task& self, const arch::TrapFrame& frame);
// `child` of the running `parent` is traced by the parent's tracer too, and stops first. Before it starts.
void trace_child(Task& parent, Task& child);
// The program's own trap flag: without the one that single-stepping has set.
void drop_forced_trap_flag(Task& task, arch::TrapFrame& frame);

// `self` has left its process: remembers its end for its tracer. False: nobody wants to know. Tree lock held.
bool keep_for_tracer(Task& self, i32 status);
// The tracer of a process's leader, if the process ended and its tracer is not the parent and was not told yet:
// then it hears first. Tree lock held.
bool end_is_for_tracer(Process& process);
// An ended tracee is forgotten. Tree lock held.
void forget_ended(Task& tracee);
// SIGCONT, or the end of a stop: seized tracees look again. Signal lock held.
void note_group_change(Task& task);

// ---- The tracer ----

// Whether `self` may look into `target` and change it (PTRACE_MODE_ATTACH with real, or for file systems effective,
// ids). EPERM.
enum class AccessMode : u8 { kRead, kAttach };
enum class AccessIds : u8 { kReal, kFileSystem };
Result<void> may_trace(const Task& self, const Task& target, AccessMode mode, AccessIds ids = AccessIds::kReal);
bool may_trace(const object::Credentials& caller, Process* caller_process, const Task& target, AccessIds ids);

Result<void> trace_me(Task& self);                                             // EPERM
Result<void> trace_attach(Task& self, Task& target, bool seize, u32 options);  // EPERM
// All tracees of a thread that ends go on.
void release_tracees(Task& self);

// A stopped tracee, which stays so while this lives.
class [[nodiscard]] HeldTracee {
  public:
    // ESRCH: not stopped, or not traced by `self`.
    static Result<HeldTracee> hold(Task& self, Task& target);
    HeldTracee(HeldTracee&& o) : task_(std::exchange(o.task_, nullptr)) {}
    ~HeldTracee();
    Task& operator*() const { return *task_; }
    Task* operator->() const { return task_; }
    arch::TrapFrame& frame() const { return arch::user_frame(*task_); }

    enum class How : u8 { kRun, kToCall, kStep };
    // The tracee goes on, with signal `signo` if not 0.
    void resume(How how, int signo);
    void detach(int signo);
    // EIO: not in a stop of its group.
    Result<void> listen();

  private:
    explicit HeldTracee(Task& task) : task_(&task) {}
    Task* task_;
};
// EIO: not seized. ESRCH.
Result<void> trace_interrupt(Task& self, Task& target);

// What wait(2) can tell of tracees. `any`: there is one that fits. Tree lock held.
std::optional<WaitOutcome> wait_for_tracee(Task& self, const WaitRequest& request, bool& any);

}  // namespace process
