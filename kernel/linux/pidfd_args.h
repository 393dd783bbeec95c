// The process that a pidfd names, for the calls that take one.
// Callers: linux.
// Locks, context: a system call.
#pragma once

#include "process/ctx.h"
#include "process/process.h"

namespace linux_abi {

// EBADF: no descriptor, or none of a process.
Result<Ref<process::Process>> process_of_pidfd(process::Ctx& ctx, i32 fd);

}  // namespace linux_abi
