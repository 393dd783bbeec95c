// Namespaces of tasks: what clone, unshare and setns may change. Linnet has mount and UTS namespaces; of the other kinds
// there is one, and asking for another gives what a Linux built without them gives (EINVAL).
// Callers: process (clone), linux/namespace, procfs.
// Locks, context: the running task's thread context.
#pragma once

#include "abi/linux/sched.h"
#include "process/task.h"

namespace process {

inline constexpr u64 kNamespaceFlags = static_cast<u64>(abi::CLONE_NEWNS) | abi::CLONE_NEWCGROUP | abi::CLONE_NEWUTS |
                                       abi::CLONE_NEWIPC | abi::CLONE_NEWUSER | abi::CLONE_NEWPID | abi::CLONE_NEWNET |
                                       abi::CLONE_NEWTIME;

// EPERM, EINVAL: in the order of Linux's copy_creds() and copy_namespaces().
Result<void> check_new_namespaces(const object::Credentials& credentials, u64 flags);

}  // namespace process
