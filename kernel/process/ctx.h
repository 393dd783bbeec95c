// Ctx: what a system call's handler knows about its caller. Passed down instead of asking who is running.
// Callers: linux/, native/ and drivers/ (floors F9 and up).
// Locks, context: thread context of `task` itself; valid until the call returns.
#pragma once

#include "arch/trap.h"
#include "process/task.h"

namespace process {

struct Ctx {
    Task& task;
    arch::TrapFrame& frame;  // the caller's user registers; call arch::frame_changed() after writing other than rax
};

}  // namespace process
