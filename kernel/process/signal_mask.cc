// The running thread's mask, and waiting for signals: sigprocmask(2), sigsuspend(2), sigtimedwait(2), sigaction(2).
#include "process/signal.h"
#include "process/signal_state.h"
#include "sched/scheduler.h"

namespace process {

void set_blocked(Task& current, SignalSet mask) {
    mask = mask.without(kUnblockable);
    if (mask == current.signals.blocked) return;
    auto s = current.process().signals().lock();
    // What nobody but this thread could have taken needs another taker now (Linux: retarget_shared_pending).
    const SignalSet newly = mask.without(current.signals.blocked) & s->pending.pending();
    if (!newly.empty() && s->thread_count > 1) {
        for (Task& other : s->threads) {
            if (&other != &current && !newly.without(other.signals.blocked).empty()) wake_for_signal(other, false);
        }
    }
    current.signals.blocked = mask;
    refresh_pending(*s, current);
}

void set_temporary_mask(Task& current, SignalSet mask) {
    current.signals.saved = current.signals.blocked;
    current.request(kWorkRestoreMask);
    set_blocked(current, mask);
}

void restore_temporary_mask(Task& current) {
    if ((current.user_work.fetch_and(~kWorkRestoreMask, std::memory_order_relaxed) & kWorkRestoreMask) == 0) return;
    set_blocked(current, current.signals.saved);
}

bool is_blocked_or_ignored(Task& task, int signo) {
    auto s = task.process().signals().lock();
    return task.signals.blocked.has(signo) || s->actions->ignores(signo);
}

bool signal_pending(const Task& task) { return task.interrupted(); }

SignalSet pending_signals(Task& task) {
    auto s = task.process().signals().lock();
    return task.signals.pending.pending() | s->pending.pending();
}

namespace {
std::optional<SignalInfo> take_locked(SignalState& s, Task& task, SignalSet which) {
    which = which.without(kUnblockable);
    if (const SignalSet own = task.signals.pending.pending() & which; !own.empty()) {
        return task.signals.pending.take(own.next());
    }
    if (const SignalSet shared = s.pending.pending() & which; !shared.empty()) return s.pending.take(shared.next());
    return std::nullopt;
}
}  // namespace

std::optional<SignalInfo> take_pending(Task& current, SignalSet which) {
    auto s = current.process().signals().lock();
    std::optional<SignalInfo> info = take_locked(*s, current, which);
    if (info) refresh_pending(*s, current);
    return info;
}

// As Linux: what is waited for is let through meanwhile, so that its arrival ends the sleep.
Result<SignalInfo> wait_for_signal(Task& current, SignalSet which, Instant deadline) {
    which = which.without(kUnblockable);
    std::optional<SignalInfo> info = take_pending(current, which);
    if (info) return *info;
    bool in_time = deadline.ns > 0;
    if (in_time) {
        const SignalSet before = current.signals.blocked;
        current.process().signals().with([&](SignalState& s) {
            current.signals.really_blocked = before;
            current.signals.blocked = before.without(which);
            refresh_pending(s, current);
        });
        while (in_time && !current.interrupted()) {
            sched::set_state(current, sched::state::kInterruptible);
            if (!current.interrupted()) in_time = sched::schedule_until(deadline);
            sched::set_running(current);
        }
        auto s = current.process().signals().lock();
        current.signals.blocked = before;
        current.signals.really_blocked = SignalSet();
        info = take_locked(*s, current, which);
        refresh_pending(*s, current);
    }
    if (info) return *info;
    return in_time ? Errno::kINTR : Errno::kAGAIN;
}

Errno sleep_until_signal(Task& current) {
    while (!current.interrupted()) {
        sched::set_state(current, sched::state::kInterruptible);
        if (!current.interrupted()) sched::schedule();
        sched::set_running(current);
    }
    return Errno::kRESTARTNOHAND;
}

Result<void> change_action(Task& current, int signo, const abi::sigaction* fresh, abi::sigaction* old) {
    if (!valid_signal(signo) || (fresh != nullptr && kUnblockable.has(signo))) return Errno::kINVAL;
    auto s = current.process().signals().lock();
    if (old != nullptr) *old = s->actions->get(signo);
    if (fresh == nullptr) return {};
    TRY(own_actions(*s));
    abi::sigaction action = *fresh;
    action.sa_mask = SignalSet(action.sa_mask).without(kUnblockable).bits;
    s->actions->set(signo, action);
    // POSIX: pending signals that are ignored from now on are forgotten.
    if (s->actions->ignores(signo)) {
        s->pending.discard(SignalSet::of(signo));
        for (Task& task : s->threads) task.signals.pending.discard(SignalSet::of(signo));
    }
    return {};
}

}  // namespace process
