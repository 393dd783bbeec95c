// Core dumps: what a process leaves behind when a signal with that default action kills it (core(5)).
// Callers: process (signals, seccomp, exit).
// Locks, context: the running task's thread context, no locks held; may sleep.
#pragma once

#include "process/process.h"

namespace process {

// Death by a signal's default action, with a core if it asks for one and the process may have one.
[[noreturn]] void die_by_signal(Task& self, const SignalInfo& info);

// The way out of every thread: waits here while another thread of the process dumps core.
void wait_for_core_dump(Task& self);

// /proc/sys/kernel/core_pattern, core_uses_pid. Start-up.
Result<void> init_core_dumps();

}  // namespace process
