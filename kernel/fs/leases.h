// Leases: a process is told by a signal before somebody else opens or truncates its file (fcntl(2), F_SETLEASE).
// Callers: linux/fcntl; open and truncate, which break them.
// Locks, context: thread context; breaking waits. Source: Linux 6.1 fs/locks.c.
#pragma once

#include "fs/inode.h"
#include "fs/procfs/setting.h"

namespace fs {

// `type`: abi::F_RDLCK, F_WRLCK, F_UNLCK. EAGAIN: somebody has it open in a way that does not go with it.
Result<void> set_lease(Inode& inode, object::File& file, int fd, i32 pid, int type);
// The type, or what a break under way will leave.
int lease_type(Inode& inode, const object::File& file);
// Before an open or a truncate: tells the holders and waits until they have given way, or their time is over. EAGAIN:
// `nonblock`. kRESTARTSYS.
Result<void> break_leases(Inode& inode, bool write, bool nonblock);
// The file is closed.
void drop_lease(Inode& inode, const object::File& file);

// /proc/sys/fs/lease-break-time, in seconds, and leases-enable.
inline constinit procfs::Setting lease_break_time{.value = 45, .least = 0, .most = 0x7fffffff};
inline constinit procfs::Setting leases_enabled{.value = 1, .least = 0, .most = 0x7fffffff};
Result<void> init_leases();

}  // namespace fs
