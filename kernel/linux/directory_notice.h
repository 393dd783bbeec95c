// F_NOTIFY of fcntl(2): a signal to the owner of an open directory when something in it changes.
// Callers: linux/fcntl, start-up.
// Locks, context: thread context. Source: Linux 6.1 fs/notify/dnotify/dnotify.c.
#pragma once

#include "object/file.h"
#include "process/task.h"

namespace linux_abi {

// `what`: abi::DN_*, added to what was asked for before; 0: no more. ENOTDIR, ENOMEM. EINVAL: switched off.
Result<void> set_directory_notice(process::Task& task, object::File& directory, int fd, u32 what);
// Start-up: /proc/sys/fs/dir-notify-enable. ENOMEM.
Result<void> init_directory_notices();

}  // namespace linux_abi
