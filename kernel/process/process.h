// Process: a thread group, what kill(2), wait(2) and /proc name by a pid.
// Callers: process, linux, drivers (signals, limits), fs's procfs by way of process/procfs.
// Locks, context: the relations between processes are guarded by the tree lock (tree.h), signals and the thread
// list by the process's own signal lock, which nests inside. Both are spin locks with interrupts off.
#pragma once

#include "object/poll.h"
#include "process/limits.h"
#include "process/session.h"
#include "process/signal_actions.h"
#include "process/task.h"
#include "process/usage.h"
#include "sync/guarded.h"

namespace process {

class ProcessTimers;

// How a process stands towards wait(2). Guarded by the tree lock.
enum class Life : u8 { kRunning, kZombie, kReaped };

struct SignalState {
    OptRef<SignalActions> actions;                    // never null once created
    SignalQueue pending;                              // sent to the process as a whole
    IntrusiveList<Task, &Task::thread_node> threads;  // living ones, the oldest first
    u32 thread_count = 0;
    // Group exit: all threads are to die; wait(2) reports `exit_status`.
    bool exiting = false;
    i32 exit_status = 0;
    i32 leader_status = 0;    // of a leader that called exit(2) before the others
    Task* exec_by = nullptr;  // the thread that waits, in exec, for all others to be gone
    // Group stop.
    int stop_signal = 0;         // not 0: a stop is under way or complete
    u32 to_stop = 0;             // threads that have not stopped yet
    bool stopped = false;        // complete
    bool stop_dequeued = false;  // a stop signal was taken and no SIGCONT came since
    bool unkillable = false;     // process 1: default actions do not touch it
    // The leader once it has ended, until the process is waited for: its priorities and rights can still be asked for.
    OptRef<Task> remains;
    // A core dump: `exiting` is set too; all threads but the dumper wait at the door of exit, `core_awaited` have yet
    // to come there.
    Task* core_dumper = nullptr;
    u32 core_awaited = 0;
    // To be told to the parent by the first thread that comes along: CLD_STOPPED or CLD_CONTINUED.
    int tell_parent = 0;
    // For wait(2); consumed by it.
    bool report_stop = false;
    bool report_continue = false;
    Usage usage;  // of threads that are gone
};

class Process : public RefCounted<Process>, public rcu::Head {
  public:
    // Without number, relations and threads: the caller's to make. ENOMEM.
    static Result<Ref<Process>> create();
    void on_last_ref();

    i32 pid() const { return pid_; }
    void set_pid(i32 pid) { pid_ = pid; }
    bool is_init() const { return pid_ == 1; }
    const Limits& limits() const { return limits_; }
    Limits& limits() { return limits_; }

    using Signals = sync::Guarded<SignalState, sync::SpinLock<sync::Rank::kSignal, sync::kIrqOff>>;
    Signals& signals() { return signals_; }

    // Any living thread, the leader if it lives. Null: a zombie.
    OptRef<Task> any_task();
    // The program's file, /proc/PID/exe; null before the first exec.
    OptRef<object::File> executable();
    void set_executable(OptRef<object::File> file);

    sched::WaitQueue child_events;     // parents in wait(2)
    object::PollSource end_events;     // pidfds: this process's end
    object::PollSource signal_events;  // signalfds: something became pending
    sched::WaitQueue exec_queue;       // SignalState::exec_by waits here
    sched::WaitQueue stop_queue;       // stopped threads
    sched::WaitQueue core_queue;       // the dumper of a core, then those who wait for its end

    // Relations: guarded by the tree lock.
    Process* parent = nullptr;
    ListNode sibling_node;
    IntrusiveList<Process, &Process::sibling_node> children;
    IntrusiveList<Task, &Task::tracing_node> tracees;  // of all its threads
    Task* ended_leader = nullptr;                      // the leader, gone, when it is traced
    i32 creator_tid = 0;                               // the parent's thread that made it: PTRACE_TRACEME's tracer
    OptRef<Group> group;
    ListNode group_node;
    Life life = Life::kRunning;
    i32 wait_status = 0;
    int exit_signal = 0;        // what the parent gets when this ends; 0: nothing
    bool has_executed = false;  // since fork: setpgid by the parent gives EACCES
    bool child_subreaper = false;
    bool descendant_of_subreaper = false;
    Usage children_usage;  // of children that were waited for
    Usage final_usage;     // of this process, once a zombie

    // What /proc and wait(2) still tell about a zombie; written by the last thread.
    FixedString<15> name;
    u32 uid = 0, euid = 0, gid = 0;
    Instant started;  // monotonic
    std::atomic<i32> oom_score_adjustment{0};
    std::atomic<i32> least_oom_score_adjustment{0};  // what it may go back to without CAP_SYS_RESOURCE
    UserCount user;                                  // a zombie counts until it was waited for
    std::atomic<u32> login_uid{~0u};
    std::atomic<bool> dumpable{true};
    std::atomic<u32> core_filter{0x33};  // /proc/PID/coredump_filter; Linux: MMF_DUMP_FILTER_DEFAULT
    // The auxiliary vector on the stack: /proc/PID/auxv. Set by exec.
    UserAddr auxv_address;
    u64 auxv_bytes = 0;

    std::atomic<ProcessTimers*> timers{nullptr};  // see timers.h

    // Use create().
    Process() = default;
    ~Process();

  private:
    i32 pid_ = 0;
    Limits limits_;
    Signals signals_;
    OptRef<object::File> executable_;
    sync::SpinLock<sync::Rank::kCredentials> executable_lock_;
};

// A process that was not reaped yet, by its number. Null: none.
OptRef<Process> find_process(i32 pid);

// Tells an address space the limits that it enforces (RLIMIT_AS, DATA, STACK, MEMLOCK).
void apply_limits(const Process& process, vm::AddressSpace& space);

inline bool Task::is_leader() const { return tid_ == process_->pid(); }

}  // namespace process
