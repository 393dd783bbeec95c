// Syscall user dispatch: a thread's system calls from outside a range of code are turned into SIGSYS.
// Callers: linux/prctl sets it; linux/glue asks before each call of a thread that has it.
// Locks, context: the thread itself alone. Not inherited, gone with exec.
// Source: Linux 6.1, kernel/entry/syscall_user_dispatch.c and Documentation/admin-guide/syscall-user-dispatch.rst.
#pragma once

#include "process/task.h"

namespace process {

// Calls from [start, start + length) are made; others as the byte at `selector` says, if there is one. EINVAL: the
// range is empty or wraps. EFAULT: the selector is no user address.
Result<void> set_user_dispatch(Task& self, u64 start, u64 length, UserAddr selector);
void clear_user_dispatch(Task& self);
// False: the call in `frame` is not made; SIGSYS was sent, or the selector was bad and the process ends.
bool user_dispatch_admits(Task& self, arch::TrapFrame& frame);

}  // namespace process
