// Restartable sequences, rseq(2): user space learns its CPU, and critical sections are sent to their abort address
// when they were left.
// Callers: process, linux/thread.
// Locks, context: the running task; touches user memory.
#pragma once

#include "arch/trap.h"
#include "process/task.h"

namespace process {

// EINVAL, EBUSY, EPERM, EFAULT as rseq(2).
Result<void> register_rseq(Task& self, UserAddr area, u32 length, u32 flags, u32 signature);
// On the way to user mode after a switch or before a handler. False: the area is bad, the task gets SIGSEGV.
bool update_rseq(Task& self, arch::TrapFrame& frame);

}  // namespace process
