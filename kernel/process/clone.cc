#include "process/clone.h"

#include "abi/linux/ptrace.h"
#include "abi/linux/sched.h"
#include "arch/context.h"
#include "fs/mount_operations.h"
#include "process/exit.h"
#include "process/namespaces.h"
#include "process/pid_table.h"
#include "process/pidfd.h"
#include "process/seccomp.h"
#include "process/signal.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "sched/scheduler.h"
#include "time/clock.h"
#include "vm/user_memory.h"

namespace process {

namespace {

constexpr u64 bits(auto... flags) { return (static_cast<u64>(flags) | ...); }

bool has(u64 flags, u64 flag) { return (flags & flag) != 0; }

// The order of Linux's copy_process().
Result<void> check_flags(const Task& parent, const CloneRequest& request) {
    const u64 f = request.flags;
    if (has(f, abi::CLONE_FS) && has(f, bits(abi::CLONE_NEWNS, abi::CLONE_NEWUSER))) return Errno::kINVAL;
    if (has(f, abi::CLONE_THREAD) && !has(f, abi::CLONE_SIGHAND)) return Errno::kINVAL;
    if (has(f, abi::CLONE_SIGHAND) && !has(f, abi::CLONE_VM)) return Errno::kINVAL;
    if (has(f, abi::CLONE_PARENT) && parent.process().is_init()) return Errno::kINVAL;
    if (has(f, abi::CLONE_PIDFD) && has(f, bits(abi::CLONE_DETACHED, abi::CLONE_THREAD))) return Errno::kINVAL;
    if (has(f, abi::CLONE_SIGHAND) && has(f, static_cast<u64>(abi::CLONE_CLEAR_SIGHAND))) return Errno::kINVAL;
    return check_new_namespaces(parent.credentials(), f);
}

// Linux: root may go beyond RLIMIT_NPROC, nobody beyond threads-max.
Result<void> check_count(const Task& parent) {
    const object::Credentials& c = parent.credentials();
    const bool free = c.uid == 0 || c.capable(abi::CAP_SYS_RESOURCE) || c.capable(abi::CAP_SYS_ADMIN);
    if (!free && parent.user.tasks() >= parent.process().limits().soft(abi::RLIMIT_NPROC)) return Errno::kAGAIN;
    if (all_tasks() >= most_tasks.load(std::memory_order_relaxed)) return Errno::kAGAIN;
    return {};
}

Result<void> give_resources(Task& child, Task& parent, u64 flags) {
    child.set_credentials(parent.credentials_of().take());
    child.user = parent.user.another();
    if (has(flags, abi::CLONE_FILES)) {
        child.set_files(parent.files_of());
    } else {
        child.set_files(TRY(parent.files().fork_copy()));
    }
    child.set_uts(has(flags, abi::CLONE_NEWUTS) ? OptRef<UtsNamespace>(TRY(parent.uts().copy())) : parent.uts_of());
    if (has(flags, abi::CLONE_NEWNS)) {
        child.set_fs(TRY(fs::in_new_namespace(parent.fs())));
    } else if (has(flags, abi::CLONE_FS)) {
        child.set_fs(parent.fs_of());
    } else {
        child.set_fs(TRY(parent.fs().fork_copy()));
    }
    if (has(flags, abi::CLONE_SYSVSEM)) child.semaphore_undo = TRY(ipc::sem::share(parent.semaphore_undo));
    if (has(flags, abi::CLONE_VM)) {
        child.set_address_space(parent.address_space_of());
    } else {
        Ref<vm::AddressSpace> copy = TRY(vm::AddressSpace::fork(parent.address_space()));
        child.set_address_space(OptRef<vm::AddressSpace>(copy));
        copy->drop_user();  // the one that came with it; the task counts itself
    }
    return {};
}

void give_registers(Task& child, const Task& parent, const CloneRequest& request, arch::TrapFrame& frame) {
    arch::sync_user_state();
    base::copy(arch::fpu_bytes(*child.fpu), arch::fpu_bytes(*parent.fpu));
    child.fs_base = has(request.flags, abi::CLONE_SETTLS) ? request.tls : parent.fs_base;
    child.gs_base = parent.gs_base;
    child.pkru = parent.pkru;
    frame.rax = 0;
    frame.orig_rax = ~u64{0};
    if (parent.tracing.forced_trap_flag) frame.rflags &= ~arch::rflags::kTrap;
    if (!request.stack.is_null()) frame.rsp = request.stack.value;
}

// EAGAIN.
Result<void> give_thread_state(Task& child, const Task& parent, const CloneRequest& request) {
    const u64 f = request.flags;
    child.signals.blocked = parent.signals.blocked;
    if ((f & bits(abi::CLONE_VM, abi::CLONE_VFORK)) != bits(abi::CLONE_VM)) {
        child.signals.alternate = parent.signals.alternate;
    }
    child.name = parent.name;
    child.personality = parent.personality;
    child.timer_slack_ns = parent.timer_slack_ns;
    child.io_priority.store(parent.io_priority.load(std::memory_order_relaxed), std::memory_order_relaxed);
    child.syscall_work.store(
        parent.syscall_work.load(std::memory_order_relaxed) & ~(kSyscallPtrace | kSyscallStep | kSyscallDispatch),
        std::memory_order_relaxed);
    if (has(f, abi::CLONE_CHILD_SETTID)) {
        child.set_tid_address = request.child_tid;
        child.request(kWorkChild);
    }
    if (has(f, abi::CLONE_CHILD_CLEARTID)) child.clear_tid_address = request.child_tid;
    if (!has(f, abi::CLONE_VM)) {
        child.rseq = parent.rseq;
        child.switch_work = parent.switch_work;
        if (!child.rseq.address.is_null()) child.request(kWorkRseq);
    }
    child.memory_policy = parent.memory_policy;
    return sched::inherit(child, parent);
}

// A new process as a copy of `parent`'s.
Result<Ref<Process>> copy_process(Process& parent, const Task& by, u64 flags) {
    Ref<Process> child = TRY(Process::create());
    child->limits() = parent.limits();
    child->name = by.name;
    child->started = time::now();
    child->least_oom_score_adjustment.store(parent.least_oom_score_adjustment.load(std::memory_order_relaxed),
                                            std::memory_order_relaxed);
    child->oom_score_adjustment.store(parent.oom_score_adjustment.load(std::memory_order_relaxed),
                                      std::memory_order_relaxed);
    child->login_uid.store(parent.login_uid.load(std::memory_order_relaxed), std::memory_order_relaxed);
    child->core_filter.store(parent.core_filter.load(std::memory_order_relaxed), std::memory_order_relaxed);
    child->dumpable.store(parent.dumpable.load(std::memory_order_relaxed), std::memory_order_relaxed);
    child->set_executable(parent.executable());

    OptRef<SignalActions> actions;
    {
        auto s = parent.signals().lock();
        if (has(flags, abi::CLONE_SIGHAND)) {
            TRY(own_actions(*s));
            s->actions->shared.store(true, std::memory_order_relaxed);
        }
        actions = s->actions;
    }
    SignalState& fresh = child->signals().unguarded();
    fresh.actions = std::move(actions);
    if (has(flags, static_cast<u64>(abi::CLONE_CLEAR_SIGHAND))) {
        fresh.actions = TRY(fresh.actions->for_exec());
    } else if (!has(flags, abi::CLONE_SIGHAND) && fresh.actions->shared.load(std::memory_order_relaxed)) {
        fresh.actions = TRY(fresh.actions->clone());
    }
    return child;
}

void add_thread(SignalState& s, Task& task) {
    s.threads.push_back(task);
    s.thread_count++;
    // A stop that is under way takes the new thread along.
    if (s.stop_signal != 0 && !s.exiting) {
        task.signals.stop_pending = true;
        s.to_stop++;
        s.stopped = false;
        task.request(kWorkSignal);
    }
}

// From here on others can find it. EINTR: the caller's process is dying.
Result<void> publish_thread(Process& process, Task& task) {
    auto s = process.signals().lock();
    if (must_die(*s, task)) return Errno::kINTR;
    inherit_seccomp(task, current());
    add_thread(*s, task);
    pid::slot(task.tid()).task.store(&task, std::memory_order_release);
    return {};
}

void publish_process(Process& child, Task& task, Process& creator, i32 creator_tid, const CloneRequest& request) {
    creator.signals().with([&](SignalState&) { inherit_seccomp(task, current()); });
    TreeGuard guard;
    Process& parent = has(request.flags, abi::CLONE_PARENT) ? *creator.parent : creator;
    child.exit_signal = has(request.flags, abi::CLONE_PARENT) ? creator.exit_signal : request.exit_signal;
    child.descendant_of_subreaper = parent.child_subreaper || parent.descendant_of_subreaper;
    child.parent = &parent;
    child.creator_tid = creator_tid;
    parent.children.push_back(child);
    (void)join_group(child, creator.group.ref());
    child.signals().with([&](SignalState& s) { add_thread(s, task); });
    pid::Slot& slot = pid::slot(child.pid());
    slot.task.store(&task, std::memory_order_release);
    slot.process.store(&child, std::memory_order_release);
}

// clone3's set_tid: one number, for the one pid namespace there is.
Result<i32> reserve_number(const Task& parent, std::span<const i32> wanted) {
    if (wanted.empty()) return pid::reserve();
    if (wanted.size() > 1) return Errno::kINVAL;
    if (!parent.credentials().capable(abi::CAP_CHECKPOINT_RESTORE) &&
        !parent.credentials().capable(abi::CAP_SYS_ADMIN)) {
        return Errno::kPERM;
    }
    return pid::reserve_exactly(wanted[0]);
}

// A task under construction: undone unless it was committed.
class Unborn {
  public:
    explicit Unborn(Ref<Task> task) : task_(std::move(task)) {}
    ~Unborn() {
        if (committed_) return;
        if (number_ != 0) pid::cancel(number_);
        if (prepared_) sched::discard(*task_);
        task_->set_address_space(nullptr);
        task_->set_files(nullptr);
        task_->set_fs(nullptr);
        task_->set_uts(nullptr);
        ipc::sem::leave(task_->semaphore_undo, task_->process().pid());
    }
    Unborn(const Unborn&) = delete;

    Task& operator*() const { return *task_; }
    Result<void> prepare(const arch::TrapFrame& frame) {
        TRY(sched::prepare_user_thread(*task_, frame));
        prepared_ = true;
        return {};
    }
    void set_number(i32 number) {
        number_ = number;
        task_->set_tid(number);
    }
    Ref<Task> commit() {
        committed_ = true;
        return task_;
    }

  private:
    Ref<Task> task_;
    i32 number_ = 0;
    bool prepared_ = false;
    bool committed_ = false;
};

// Which event the parent's tracer may want to see.
int event_of(const CloneRequest& request) {
    if (has(request.flags, abi::CLONE_UNTRACED)) return 0;
    if (has(request.flags, abi::CLONE_VFORK)) return abi::PTRACE_EVENT_VFORK;
    return request.exit_signal != abi::SIGCHLD ? abi::PTRACE_EVENT_CLONE : abi::PTRACE_EVENT_FORK;
}

void wait_for_vfork(Task& child) {
    // Killed while waiting: the child goes on alone.
    (void)child.vfork_queue.wait_killable([&] { return !child.holds_vfork_parent.load(std::memory_order_acquire); });
}

}  // namespace

Result<i64> clone(Ctx& ctx, const CloneRequest& request) {
    Task& parent = ctx.task;
    const u64 f = request.flags;
    TRY(check_flags(parent, request));
    // A signal must find parent and child in one state: first it, then the fork.
    if (parent.interrupted()) return Errno::kRESTARTNOINTR;

    TRY(check_count(parent));
    const bool is_thread = has(f, abi::CLONE_THREAD);
    OptRef<Process> fresh;
    if (!is_thread) fresh = TRY(copy_process(parent.process(), parent, f));
    Process& process = is_thread ? parent.process() : *fresh;
    Unborn unborn(TRY(Task::create(process)));
    Task& child = *unborn;
    TRY(give_resources(child, parent, f));
    arch::TrapFrame frame = ctx.frame;
    give_registers(child, parent, request, frame);
    TRY(give_thread_state(child, parent, request));
    TRY(unborn.prepare(frame));
    const i32 tid = TRY(reserve_number(parent, request.set_tid));
    unborn.set_number(tid);
    if (fresh) fresh->set_pid(tid);
    if (has(f, abi::CLONE_PIDFD)) TRY(install_pidfd(parent, *fresh, request.pidfd));
    if (has(f, abi::CLONE_PARENT_SETTID)) (void)vm::UserOut<i32>(request.parent_tid).store(tid);
    if (has(f, abi::CLONE_VFORK)) child.holds_vfork_parent.store(true, std::memory_order_relaxed);
    if (is_thread) {
        TRY(publish_thread(process, child));
    } else {
        publish_process(*fresh, child, parent.process(), parent.tid(), request);
        (void)fresh.leak();  // the tree's
    }
    const int event = wants_event(parent, event_of(request)) ? event_of(request) : 0;
    if (event != 0 || (has(f, abi::CLONE_PTRACE) && is_traced(parent))) trace_child(parent, child);
    Ref<Task> started = unborn.commit();
    started->add_ref();  // the scheduler's, until on_dead
    sched::start(*started);
    if (event != 0) trace_event(parent, event, static_cast<u64>(tid));
    if (has(f, abi::CLONE_VFORK)) {
        wait_for_vfork(*started);
        trace_event(parent, abi::PTRACE_EVENT_VFORK_DONE, static_cast<u64>(tid));
    }
    return tid;
}

}  // namespace process
