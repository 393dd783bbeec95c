// Sending signals, and a thread's signal state.
// Callers: process, linux, drivers (terminals, timers), platform (faults). Receiving is process's own affair.
// Locks, context: senders may hold no lock of rank process or below; any context but NMI.
#pragma once

#include <optional>

#include "base/duration.h"
#include "base/ref.h"
#include "base/result.h"
#include "process/signal_info.h"

namespace object {
class Credentials;
}

namespace process {

class Task;
class Process;
class Group;

// Queue a signal without asking for permission. A signal of number 0 sends nothing. EAGAIN: a real-time signal
// beyond RLIMIT_SIGPENDING.
Result<void> send_signal(Process& to, const SignalInfo& info);
Result<void> send_signal_to_thread(Task& to, const SignalInfo& info);
void send_signal_to_group(Group& to, const SignalInfo& info);
// For faults of the running thread: cannot be ignored or blocked; the default action follows if it is.
void force_signal(Task& current, const SignalInfo& info);
// A broken pipe or the like: SIGPIPE, SIGXFSZ sent to the thread that made the call.
void send_signal_to_self(Task& current, int signo);

// kill(2)'s permission rule. EPERM.
Result<void> may_signal(const Task& sender, Process& to, int signo);

// Is `signo` blocked or ignored in the thread (job control of terminals: SIGTTIN, SIGTTOU)?
bool is_blocked_or_ignored(Task& task, int signo);

// Several processes: EPERM when none may be signalled, ESRCH when there are none (kill(2) with 0, -1, -pgid).
Result<void> kill_group(const Task& sender, i32 pgid, const SignalInfo& info);
Result<void> kill_everybody(const Task& sender, const SignalInfo& info);

// sigaction(2): `fresh` and `old` may be null. EINVAL, ENOMEM.
Result<void> change_action(Task& current, int signo, const abi::sigaction* fresh, abi::sigaction* old);
// Sets the running thread's mask; pending signals that it lets through are delivered on the way to user mode.
void set_blocked(Task& current, SignalSet mask);
// What is pending for the thread or its process.
SignalSet pending_signals(Task& task);
// Takes one pending signal of `which` (blocked or not), or nothing: sigtimedwait, signalfd.
std::optional<SignalInfo> take_pending(Task& current, SignalSet which);
// sigtimedwait: waits until one of `which` is pending. EAGAIN after `deadline`, EINTR when another one came.
Result<SignalInfo> wait_for_signal(Task& current, SignalSet which, Instant deadline);
// Until a handler has run or the process dies: pause(2), sigsuspend(2).
Errno sleep_until_signal(Task& current);

// Makes all threads die; wait(2) will report `status`. Does nothing if that is so already.
void start_group_exit(Process& process, i32 status);

// A signal that the running thread would act on is pending (system calls that sleep otherwise: EINTR).
bool signal_pending(const Task& task);

// ppoll, pselect, epoll_pwait, sigsuspend: block exactly `mask` until the call is over. After an interrupted call
// the handler runs with `mask` and the old one is restored after it; otherwise call restore_temporary_mask.
void set_temporary_mask(Task& current, SignalSet mask);
void restore_temporary_mask(Task& current);

}  // namespace process
