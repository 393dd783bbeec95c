#include "process/pid_table.h"
#include "process/signal.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "sched/scheduler.h"

namespace process {

namespace {

void discard_everywhere(SignalState& s, SignalSet which) {
    s.pending.discard(which);
    for (Task& task : s.threads) task.signals.pending.discard(which);
}

// SIGCONT goes on with a stopped process even if it is blocked or ignored.
void continue_process(SignalState& s) {
    discard_everywhere(s, kStopSignals);
    s.stop_dequeued = false;
    if (s.stop_signal != 0) {
        s.tell_parent = s.stopped ? abi::CLD_CONTINUED : abi::CLD_STOPPED;
        s.report_continue = s.stopped;
        s.report_stop = false;
    }
    s.stop_signal = 0;
    s.stopped = false;
    s.to_stop = 0;
    for (Task& task : s.threads) {
        task.signals.stop_pending = false;
        note_group_change(task);
        if (s.tell_parent != 0) task.request(kWorkSignal);
        sched::wake(task, sched::state::kStopped);
    }
}

bool is_ignored(const SignalState& s, const Task& target, int signo) {
    // A blocked signal may find a handler by the time it is let through.
    if ((target.signals.blocked | target.signals.really_blocked).has(signo)) return false;
    if (s.unkillable && s.actions->get(signo).sa_handler == abi::SIG_DFL) return true;
    if (is_traced(target) && signo != abi::SIGKILL) return false;  // its tracer sees it
    return s.actions->ignores(signo);
}

// The effects that a signal has by being sent. False: it goes no further.
bool prepare(SignalState& s, const Task& target, int signo) {
    if (s.exiting) return false;
    if (kStopSignals.has(signo)) {
        discard_everywhere(s, SignalSet::of(abi::SIGCONT));
    } else if (signo == abi::SIGCONT) {
        continue_process(s);
    }
    return !is_ignored(s, target, signo);
}

bool wants(const Task& task, int signo) {
    if (task.exiting.load(std::memory_order_relaxed)) return false;
    if (signo == abi::SIGKILL) return true;
    return !task.signals.blocked.has(signo) && !task.signals.stopped && !task.tracing.stopped;
}

// Who takes a signal sent to the whole process: a thread that is not busy with another one, or any that can.
Task* choose_thread(SignalState& s, int signo) {
    Task* any = nullptr;
    for (Task& task : s.threads) {
        if (!wants(task, signo)) continue;
        if (!task.interrupted()) return &task;
        if (any == nullptr) any = &task;
    }
    return any;
}

// Such a signal ends the process whoever takes it: no need to wait for the thread to come along.
bool is_surely_fatal(const SignalState& s, const Task& task, int signo) {
    return default_action(signo) == DefaultAction::kTerminate && s.actions->get(signo).sa_handler == abi::SIG_DFL &&
           !(is_traced(task) && signo != abi::SIGKILL) && !task.signals.really_blocked.has(signo) && !s.unkillable;
}

// Puts it into `queue`. EAGAIN: a real-time signal for which there is no room.
Result<void> enqueue(const Process& process, SignalQueue& queue, const SignalInfo& info, Own<QueuedSignal> entry) {
    if (!is_realtime(info.signo) && queue.has(info.signo)) return {};  // such signals do not count
    const bool full = queue.queued() >= process.limits().soft(abi::RLIMIT_SIGPENDING);
    if (!entry || (full && is_realtime(info.signo))) {
        if (is_realtime(info.signo) && info.code < 0) return Errno::kAGAIN;
        queue.mark(info.signo);
        return {};
    }
    entry->info = info;
    queue.add(std::move(entry));
    return {};
}

Own<QueuedSignal> new_entry(int signo) {
    if (signo == abi::SIGKILL) return {};
    auto made = make_own<QueuedSignal>();
    return made.ok() ? made.take() : Own<QueuedSignal>();
}

// `thread` null: to the process.
Result<void> send(Process& process, Task* thread, const SignalInfo& info) {
    const int signo = info.signo;
    if (signo == 0) return {};
    auto s = process.signals().lock();
    Task* target = thread != nullptr ? thread : s->threads.front();
    if (target == nullptr || !target->thread_node.linked()) return {};  // a zombie: taken, without effect
    if (!prepare(*s, *target, signo)) return {};
    SignalQueue& queue = thread != nullptr ? thread->signals.pending : s->pending;
    TRY(enqueue(process, queue, info, new_entry(signo)));
    Task* taker = thread != nullptr ? (wants(*thread, signo) ? thread : nullptr) : choose_thread(*s, signo);
    if (taker != nullptr) {
        if (is_surely_fatal(*s, *taker, signo)) {
            begin_group_exit(*s, signo);
        } else {
            wake_for_signal(*taker, signo == abi::SIGKILL);
        }
    }
    process.signal_events.notify(object::kPollIn);
    return {};
}

}  // namespace

Result<void> send_signal(Process& to, const SignalInfo& info) { return send(to, nullptr, info); }

Result<void> send_signal_to_thread(Task& to, const SignalInfo& info) { return send(to.process(), &to, info); }

void send_signal_to_self(Task& current, int signo) {
    (void)send(current.process(), &current,
               SignalInfo::user(signo, abi::SI_USER, current.process().pid(), current.credentials().uid));
}

void send_signal_to_group(Group& to, const SignalInfo& info) {
    TreeGuard guard;
    for (Process& member : to.members) (void)send(member, nullptr, info);
}

void force_signal(Task& current, const SignalInfo& info) {
    const int signo = info.signo;
    Own<QueuedSignal> entry = new_entry(signo);
    auto s = current.process().signals().lock();
    const bool blocked = current.signals.blocked.has(signo);
    if (blocked || s->actions->ignores(signo)) {
        // No way out: the default action (Linux: force_sig_info_to_task).
        if (own_actions(*s).ok()) s->actions->set(signo, {});
        current.signals.blocked.remove(signo);
    }
    if (s->actions->get(signo).sa_handler == abi::SIG_DFL && !is_traced(current)) s->unkillable = false;
    (void)enqueue(current.process(), current.signals.pending, info, std::move(entry));
    wake_for_signal(current, false);
}

void start_group_exit(Process& process, i32 status) {
    auto s = process.signals().lock();
    begin_group_exit(*s, status);
}

Result<void> may_signal(const Task& sender, Process& to, int signo) {
    if (signo < 0 || signo > kMaxSignal) return Errno::kINVAL;
    if (&sender.process() == &to) return {};
    OptRef<Task> task = to.any_task();
    OptRef<object::Credentials> theirs = task ? task->credentials_of() : nullptr;
    const object::Credentials& mine = sender.credentials();
    const u32 their_uid = theirs ? theirs->uid : to.uid;
    const u32 their_suid = theirs ? theirs->suid : to.uid;
    if (mine.euid == their_suid || mine.euid == their_uid || mine.uid == their_suid || mine.uid == their_uid) return {};
    if (mine.capable(abi::CAP_KILL)) return {};
    if (signo == abi::SIGCONT && session_of(sender, 0).value_or(-1) == session_of(sender, to.pid()).value_or(-2))
        return {};
    return Errno::kPERM;
}

namespace {

// Sends to each of `targets` that may be signalled.
struct Verdict {
    bool found = false;
    bool sent = false;
    Errno error = Errno::kSRCH;

    void note(const Result<void>& result) {
        found = true;
        if (result.ok()) {
            sent = true;
        } else {
            error = result.error();
        }
    }
    Result<void> result() const {
        if (sent) return {};
        return error;
    }
};

// Null: the last one, or `after` has left the group meanwhile.
OptRef<Process> next_member(const Group& group, const Process* after) {
    TreeGuard guard;
    Process* next = nullptr;
    if (after == nullptr) {
        next = group.members.front();
    } else if (after->group.get() == &group) {
        next = group.members.next(*after);
    }
    return next == nullptr ? OptRef<Process>() : OptRef<Process>(Ref<Process>(*next));
}

}  // namespace

Result<void> kill_group(const Task& sender, i32 pgid, const SignalInfo& info) {
    OptRef<Group> group = find_group(pgid);
    if (!group) return Errno::kSRCH;
    Verdict verdict;
    for (OptRef<Process> member = next_member(*group, nullptr); member; member = next_member(*group, member.get())) {
        Result<void> allowed = may_signal(sender, *member, info.signo);
        verdict.note(allowed.ok() ? send(*member, nullptr, info) : allowed);
    }
    return verdict.result();
}

Result<void> kill_everybody(const Task& sender, const SignalInfo& info) {
    Verdict verdict;
    const auto is_process = [](const pid::Slot& slot) {
        return slot.process.load(std::memory_order_relaxed) != nullptr;
    };
    for (i32 number = pid::next(2, is_process); number != 0; number = pid::next(number + 1, is_process)) {
        OptRef<Process> process = find_process(number);
        if (!process || process.get() == &sender.process()) continue;
        Result<void> allowed = may_signal(sender, *process, info.signo);
        verdict.note(allowed.ok() ? send(*process, nullptr, info) : allowed);
    }
    return verdict.result();
}

}  // namespace process
