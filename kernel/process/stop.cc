// Job control: stopping and going on (signal(7); Linux: do_signal_stop, do_notify_parent_cldstop).
#include "process/exit.h"
#include "process/signal.h"
#include "process/signal_deliver.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "sched/scheduler.h"

namespace process {

void begin_stop(SignalState& s, Task& self, int signo) {
    if (s.stop_signal == 0) {
        s.stop_signal = signo;
        s.to_stop = 0;
        s.stopped = false;
    }
    for (Task& task : s.threads) {
        if (task.signals.stop_pending || task.signals.stopped || task.exiting.load(std::memory_order_relaxed)) continue;
        task.signals.stop_pending = true;
        s.to_stop++;
        if (&task != &self) wake_for_signal(task, false);
    }
    s.stopped = false;
}

namespace {

// Whether the thread must sleep on. Signal lock held.
bool must_stay(const SignalState& s) { return s.stop_signal != 0 && !s.exiting; }

}  // namespace

void take_part_in_stop(Task& self) {
    Process& process = self.process();
    bool complete = false;
    {
        auto s = process.signals().lock();
        if (!self.signals.stop_pending) return;
        self.signals.stop_pending = false;
        if (!must_stay(*s)) return;
        self.signals.stopped = true;
        if (s->to_stop > 0 && --s->to_stop == 0) {
            s->stopped = true;
            s->report_stop = true;
            s->report_continue = false;
            complete = true;
        }
    }
    if (complete) tell_parent_of_stop(process, abi::CLD_STOPPED);
    for (;;) {
        sched::set_state(self, sched::state::kStopped);
        {
            auto s = process.signals().lock();
            if (!must_stay(*s) || trap_is_due(self)) {
                sched::set_running(self);
                self.signals.stopped = false;
                return;
            }
        }
        sched::schedule();
    }
}

void tell_parent_of_stop(Process& process, int code) {
    const Usage usage = usage_of(process);
    const int stop_signal = process.signals().with([](SignalState& s) { return s.stop_signal; });
    TreeGuard guard;
    Process* parent = process.parent;
    if (parent == nullptr) return;
    const abi::sigaction action = parent->signals().with([](SignalState& s) { return s.actions->get(abi::SIGCHLD); });
    if (action.sa_handler != abi::SIG_IGN && (action.sa_flags & abi::SA_NOCLDSTOP) == 0) {
        OptRef<Task> task = process.any_task();
        OptRef<object::Credentials> ids = task ? task->credentials_of() : nullptr;
        const i32 status = code == abi::CLD_CONTINUED ? abi::SIGCONT : stop_signal;
        (void)send_signal(*parent, SignalInfo::child(code, process.pid(), ids ? ids->uid : 0, status,
                                                     static_cast<i64>(usage.user_ns / kNsPerTick),
                                                     static_cast<i64>(usage.system_ns / kNsPerTick)));
    }
    parent->child_events.wake_all();
}

}  // namespace process
