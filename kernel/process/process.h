// Process: a thread group, what kill(2), wait(2) and /proc name by a pid.
// Callers: process, linux, drivers (signals, limits), fs's procfs by way of process/procfs.
// Locks, context: the relations between processes are guarded by the tree lock (tree.h), signals and the thread
// list by the process's own signal lock, which nests inside. Both are spin locks with interrupts off.
#pragma once

#include "process/limits.h"
#include "process/session.h"
#include "process/signal_actions.h"
#include "process/task.h"
#include "process/usage.h"

namespace object {
class File;
}

namespace process {

// How a process stands towards wait(2). Guarded by the tree lock.
enum class Life : u8 { kRunning, kZombie, kReaped };

struct SignalState {
    Ref<SignalActions> actions;
    SignalQueue pending;  // sent to the process as a whole
    IntrusiveList<Task, &Task::thread_node> threads;
    u32 thread_count = 0;    // in `threads`: living ones
    // Group exit: all threads are to die with `exit_status`.
    bool exiting = false;
    i32 exit_status = 0;     // as wait(2) reports it
    Task* exec_by = nullptr;  // the thread that waits, in exec, for all others to be gone
    // Group stop.
    int stop_signal = 0;     // not 0: a stop is under way or complete
    u32 to_stop = 0;         // threads that have not stopped yet
    bool stopped = false;    // complete
    bool report_stop = false;       // for wait(WUNTRACED)
    bool report_continue = false;   // for wait(WCONTINUED)
    u64 queued = 0;  // queued entries, for RLIMIT_SIGPENDING
};

class Process : public RefCounted<Process> {
  public:
    static Result<Ref<Process>> create();
    void on_last_ref();

    i32 pid() const { return pid_; }
    bool is_init() const { return pid_ == 1; }
    const Limits& limits() const { return limits_; }
    Limits& limits() { return limits_; }

    sync::Guarded<SignalState, sync::SpinLock<sync::Rank::kSignal, sync::kIrqOff>>& signals() { return signals_; }

    // Sleeps: parents in wait(2), with the children's events; pidfds with this process's end.
    sched::WaitQueue child_events;
    sched::WaitQueue end_events;

    // Relations, guarded by the tree lock.
    Process* parent = nullptr;
    IntrusiveList<Process, &Process::sibling_node> children;
    ListNode sibling_node;
    OptRef<Group> group;
    ListNode group_node;
    Life life = Life::kRunning;
    i32 wait_status = 0;
    int exit_signal = abi::SIGCHLD;  // what the parent gets
    bool has_executed = false;       // since fork: setpgid by the parent is EACCES
    bool child_subreaper = false;
    Usage usage;                 // of threads that are gone
    Usage children_usage;        // of children that were waited for

    Limits limits_;
};

// The running thread's process.
Process& current_process();
// A process that was not reaped yet, by its number. Null: none.
OptRef<Process> find_process(i32 pid);

}  // namespace process
