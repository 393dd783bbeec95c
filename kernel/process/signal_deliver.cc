#include "process/signal_deliver.h"

#include "process/core_dump.h"
#include "process/exit.h"
#include "process/signal.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"

namespace process {

namespace {

constexpr u64 kRestartSyscallNumber = 219;

// Own signals before the process's; among the own, faults that the kernel raised before all.
std::optional<SignalInfo> take_next(SignalState& s, Task& self) {
    const SignalSet own = self.signals.pending.pending().without(self.signals.blocked);
    if (!own.empty()) return self.signals.pending.take(own.next());
    const SignalSet shared = s.pending.pending().without(self.signals.blocked);
    if (!shared.empty()) return s.pending.take(shared.next());
    return std::nullopt;
}

bool group_is_orphaned(const Process& process) {
    TreeGuard guard;
    return !process.group || is_orphaned(*process.group);
}

// SIG_DFL. True: look for the next signal.
void default_act(Task& self, const SignalInfo& info) {
    Process& process = self.process();
    const int signo = info.signo;
    switch (default_action(signo)) {
        case DefaultAction::kIgnore:
        case DefaultAction::kContinue: return;
        case DefaultAction::kStop: {
            if (signo != abi::SIGSTOP && group_is_orphaned(process)) return;
            auto s = process.signals().lock();
            // SIGCONT or SIGKILL may have come since the signal was taken.
            if (!s->stop_dequeued || s->exiting) return;
            begin_stop(*s, self, signo);
            return;
        }
        case DefaultAction::kTerminate:
        case DefaultAction::kCore: die_by_signal(self, info);
    }
}

}  // namespace

std::optional<Delivery> next_delivery(Task& self) {
    Process& process = self.process();
    for (;;) {
        auto s = process.signals().lock();
        if (s->tell_parent != 0) {
            const int code = std::exchange(s->tell_parent, 0);
            s.unlock();
            tell_parent_of_stop(process, code);
            continue;
        }
        if (must_die(*s, self)) {
            const i32 status = s->exit_status;
            s.unlock();
            exit_thread(self, status);
        }
        if (self.signals.stop_pending || trap_is_due(self)) {
            s.unlock();
            if (is_traced(self)) {
                trace_trap(self);
            } else {
                take_part_in_stop(self);
            }
            continue;
        }
        std::optional<SignalInfo> info = take_next(*s, self);
        if (!info) {
            self.clear_interrupted();
            return std::nullopt;
        }
        if (info->signo == abi::SIGKILL) {
            s.unlock();
            exit_group(self, abi::SIGKILL);
        }
        if (is_traced(self)) {
            if (default_action(info->signo) == DefaultAction::kStop) s->stop_dequeued = true;
            s.unlock();
            info = trace_signal(self, *info);
            if (!info) continue;
            s.relock();
            if (info->signo == abi::SIGKILL) {
                s.unlock();
                exit_group(self, abi::SIGKILL);
            }
        }
        const abi::sigaction action = s->actions->get(info->signo);
        if (action.sa_handler == abi::SIG_IGN) continue;
        if (action.sa_handler != abi::SIG_DFL) {
            if ((action.sa_flags & abi::SA_RESETHAND) != 0 && own_actions(*s).ok()) {
                abi::sigaction once = action;
                once.sa_handler = abi::SIG_DFL;
                s->actions->set(info->signo, once);
            }
            return Delivery{*info, action};
        }
        if (s->unkillable && !kUnblockable.has(info->signo)) continue;
        if (default_action(info->signo) == DefaultAction::kStop) s->stop_dequeued = true;
        s.unlock();
        default_act(self, *info);
    }
}

namespace {

// The result of a system call that a signal broke off: restart it or say EINTR. `action` null: no handler runs.
void settle_restart(arch::TrapFrame& frame, const abi::sigaction* action) {
    if (static_cast<i64>(frame.orig_rax) < 0) return;  // no system call
    const i64 result = static_cast<i64>(frame.rax);
    if (result > -512 || result < -516) return;
    const Errno code = static_cast<Errno>(-result);
    u64 number = frame.orig_rax;
    bool again = true;
    switch (code) {
        case Errno::kRESTART_RESTARTBLOCK:
            again = action == nullptr;
            number = kRestartSyscallNumber;
            break;
        case Errno::kRESTARTNOHAND: again = action == nullptr; break;
        case Errno::kRESTARTSYS: again = action == nullptr || (action->sa_flags & abi::SA_RESTART) != 0; break;
        case Errno::kRESTARTNOINTR: break;
        default: return;
    }
    if (again) {
        frame.rax = number;
        frame.rip -= 2;  // both SYSCALL and int 0x80 are two bytes long
        arch::frame_changed();
    } else {
        frame.rax = static_cast<u64>(-static_cast<i64>(Errno::kINTR));
    }
}

void block_for_handler(Task& self, const Delivery& delivery) {
    SignalSet mask = self.signals.blocked | SignalSet(delivery.action.sa_mask);
    if ((delivery.action.sa_flags & abi::SA_NODEFER) == 0) mask.add(delivery.info.signo);
    set_blocked(self, mask);
}

// SA_RESTORER, the frame, the registers. A stack that cannot hold it is a SIGSEGV (Linux: signal_setup_done).
void run_handler(Task& self, arch::TrapFrame& frame, const Delivery& delivery) {
    const bool temporary = (self.user_work.load(std::memory_order_relaxed) & kWorkRestoreMask) != 0;
    const SignalSet mask = temporary ? self.signals.saved : self.signals.blocked;
    const bool stepping = self.tracing.stepping;
    drop_forced_trap_flag(self, frame);
    if (!build_signal_frame(self, frame, delivery, mask)) {
        if (delivery.info.signo == abi::SIGSEGV) {
            auto s = self.process().signals().lock();
            if (own_actions(*s).ok()) s->actions->set(abi::SIGSEGV, {});
        }
        force_signal(self, SignalInfo::kernel(abi::SIGSEGV));
        return;
    }
    self.user_work.fetch_and(~kWorkRestoreMask, std::memory_order_relaxed);
    block_for_handler(self, delivery);
    if (stepping && is_traced(self)) trace_step(self);
}

}  // namespace

void deliver_signals(Task& self, arch::TrapFrame& frame) {
    bool handled = false;
    while (std::optional<Delivery> delivery = next_delivery(self)) {
        settle_restart(frame, &delivery->action);
        // Only the first frame belongs to the interrupted call.
        frame.orig_rax = ~u64{0};
        run_handler(self, frame, *delivery);
        handled = true;
    }
    if (!handled) {
        settle_restart(frame, nullptr);
        restore_temporary_mask(self);
    }
}

}  // namespace process
