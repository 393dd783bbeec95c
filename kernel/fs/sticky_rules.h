// What world-writable folders with the sticky bit (/tmp) may be kept safe from: /proc/sys/fs/protected_*.
// Callers: walk, open, names.
// Locks, context: none; while a rule is off, the check is one look at its switch. Source: Linux 6.1 fs/namei.c.
#pragma once

#include "fs/inode.h"
#include "fs/procfs/setting.h"

namespace fs {

// All off, as in a kernel that nobody has set up.
inline constinit procfs::Setting protected_symlinks{.value = 0, .least = 0, .most = 1};
inline constinit procfs::Setting protected_hardlinks{.value = 0, .least = 0, .most = 1};
inline constinit procfs::Setting protected_fifos{.value = 0, .least = 0, .most = 2};
inline constinit procfs::Setting protected_regular{.value = 0, .least = 0, .most = 2};

// A link at the end of a path, found in `directory`. EACCES: made by neither the follower nor the folder's owner.
Result<void> may_follow_link(const Inode& link, const Inode& directory, const object::Credentials& credentials);
// EPERM: a hard link to a file that is not the caller's own and that he cannot write.
Result<void> may_link_to(const Inode& inode, const object::Credentials& credentials);
// O_CREAT of a file or FIFO that is there already. EACCES: put there by somebody else.
Result<void> may_open_in_sticky(const Inode& inode, const Inode& directory, const object::Credentials& credentials);

// Start-up: the files in /proc/sys/fs.
Result<void> init_sticky_rules();

}  // namespace fs
