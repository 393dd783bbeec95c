// Start-up of the file systems: the root, the registry, and what is mounted inside the kernel.
// Callers: main/.
// Locks, context: thread context, once, in the order given here.
#pragma once

#include "fs/context.h"
#include "fs/superblock.h"

namespace fs {

// Registers tmpfs, ramfs, devtmpfs, proc and sysfs, sizes the dentry cache and mounts an empty tmpfs as the root.
// `memory_pages`: usable memory, which sets the limits' defaults. After memory/ and sched/ are up.
Result<void> init(u64 memory_pages);
// Unpacks a (possibly concatenated) newc archive into the root. What is broken is logged with entry and offset; what
// came before stays. EINVAL then.
Result<void> unpack_initrd(sched::Thread& thread, std::span<const u8> archive);
// From here on the root may grow by half of what it has left of `memory_pages` and is full then (ENOSPC). On Linux that
// is half of memory from the start, which refuses archives that are larger.
void limit_root(u64 memory_pages);
// Frees unused dentries, oldest first, at least `count` if there are as many; the number freed. For reclaim.
usize shrink_dentries(usize count);

}  // namespace fs
