// devpts: the file system of pseudo-terminals' slaves, /dev/pts/N. One tree, whoever mounts it.
// Callers: drivers/tty/pty.
// Locks, context: thread context.
#pragma once

#include "fs/inode.h"

namespace drivers::tty::devpts {

Result<void> init();
// The node N, mode 0620, owned by `uid` and group 5 (tty).
Result<void> add(u32 index, object::DeviceNumber number, u32 uid);
void remove(u32 index);

}  // namespace drivers::tty::devpts
