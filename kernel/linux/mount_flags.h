// The flags of a mount in the numbers of mount(2): what belongs to the mount and not to its file system.
// Callers: mount, mount_api.
// Locks, context: none.
#pragma once

#include "abi/linux/mount.h"

namespace linux_abi {

inline constexpr u64 kAtimeFlags = abi::MS_NOATIME | abi::MS_RELATIME;
inline constexpr u64 kMountFlags = abi::MS_RDONLY | abi::MS_NOSUID | abi::MS_NODEV | abi::MS_NOEXEC |
                                   abi::MS_NODIRATIME | abi::MS_NOSYMFOLLOW | kAtimeFlags;

}  // namespace linux_abi
