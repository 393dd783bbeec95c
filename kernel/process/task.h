// Task: one user thread. It is a sched::Thread with what Linux calls need: a number, a process, resources, signals.
// Callers: process, linux, drivers. The resources are the running task's own to read without references.
// Locks, context: stated at the members; "self" means: read and written by the task itself alone.
#pragma once

#include <atomic>

#include "abi/linux/signal.h"
#include "base/list.h"
#include "base/ref.h"
#include "fs/context.h"
#include "object/credentials.h"
#include "object/descriptor_table.h"
#include "process/signal_info.h"
#include "process/signal_queue.h"
#include "sched/thread.h"
#include "sched/wait_queue.h"
#include "sync/rcu.h"
#include "sync/spin_lock.h"
#include "vm/address_space.h"

namespace process {

class Process;
class Task;

// Bits of ThreadArch::user_work that belong to this floor.
inline constexpr u32 kWorkSignal = arch::kWorkUpper;           // look at the signal queues
inline constexpr u32 kWorkRseq = arch::kWorkUpper << 1;        // tell user space's rseq area the CPU, abort sections
inline constexpr u32 kWorkRestoreMask = arch::kWorkUpper << 2;  // a temporary signal mask is in force
inline constexpr u32 kWorkTask = arch::kWorkUpper << 3;        // run exit_requested checks

// Bits of Task::syscall_work: why a system call takes the slow path of linux/glue.
inline constexpr u32 kSyscallStrace = 1u << 0;   // strace= on the kernel command line
inline constexpr u32 kSyscallPtrace = 1u << 1;   // PTRACE_SYSCALL
inline constexpr u32 kSyscallSeccomp = 1u << 2;  // a filter is installed
// What new tasks start with. Written before process 1 is made.
inline constinit std::atomic<u32> new_task_syscall_work{0};

// What restart_syscall(2) repeats. `run` is null when there is nothing to restart (EINTR).
struct RestartBlock {
    Result<i64> (*run)(Task& task, RestartBlock& block) = nullptr;
    std::array<u64, 6> data{};
};

// Signal state of one thread; guarded by its process's signal lock but where stated.
struct TaskSignals {
    SignalSet blocked;       // written by the task itself with the lock held: it may read it without
    SignalSet saved;         // self: the mask to put back when kWorkRestoreMask is set
    SignalSet waiting_for;   // sigtimedwait: what to be woken for although blocked
    SignalQueue pending;     // sent to this thread alone
    abi::stack_t alternate{0, abi::SS_DISABLE, 0, 0};  // self
    bool stop_pending = false;  // takes part in a group stop at the next chance
    bool stopped = false;       // sleeping in a group stop
};

class Task : public sched::Thread, public RefCounted<Task> {
  public:
    // A task of `process` that does not run yet, with FPU state and kernel stack; its registers and resources are
    // the caller's to set. ENOMEM, EAGAIN.
    static Result<Ref<Task>> create(Process& process);
    void on_last_ref();

    i32 tid() const { return tid_; }
    Process& process() const { return *process_; }
    bool is_leader() const;

    // The running task's resources. Valid until the task gives them up in exit: a system call always has them.
    vm::AddressSpace& address_space() const { return *space_; }
    object::DescriptorTable& files() const { return *files_; }
    fs::FsContext& fs() const { return *fs_; }
    const object::Credentials& credentials() const { return *credentials_; }

    // The same of any task, counted; null when it has none any more (a dying or a kernel task).
    OptRef<vm::AddressSpace> address_space_of() const;
    OptRef<object::DescriptorTable> files_of() const;
    OptRef<fs::FsContext> fs_of() const;
    Ref<object::Credentials> credentials_of() const;

    // Replacing them; the running task only. The old object is dropped without a lock held.
    void set_address_space(OptRef<vm::AddressSpace> space);  // and loads it
    void set_files(OptRef<object::DescriptorTable> files);
    void set_fs(OptRef<fs::FsContext> fs);
    void set_credentials(Ref<object::Credentials> credentials);

    TaskSignals signals;
    RestartBlock restart;  // self
    std::atomic<u32> syscall_work{new_task_syscall_work.load(std::memory_order_relaxed)};

    // User addresses the kernel writes at thread exit, and futexes it then wakes. Self.
    UserAddr clear_tid;
    UserAddr robust_list;
    struct Rseq {
        UserAddr area;
        u32 length = 0;
        u32 signature = 0;
    } rseq;

    // vfork: set while the parent sleeps until this task has left its address space.
    std::atomic<bool> holds_vfork_parent{false};
    sched::WaitQueue vfork_queue;

    int exit_signal = 0;      // sent to the parent when the leader's group is gone; -1 for other threads
    int parent_death_signal = 0;  // PR_SET_PDEATHSIG; self and tree lock
    bool in_execve = false;
    std::atomic<bool> exiting{false};
    i64 start_time_ns = 0;  // monotonic
    u64 minor_faults = 0, major_faults = 0;  // self
    u64 voluntary_switches_seen = 0;

    ListNode thread_node;  // in Process::threads, signal lock

  private:
    friend class Process;
    friend class TaskBuilder;
    Task() = default;
    ~Task() = default;
    template <typename T, typename... Args>
    friend T* base::try_new(Args&&... args);
    template <typename T>
    friend void base::destroy(T* p);

    i32 tid_ = 0;
    Process* process_ = nullptr;  // holds a reference, dropped with the task
    OptRef<vm::AddressSpace> space_;
    OptRef<object::DescriptorTable> files_;
    OptRef<fs::FsContext> fs_;
    OptRef<object::Credentials> credentials_;
    mutable sync::SpinLock<sync::Rank::kTaskResources> resources_lock_;
    rcu::Head rcu_;
};

// The running thread as a task; it must be one (not a kernel thread).
Task& current();
// Null for kernel threads.
Task* task_of(sched::Thread& thread);

// A living thread by its number. Null: none.
OptRef<Task> find_task(i32 tid);

}  // namespace process
