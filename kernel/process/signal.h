// Sending signals, and a thread's signal state.
// Callers: process, linux, drivers (terminals, timers), platform (faults). Receiving is process's own affair.
// Locks, context: senders may hold no lock of rank process or below; any context but NMI.
#pragma once

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

// A signal that the running thread would act on is pending (system calls that sleep otherwise: EINTR).
bool signal_pending(const Task& task);

// ppoll, pselect, epoll_pwait, sigsuspend: block exactly `mask` until the call is over. After an interrupted call
// the handler runs with `mask` and the old one is restored after it; otherwise call restore_temporary_mask.
void set_temporary_mask(Task& current, SignalSet mask);
void restore_temporary_mask(Task& current);

}  // namespace process
