// prctl(PR_SET_SECCOMP), which is seccomp(2) under an older name.
// Callers: linux/prctl.cc.
// Locks, context: thread context of the calling task.
#pragma once

#include "process/ctx.h"

namespace linux_abi {
Result<i64> prctl_set_seccomp(process::Ctx& ctx, u64 mode, u64 filter);
}
