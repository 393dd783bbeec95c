#include "process/signal_state.h"

#include "process/trace.h"
#include "sched/scheduler.h"

namespace process {

void wake_for_signal(Task& task, bool fatal) {
    task.request(kWorkSignal);
    sched::interrupt(task, fatal);
    if (fatal) sched::wake(task, sched::state::kStopped | sched::state::kTraced);
}

bool has_deliverable(const SignalState& s, const Task& task) {
    return !(task.signals.pending.pending() | s.pending.pending()).without(task.signals.blocked).empty() ||
           task.signals.stop_pending || trap_is_due(task) || must_die(s, task) || s.tell_parent != 0;
}

void refresh_pending(const SignalState& s, Task& task) {
    if (has_deliverable(s, task)) {
        wake_for_signal(task, false);
    } else {
        task.clear_interrupted();
    }
}

void begin_group_exit(SignalState& s, i32 status, const Task* spared) {
    if (s.exiting) return;
    s.exiting = true;
    s.exit_status = status;
    s.stop_signal = 0;
    s.stopped = false;
    s.to_stop = 0;
    for (Task& task : s.threads) {
        task.signals.stop_pending = false;
        if (&task == spared) continue;
        task.signals.pending.mark(abi::SIGKILL);
        wake_for_signal(task, true);
    }
}

Result<void> own_actions(SignalState& s) {
    if (s.actions->ref_count() == 1 || s.actions->shared.load(std::memory_order_relaxed)) return {};
    s.actions = TRY(s.actions->clone());
    return {};
}

bool remove_thread(SignalState& s, Task& task) {
    task.thread_node.unlink();
    s.thread_count--;
    // Linux: retarget_shared_pending(): somebody else has to look at what this thread was woken for.
    const SignalSet left = s.pending.pending();
    if (!left.empty()) {
        for (Task& other : s.threads) {
            if (!left.without(other.signals.blocked).empty()) wake_for_signal(other, false);
        }
    }
    if (!task.signals.stop_pending) return false;
    task.signals.stop_pending = false;
    if (s.to_stop == 0 || --s.to_stop != 0 || s.stopped || s.stop_signal == 0 || s.thread_count == 0) return false;
    s.stopped = true;
    s.report_stop = true;
    return true;
}

}  // namespace process
