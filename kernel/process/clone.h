// Making threads and processes: fork, vfork, clone, clone3.
// Callers: linux/clone, process/init.
// Locks, context: the running task's thread context, no locks held.
#pragma once

#include <span>

#include "process/ctx.h"

namespace process {

struct CloneRequest {
    u64 flags = 0;  // abi::CLONE_*, without the exit signal
    int exit_signal = 0;
    UserAddr stack;  // the child's stack pointer; null: the parent's
    u64 tls = 0;
    UserAddr parent_tid;
    UserAddr child_tid;
    UserAddr pidfd;
    std::span<const i32> set_tid{};
};

// The child's number. EINVAL for flags that do not go together, EAGAIN, ENOMEM, kRESTARTNOINTR.
Result<i64> clone(Ctx& ctx, const CloneRequest& request);

}  // namespace process
