#include "process/exit.h"

#include "abi/linux/ptrace.h"
#include "hw/power.h"
#include "ipc/futex.h"
#include "log/log.h"
#include "process/core_dump.h"
#include "process/hooks.h"
#include "process/pid_table.h"
#include "process/rseq.h"
#include "process/signal.h"
#include "process/signal_deliver.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "process/wait_status.h"
#include "sched/scheduler.h"

namespace process {

namespace {

// Where the children of `dying` go: the nearest ancestor that asked for it, or init. Tree lock held.
Process& find_reaper(Process& dying, Process& init) {
    if (dying.descendant_of_subreaper) {
        for (Process* p = dying.parent; p != nullptr; p = p->parent) {
            if (p->child_subreaper && p->life == Life::kRunning) return *p;
        }
    }
    return init;
}

void send_parent_death_signals(Process& child) {
    int signo = 0;
    {
        auto s = child.signals().lock();
        for (const Task& task : s->threads) {
            if (task.parent_death_signal != 0) signo = task.parent_death_signal;
        }
    }
    if (signo != 0) (void)send_signal(child, SignalInfo::user(signo, abi::SI_USER, 0, 0));
}

// Tree lock held.
void give_away_children(Process& dying) {
    if (dying.children.empty()) return;
    OptRef<Process> init = find_process(1);
    if (!init) return;
    Process& reaper = find_reaper(dying, *init);
    for (Process& child : dying.children) {
        // Its group may lose the only parent that made it reachable for job control.
        signal_if_newly_orphaned(child, &dying);
        child.sibling_node.unlink();
        child.parent = &reaper;
        child.exit_signal = abi::SIGCHLD;
        reaper.children.push_back(child);
        send_parent_death_signals(child);
        if (child.life == Life::kZombie && !end_is_for_tracer(child) && tell_parent_of_end(child)) reap(child);
    }
}

void end_session(Process& process) {
    OptRef<Terminal> terminal;
    {
        TreeGuard guard;
        if (!process.group || process.group->session().sid != process.pid()) return;
        terminal = process.group->session().terminal;
    }
    if (terminal && !terminal->hang_up_with_session()) leave_terminal(*terminal);
}

void init_exited(i32 status) {
    if (abi::WIFEXITED(status)) {
        log::error("init exited with status {}", abi::WEXITSTATUS(status));
    } else {
        log::error("init was killed by signal {}", abi::WTERMSIG(status));
    }
    FixedString<32> line;
    base::format_to(line, "@exit {}", shell_status(status));
    log::control(line.view());
    hw::power_off();
}
constinit void (*init_exit_handler)(i32) = init_exited;

// The last thread has gone: a zombie, for the parent to wait for.
void finish_process(Process& process, i32 status) {
    if (process.is_init()) init_exit_handler(status);
    hooks::run_exit(process);
    end_session(process);
    {
        TreeGuard guard;
        give_away_children(process);
        if (process.parent != nullptr) signal_if_newly_orphaned(process, process.parent);
        process.wait_status = status;
        process.life = Life::kZombie;
        if (!end_is_for_tracer(process) && tell_parent_of_end(process)) reap(process);
    }
    process.set_executable(nullptr);
    process.end_events.notify(object::kPollIn);
}

void keep_for_zombie(Task& self, const Usage& usage) {
    Process& process = self.process();
    process.name.assign(self.name.view());
    process.uid = self.credentials().uid;
    process.euid = self.credentials().euid;
    process.gid = self.credentials().gid;
    process.final_usage = usage;
}

}  // namespace

bool tell_parent_of_end(Process& child) {
    Process* parent = child.parent;
    if (parent == nullptr) return true;
    bool unwanted = false, silent = false;
    if (child.exit_signal == abi::SIGCHLD) {
        const abi::sigaction action =
            parent->signals().with([](SignalState& s) { return s.actions->get(abi::SIGCHLD); });
        silent = action.sa_handler == abi::SIG_IGN;
        unwanted = silent || (action.sa_flags & abi::SA_NOCLDWAIT) != 0;
    }
    // clone() takes any byte for the signal; what is none is not sent (Linux: do_notify_parent).
    if (valid_signal(child.exit_signal) && !silent) {
        const ChildCode code = child_code(child.wait_status);
        SignalInfo info = SignalInfo::child(code.code, child.pid(), child.uid, code.status,
                                            static_cast<i64>(child.final_usage.user_ns / kNsPerTick),
                                            static_cast<i64>(child.final_usage.system_ns / kNsPerTick));
        info.signo = child.exit_signal;
        (void)send_signal(*parent, info);
    }
    parent->child_events.wake_all();
    return unwanted;
}

void release_user_memory(Task& self, ipc::Leaving leaving) {
    if (!self.has_address_space()) return;
    vm::AddressSpace& space = self.address_space();
    if (!self.robust_list.is_null()) ipc::release_robust_list(space, self.robust_list, self.tid());
    ipc::release_pi_futexes(self, leaving);
    // Nobody can be waiting in memory that only this thread has.
    if (!self.clear_tid_address.is_null() && space.ref_count() > 1) {
        if (vm::UserOut<u32>(self.clear_tid_address).store(0).ok()) {
            (void)ipc::futex_wake(space, self.clear_tid_address, ipc::FutexScope::kShared, 1);
        }
    }
    self.robust_list = self.clear_tid_address = UserAddr();
}

void release_vfork_parent(Task& self) {
    if (!self.holds_vfork_parent.load(std::memory_order_relaxed)) return;
    self.holds_vfork_parent.store(false, std::memory_order_release);
    self.vfork_queue.wake_all();
}

void reap(Process& process) {
    if (process.ended_leader != nullptr) forget_ended(*process.ended_leader);
    forget_remains(process);
    process.life = Life::kReaped;
    process.sibling_node.unlink();
    process.parent = nullptr;
    (void)leave_group(process);
    process.user.release();
    pid::clear(process.pid(), process);
    process.drop_ref();
}

void forget_remains(Process& process) {
    OptRef<Task> remains;  // dropped after the lock
    auto s = process.signals().lock();
    std::swap(remains, s->remains);
    s.unlock();
}

void set_init_exit_handler(void (*handler)(i32 wait_status)) { init_exit_handler = handler; }

void exit_thread(Task& self, i32 status) {
    Process& process = self.process();
    wait_for_core_dump(self);
    trace_event(self, abi::PTRACE_EVENT_EXIT, static_cast<u64>(status));
    self.exiting.store(true, std::memory_order_relaxed);
    // Before the memory goes, which counts its pages.
    if (self.has_address_space()) {
        const vm::SpaceCounters& c = self.address_space().counters;
        const u64 peak = std::max(c.peak_rss.load(std::memory_order_relaxed), c.resident());
        auto s = process.signals().lock();
        s->usage.peak_resident_kib = std::max(s->usage.peak_resident_kib, peak * (kPageSize / 1024));
    }
    release_user_memory(self, ipc::Leaving::kForEver);
    self.set_address_space(nullptr);
    release_vfork_parent(self);
    ipc::sem::leave(self.semaphore_undo, process.pid());
    self.set_files(nullptr);
    self.set_fs(nullptr);
    self.set_uts(nullptr);
    release_tracees(self);

    bool kept = false;
    {
        TreeGuard guard;
        kept = keep_for_tracer(self, status) && !self.is_leader();
    }
    bool last = false, stop_complete = false;
    {
        auto s = process.signals().lock();
        s->usage += usage_of(self);
        stop_complete = remove_thread(*s, self);
        last = s->thread_count == 0;
        if (self.is_leader()) {
            s->leader_status = status;
            s->remains = Ref<Task>(self);
        }
        if (last) {
            keep_for_zombie(self, s->usage);
            process.user = std::move(self.user);
            status = s->exiting ? s->exit_status : s->leader_status;
        }
        if (s->exec_by != nullptr && s->thread_count <= 1) process.exec_queue.wake_all();
    }
    self.user.release();
    if (!kept) pid::clear(self.tid(), self);
    if (stop_complete) tell_parent_of_stop(process, abi::CLD_STOPPED);
    if (last) finish_process(process, status);
    sched::exit_thread();
}

void exit_group(Task& self, i32 status) {
    {
        auto s = self.process().signals().lock();
        begin_group_exit(*s, status);
        status = s->exit_status;
    }
    exit_thread(self, status);
}

}  // namespace process
