// Task: one user thread. It is a sched::Thread with what Linux calls need: a number, a process, resources, signals.
// Callers: process, linux, drivers. The resources are the running task's own to read without references.
// Locks, context: stated at the members; "self" means: read and written by the task itself alone.
#pragma once

#include <array>
#include <atomic>

#include "abi/linux/signal.h"
#include "base/list.h"
#include "base/ref.h"
#include "fs/context.h"
#include "ipc/sem.h"
#include "object/credentials.h"
#include "object/descriptor_table.h"
#include "process/signal_info.h"
#include "process/signal_queue.h"
#include "process/system_name.h"
#include "process/tracing.h"
#include "process/user.h"
#include "sched/thread.h"
#include "sched/wait_queue.h"
#include "sync/rcu.h"
#include "sync/spin_lock.h"
#include "vm/address_space.h"

namespace process {

class Process;
class SeccompFilter;
class Task;

// Bits of ThreadArch::user_work that belong to this floor.
inline constexpr u32 kWorkSignal = arch::kWorkUpper;            // look at the signal queues
inline constexpr u32 kWorkRseq = arch::kWorkUpper << 1;         // tell user space's rseq area the CPU, abort sections
inline constexpr u32 kWorkRestoreMask = arch::kWorkUpper << 2;  // a temporary signal mask is in force
inline constexpr u32 kWorkChild = arch::kWorkUpper << 3;        // a new task's first steps (CLONE_CHILD_SETTID)
inline constexpr u32 kWorkCallExit = arch::kWorkUpper << 4;  // a tracer wants to hear of the end of the call just made

inline constexpr u32 kWorkIoSignals = arch::kWorkUpper << 5;  // send what object/io_signal.h has collected

// Bits of Task::syscall_work: why a system call takes the slow path of linux/glue.
inline constexpr u32 kSyscallStrace = 1u << 0;    // strace= on the kernel command line
inline constexpr u32 kSyscallPtrace = 1u << 1;    // PTRACE_SYSCALL
inline constexpr u32 kSyscallSeccomp = 1u << 2;   // a filter is installed
inline constexpr u32 kSyscallStep = 1u << 3;      // PTRACE_SINGLESTEP: a call is a step
inline constexpr u32 kSyscallDispatch = 1u << 4;  // calls from outside a range become SIGSYS
// What new tasks start with. Written before process 1 is made.
inline constinit std::atomic<u32> new_task_syscall_work{0};

// What restart_syscall(2) repeats. `run` is null when there is nothing to restart (EINTR).
struct RestartBlock {
    Result<i64> (*run)(Task& task, RestartBlock& block) = nullptr;
    std::array<u64, 6> data{};
};

// Signal state of one thread; guarded by its process's signal lock but where stated.
struct TaskSignals {
    SignalSet blocked;                   // written by the task itself with the lock held: it may read it without
    SignalSet really_blocked;            // sigtimedwait: `blocked` with what is waited for, meanwhile; else empty
    SignalSet saved;                     // self: the mask to put back when kWorkRestoreMask is set
    SignalQueue pending;                 // sent to this thread alone
    abi::stack_t alternate{0, 0, 0, 0};  // self
    bool stop_pending = false;           // takes part in a group stop at the next chance
    bool stopped = false;                // sleeping in a group stop
    bool leaves = false;                 // goes its way to the end: no core dump waits for it
};

// Syscall user dispatch (process/user_dispatch.h). Self.
struct UserDispatch {
    u64 start = 0, length = 0;
    UserAddr selector;
};

// rseq(2). Self.
struct RseqArea {
    UserAddr address;
    u32 length = 0;
    u32 signature = 0;
};

class Task : public sched::Thread, public RefCounted<Task>, public rcu::Head {
  public:
    // A task that does not run yet and is in no list; its number, resources and registers are the caller's to set.
    // ENOMEM.
    static Result<Ref<Task>> create(Process& process);
    void on_last_ref();

    i32 tid() const { return tid_; }
    void set_tid(i32 tid) { tid_ = tid; }
    Process& process() const { return *process_; }
    bool is_leader() const;

    // The running task's resources. A task that runs user code has all of them.
    vm::AddressSpace& address_space() const { return *space_; }
    object::DescriptorTable& files() const { return *files_; }
    fs::FsContext& fs() const { return *fs_; }
    const object::Credentials& credentials() const { return *credentials_; }
    UtsNamespace& uts() const { return *uts_; }
    bool has_address_space() const { return static_cast<bool>(space_); }
    bool has_files() const { return static_cast<bool>(files_); }

    // The same of any task, counted; null when it has none any more.
    OptRef<vm::AddressSpace> address_space_of() const;
    OptRef<object::DescriptorTable> files_of() const;
    OptRef<fs::FsContext> fs_of() const;
    OptRef<object::Credentials> credentials_of() const;
    OptRef<UtsNamespace> uts_of() const;

    // Replacing them: the running task's, or those of a task that was never started. The old one is dropped
    // without a lock held. A new address space is loaded at once when the task runs.
    void set_address_space(OptRef<vm::AddressSpace> space);
    void set_files(OptRef<object::DescriptorTable> files);
    void set_fs(OptRef<fs::FsContext> fs);
    void set_uts(OptRef<UtsNamespace> uts);
    void set_credentials(Ref<object::Credentials> credentials);

    // Makes the next return to user mode look for `work`. Any context.
    void request(u32 work) { user_work.fetch_or(work, std::memory_order_release); }

    TaskSignals signals;
    Tracing tracing;
    RestartBlock restart;  // self
    std::atomic<u32> syscall_work{new_task_syscall_work.load(std::memory_order_relaxed)};

    // seccomp(2): the mode and the newest filter (counted), both inherited. Written with the process's signal lock held;
    // read by self, since a filter that is replaced lives on behind its successor.
    std::atomic<u8> seccomp_mode{0};
    std::atomic<SeccompFilter*> seccomp_filter{nullptr};

    // User addresses that the kernel writes at thread start and exit, and futexes it then wakes. Self.
    UserAddr set_tid_address;
    UserAddr clear_tid_address;
    UserAddr robust_list;
    RseqArea rseq;
    OptRef<ipc::sem::UndoList> semaphore_undo;  // SEM_UNDO; null until needed. Self.
    UserDispatch user_dispatch;

    // vfork: set while the parent sleeps until this task has left its address space.
    std::atomic<bool> holds_vfork_parent{false};
    sched::WaitQueue vfork_queue;

    int parent_death_signal = 0;  // PR_SET_PDEATHSIG; written by self, read under the tree lock
    std::atomic<bool> exiting{false};
    UserCount user;                          // of its real user id; self
    bool exceeds_user_limit = false;         // by a change of ids: exec will look again. Self
    u32 personality = 0;                     // self
    u64 timer_slack_ns = 50'000;             // self
    vm::NodePolicy memory_policy;            // set_mempolicy(2); self, read by /proc
    std::atomic<u16> io_priority{0};         // class << 13 | level, 0 for never set: ioprio_set(2)
    u64 minor_faults = 0, major_faults = 0;  // written by self
    // Of /proc/PID/io: bytes and calls of read(2), write(2) and the like; written by self.
    struct Transfers {
        u64 bytes_read = 0, bytes_written = 0, reads = 0, writes = 0;
    } transfers;
    // Code of the fault that force_signal() reports in sigcontext (err, trapno, cr2). Self.
    struct FaultRegisters {
        u64 error = 0, vector = 0, address = 0;
    } fault;

    ListNode thread_node;   // in SignalState::threads
    ListNode tracing_node;  // in Process::tracees of the tracer's process; tree lock

    // Use create().
    explicit Task(Process& process);
    ~Task();

  private:
    template <typename T>
    void replace(OptRef<T> Task::* member, OptRef<T>& value);
    template <typename T>
    OptRef<T> counted(const OptRef<T>& member) const;
    void tell_space_of_rights();

    i32 tid_ = 0;
    Process* process_;  // counted
    OptRef<vm::AddressSpace> space_;
    OptRef<object::DescriptorTable> files_;
    OptRef<fs::FsContext> fs_;
    OptRef<object::Credentials> credentials_;
    OptRef<UtsNamespace> uts_;
    mutable sync::SpinLock<sync::Rank::kCredentials, sync::kIrqOff> resources_lock_;  // also taken within the tree lock
};

// The running thread as a task; it must be one, not a kernel thread.
Task& current();
// Null for kernel threads.
Task* task_of(sched::Thread& thread);

// A living thread by its number. Null: none.
OptRef<Task> find_task(i32 tid);
// The same, and the leader of a process that was not waited for though it has ended itself: it has lost its memory,
// files and folders, but has credentials, limits and priorities (Linux: find_task_by_vpid, which finds zombies).
OptRef<Task> find_task_or_remains(i32 tid);
// fn for each living thread of the system.
void for_each_task(void (*fn)(Task&, void*), void* context);

}  // namespace process
