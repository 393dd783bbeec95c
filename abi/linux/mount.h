// mount, umount, the new mount calls.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/mount.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int MS_RDONLY = 1;
inline constexpr int MS_NOSUID = 2;
inline constexpr int MS_NODEV = 4;
inline constexpr int MS_NOEXEC = 8;
inline constexpr int MS_SYNCHRONOUS = 16;
inline constexpr int MS_REMOUNT = 32;
inline constexpr int MS_MANDLOCK = 64;
inline constexpr int MS_DIRSYNC = 128;
inline constexpr int MS_NOSYMFOLLOW = 256;
inline constexpr int MS_NOATIME = 1024;
inline constexpr int MS_NODIRATIME = 2048;
inline constexpr int MS_BIND = 4096;
inline constexpr int MS_MOVE = 8192;
inline constexpr int MS_REC = 16384;
inline constexpr int MS_VERBOSE = 32768;
inline constexpr int MS_SILENT = 32768;
inline constexpr int MS_POSIXACL = 1 << 16;
inline constexpr int MS_UNBINDABLE = 1 << 17;
inline constexpr int MS_PRIVATE = 1 << 18;
inline constexpr int MS_SLAVE = 1 << 19;
inline constexpr int MS_SHARED = 1 << 20;
inline constexpr int MS_RELATIME = 1 << 21;
inline constexpr int MS_KERNMOUNT = 1 << 22;
inline constexpr int MS_I_VERSION = 1 << 23;
inline constexpr int MS_STRICTATIME = 1 << 24;
inline constexpr int MS_LAZYTIME = 1 << 25;
inline constexpr int MS_SUBMOUNT = 1 << 26;
inline constexpr int MS_NOREMOTELOCK = 1 << 27;
inline constexpr int MS_NOSEC = 1 << 28;
inline constexpr int MS_BORN = 1 << 29;
inline constexpr int MS_ACTIVE = 1 << 30;
inline constexpr int MS_NOUSER = -2147483648;
inline constexpr int MS_RMT_MASK = 41943121;
inline constexpr u32 MS_MGC_VAL = 0xC0ED0000;
inline constexpr u32 MS_MGC_MSK = 0xffff0000;

// umount2.
inline constexpr int MNT_FORCE = 0x1;
inline constexpr int MNT_DETACH = 0x2;
inline constexpr int MNT_EXPIRE = 0x4;
inline constexpr int UMOUNT_NOFOLLOW = 0x8;

// open_tree, move_mount, fsopen, fspick, fsconfig, fsmount, mount_setattr.
inline constexpr int OPEN_TREE_CLONE = 1;
inline constexpr int OPEN_TREE_CLOEXEC = 0x80000;
inline constexpr int MOVE_MOUNT_F_SYMLINKS = 0x00000001;
inline constexpr int MOVE_MOUNT_F_AUTOMOUNTS = 0x00000002;
inline constexpr int MOVE_MOUNT_F_EMPTY_PATH = 0x00000004;
inline constexpr int MOVE_MOUNT_T_SYMLINKS = 0x00000010;
inline constexpr int MOVE_MOUNT_T_AUTOMOUNTS = 0x00000020;
inline constexpr int MOVE_MOUNT_T_EMPTY_PATH = 0x00000040;
inline constexpr int MOVE_MOUNT_SET_GROUP = 0x00000100;
inline constexpr int MOVE_MOUNT__MASK = 0x00000177;
inline constexpr int FSOPEN_CLOEXEC = 0x00000001;
inline constexpr int FSPICK_CLOEXEC = 0x00000001;
inline constexpr int FSPICK_SYMLINK_NOFOLLOW = 0x00000002;
inline constexpr int FSPICK_NO_AUTOMOUNT = 0x00000004;
inline constexpr int FSPICK_EMPTY_PATH = 0x00000008;
inline constexpr int FSMOUNT_CLOEXEC = 0x00000001;
inline constexpr int MOUNT_ATTR_RDONLY = 0x00000001;
inline constexpr int MOUNT_ATTR_NOSUID = 0x00000002;
inline constexpr int MOUNT_ATTR_NODEV = 0x00000004;
inline constexpr int MOUNT_ATTR_NOEXEC = 0x00000008;
inline constexpr int MOUNT_ATTR_RELATIME = 0x00000000;
inline constexpr int MOUNT_ATTR_NOATIME = 0x00000010;
inline constexpr int MOUNT_ATTR_STRICTATIME = 0x00000020;
inline constexpr int MOUNT_ATTR_NODIRATIME = 0x00000080;
inline constexpr int MOUNT_ATTR_IDMAP = 0x00100000;
inline constexpr int MOUNT_ATTR_NOSYMFOLLOW = 0x00200000;

inline constexpr int FSCONFIG_SET_FLAG = 0;
inline constexpr int FSCONFIG_SET_STRING = 1;
inline constexpr int FSCONFIG_SET_BINARY = 2;
inline constexpr int FSCONFIG_SET_PATH = 3;
inline constexpr int FSCONFIG_SET_PATH_EMPTY = 4;
inline constexpr int FSCONFIG_SET_FD = 5;
inline constexpr int FSCONFIG_CMD_CREATE = 6;
inline constexpr int FSCONFIG_CMD_RECONFIGURE = 7;

struct mount_attr {
    u64 attr_set;
    u64 attr_clr;
    u64 propagation;
    u64 userns_fd;
};
static_assert(sizeof(mount_attr) == 32);

}  // namespace abi
