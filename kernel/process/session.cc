#include "process/session.h"

#include "process/pid_table.h"
#include "process/signal.h"
#include "process/tree.h"

namespace process {

Terminal::Terminal() = default;
Terminal::~Terminal() = default;

class TerminalAccess {
  public:
    static OptRef<Session>& session(Terminal& t) { return t.session_; }
    static OptRef<Group>& foreground(Terminal& t) { return t.foreground_; }
};

namespace {

// What a change leaves behind; dropped when the lock is no longer held.
struct Leftovers {
    OptRef<Session> session;
    OptRef<Group> group;
    OptRef<Terminal> terminal;
};

Session& session_of_process(const Process& p) { return p.group->session(); }

bool is_controlling(const Task& task, Terminal& terminal) {
    const Process& p = task.process();
    return p.group && session_of_process(p).terminal.get() == &terminal;
}

// Tree lock held.
void attach(Process& leader, Terminal& terminal, Leftovers& left) {
    Session& session = session_of_process(leader);
    left.session = std::exchange(TerminalAccess::session(terminal), OptRef<Session>(Ref<Session>(session)));
    left.group = std::exchange(TerminalAccess::foreground(terminal), leader.group);
    left.terminal = std::exchange(session.terminal, OptRef<Terminal>(Ref<Terminal>(terminal)));
}

// Tree lock held.
void detach(Terminal& terminal, Leftovers& left) {
    left.session = std::move(TerminalAccess::session(terminal));
    left.group = std::move(TerminalAccess::foreground(terminal));
    TerminalAccess::session(terminal) = nullptr;
    TerminalAccess::foreground(terminal) = nullptr;
    if (left.session) {
        left.terminal = std::move(left.session->terminal);
        left.session->terminal = nullptr;
    }
}

OptRef<Group> find_group_object(i32 pgid) {
    rcu::ReadGuard guard;
    pid::Slot* slot = pid::find(pgid);
    if (slot == nullptr) return nullptr;
    Group* group = slot->group.load(std::memory_order_acquire);
    return group != nullptr && group->try_add_ref() ? OptRef<Group>::adopt(group) : nullptr;
}

OptRef<Process> process_or_self(const Task& task, i32 pid) {
    if (pid == 0) return OptRef<Process>(Ref<Process>(task.process()));
    return find_process(pid);
}

}  // namespace

OptRef<Group> find_group(i32 pgid) {
    OptRef<Group> group = find_group_object(pgid);
    TreeGuard guard;
    return group && !group->members.empty() ? std::move(group) : nullptr;
}

Result<void> set_controlling_terminal(Task& task, Terminal& terminal, bool steal) {
    Leftovers left;
    Leftovers stolen;
    TreeGuard guard;
    Process& p = task.process();
    Session& session = session_of_process(p);
    const bool leader = session.sid == p.pid();
    if (leader && TerminalAccess::session(terminal).get() == &session) return {};
    if (!leader || session.terminal) return Errno::kPERM;
    if (TerminalAccess::session(terminal)) {
        if (!steal || !task.credentials().capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
        detach(terminal, stolen);
    }
    attach(p, terminal, left);
    guard.unlock();
    return {};
}

void adopt_controlling_terminal(Task& task, Terminal& terminal) {
    Leftovers left;
    TreeGuard guard;
    Process& p = task.process();
    Session& session = session_of_process(p);
    if (session.sid != p.pid() || session.terminal || TerminalAccess::session(terminal)) return;
    attach(p, terminal, left);
    guard.unlock();
}

Result<void> release_controlling_terminal(Task& task, Terminal& terminal) {
    Leftovers left;
    TreeGuard guard;
    if (!is_controlling(task, terminal)) return Errno::kNOTTY;
    Process& p = task.process();
    // Only the leader's leaving frees the terminal (disassociate_ctty); for others Linux forgets it for the
    // process alone. Here the terminal belongs to the session, so they keep it.
    if (session_of_process(p).sid != p.pid()) return {};
    detach(terminal, left);
    guard.unlock();
    if (left.group) {
        send_signal_to_group(*left.group, SignalInfo::kernel(abi::SIGHUP));
        send_signal_to_group(*left.group, SignalInfo::kernel(abi::SIGCONT));
    }
    return {};
}

OptRef<Terminal> controlling_terminal(const Task& task) {
    TreeGuard guard;
    const Process& p = task.process();
    return p.group ? session_of_process(p).terminal : nullptr;
}

Result<i32> foreground_group(const Task& task, Terminal& terminal) {
    TreeGuard guard;
    if (!is_controlling(task, terminal)) return Errno::kNOTTY;
    const OptRef<Group>& group = TerminalAccess::foreground(terminal);
    return group ? group->pgid : 0;
}

i32 foreground_group_of(Terminal& terminal) {
    TreeGuard guard;
    const OptRef<Group>& group = TerminalAccess::foreground(terminal);
    return group ? group->pgid : -1;
}

Result<i32> session_of(Terminal& terminal) {
    TreeGuard guard;
    const OptRef<Session>& session = TerminalAccess::session(terminal);
    return session ? Result<i32>(session->sid) : Errno::kNOTTY;
}

Result<i32> terminal_session(const Task& task, Terminal& terminal) {
    TreeGuard guard;
    if (!is_controlling(task, terminal)) return Errno::kNOTTY;
    return TerminalAccess::session(terminal)->sid;
}

Result<void> set_foreground_group(Task& task, Terminal& terminal, i32 pgid) {
    TRY(check_foreground(task, terminal, abi::SIGTTOU));
    if (pgid < 0) return Errno::kINVAL;
    OptRef<Group> group = find_group(pgid);
    OptRef<Group> old;
    TreeGuard guard;
    if (!is_controlling(task, terminal)) return Errno::kNOTTY;
    if (!group) return Errno::kSRCH;
    if (&group->session() != TerminalAccess::session(terminal).get()) return Errno::kPERM;
    old = std::exchange(TerminalAccess::foreground(terminal), std::move(group));
    guard.unlock();
    return {};
}

// tty_check_change() and job_control() of Linux: readers that cannot be stopped get EIO, writers go on.
Result<void> check_foreground(Task& task, Terminal& terminal, int signo) {
    OptRef<Group> group;
    bool orphaned = false;
    {
        TreeGuard guard;
        if (!is_controlling(task, terminal)) return {};
        const OptRef<Group>& foreground = TerminalAccess::foreground(terminal);
        if (!foreground || foreground.get() == task.process().group.get()) return {};
        group = task.process().group;
        orphaned = is_orphaned(*group);
    }
    const bool reading = signo == abi::SIGTTIN;
    if (is_blocked_or_ignored(task, signo)) return reading ? Result<void>(Errno::kIO) : Result<void>();
    if (orphaned) return Errno::kIO;
    send_signal_to_group(*group, SignalInfo::kernel(signo));
    return Errno::kRESTARTSYS;
}

void signal_foreground(Terminal& terminal, int signo) {
    OptRef<Group> group;
    {
        TreeGuard guard;
        group = TerminalAccess::foreground(terminal);
    }
    if (group) send_signal_to_group(*group, SignalInfo::kernel(signo));
}

void hang_up(Terminal& terminal) {
    Leftovers left;
    {
        TreeGuard guard;
        detach(terminal, left);
    }
    if (left.session) {
        if (OptRef<Process> leader = find_process(left.session->sid)) {
            (void)send_signal(*leader, SignalInfo::kernel(abi::SIGHUP));
            (void)send_signal(*leader, SignalInfo::kernel(abi::SIGCONT));
        }
    }
    if (left.group) {
        send_signal_to_group(*left.group, SignalInfo::kernel(abi::SIGHUP));
        send_signal_to_group(*left.group, SignalInfo::kernel(abi::SIGCONT));
    }
}

void leave_terminal(Terminal& terminal) {
    Leftovers left;
    {
        TreeGuard guard;
        detach(terminal, left);
    }
    if (left.group) send_signal_to_group(*left.group, SignalInfo::kernel(abi::SIGHUP));
}

Result<i32> create_session(Task& task) {
    Process& p = task.process();
    // A group of our number that anyone is in, or was left with, forbids it.
    if (find_group_object(p.pid())) return Errno::kPERM;
    Ref<Session> session = TRY(create_session_object(p.pid()));
    Ref<Group> group = TRY(create_group(p.pid(), std::move(session)));
    OptRef<Group> old;
    {
        TreeGuard guard;
        old = join_group(p, std::move(group));
    }
    return p.pid();
}

Result<i32> group_of(const Task& task, i32 pid) {
    OptRef<Process> p = process_or_self(task, pid);
    TreeGuard guard;
    if (!p || !p->group) return Errno::kSRCH;
    return p->group->pgid;
}

Result<i32> session_of(const Task& task, i32 pid) {
    OptRef<Process> p = process_or_self(task, pid);
    TreeGuard guard;
    if (!p || !p->group) return Errno::kSRCH;
    return session_of_process(*p).sid;
}

Result<void> set_group(Task& task, i32 pid, i32 pgid) {
    Process& self = task.process();
    if (pid == 0) pid = self.pid();
    if (pgid == 0) pgid = pid;
    if (pgid < 0) return Errno::kINVAL;
    OptRef<Process> target = find_process(pid);
    if (!target) return Errno::kSRCH;
    OptRef<Group> group = find_group_object(pgid);
    OptRef<Group> old;
    if (!group && pgid == pid) {
        // Made before the lock is taken; dropped again when a check fails.
        TreeGuard guard;
        if (!target->group) return Errno::kSRCH;
        Ref<Session> session(session_of_process(*target));
        guard.unlock();
        group = TRY(create_group(pgid, std::move(session)));
    }
    TreeGuard guard;
    if (target->life == Life::kReaped || !target->group) return Errno::kSRCH;
    if (target.get() != &self) {
        if (target->parent != &self) return Errno::kSRCH;
        if (&session_of_process(*target) != &session_of_process(self)) return Errno::kPERM;
        if (target->has_executed) return Errno::kACCES;
    }
    Session& session = session_of_process(*target);
    if (session.sid == target->pid()) return Errno::kPERM;
    if (!group || (group->members.empty() && pgid != pid) || &group->session() != &session) return Errno::kPERM;
    if (group.get() == target->group.get()) return {};
    old = join_group(*target, group.take());
    guard.unlock();
    return {};
}

}  // namespace process
