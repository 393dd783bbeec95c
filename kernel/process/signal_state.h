// Steps on a process's SignalState that sending, delivery, stop and exit share.
// Callers: process/signal_*.cc, stop.cc, exit.cc, exec.cc, clone.cc.
// Locks, context: the process's signal lock is held in all of them.
#pragma once

#include "process/process.h"

namespace process {

// The thread looks at its signals soon, and wakes if it sleeps interruptibly (`fatal`: or killably, or stopped).
void wake_for_signal(Task& task, bool fatal);
// The process ends, or another of its threads runs exec.
inline bool must_die(const SignalState& s, const Task& task) {
    return s.exiting || (s.exec_by != nullptr && s.exec_by != &task);
}
// Whether anything would be delivered to the thread now.
bool has_deliverable(const SignalState& s, const Task& task);
// Sets or clears the thread's interrupted flag and work bit from what is pending.
void refresh_pending(const SignalState& s, Task& task);
// Kills all threads; `spared` (may be null) has things to do before.
void begin_group_exit(SignalState& s, i32 status, const Task* spared = nullptr);
// A copy of the actions that this process alone uses. ENOMEM.
Result<void> own_actions(SignalState& s);
// The thread leaves the group for ever: hands what it was woken for to another, and leaves a group stop.
// True: that completed a group stop, which the parent must hear of.
bool remove_thread(SignalState& s, Task& task);

}  // namespace process
