// Hooks: what upper floors want done when a process runs a new program or ends (POSIX timers, semaphore undo, …).
// Callers: linux/, drivers/ register at start-up.
// Locks, context: hooks run in the process's own thread, without locks; at the end by the last thread.
#pragma once

#include "process/process.h"

namespace process::hooks {

using Hook = void (*)(Process& process);
// At most eight of each; start-up only.
void add_exec(Hook hook);
void add_exit(Hook hook);
void run_exec(Process& process);
void run_exit(Process& process);

}  // namespace process::hooks
