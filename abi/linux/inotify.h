// inotify.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/inotify.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct inotify_event {  // followed by len bytes of name, padded with NUL
    i32 wd;
    u32 mask;
    u32 cookie;
    u32 len;
};
static_assert(sizeof(inotify_event) == 16);

inline constexpr int IN_ACCESS = 0x00000001;
inline constexpr int IN_MODIFY = 0x00000002;
inline constexpr int IN_ATTRIB = 0x00000004;
inline constexpr int IN_CLOSE_WRITE = 0x00000008;
inline constexpr int IN_CLOSE_NOWRITE = 0x00000010;
inline constexpr int IN_OPEN = 0x00000020;
inline constexpr int IN_MOVED_FROM = 0x00000040;
inline constexpr int IN_MOVED_TO = 0x00000080;
inline constexpr int IN_CREATE = 0x00000100;
inline constexpr int IN_DELETE = 0x00000200;
inline constexpr int IN_DELETE_SELF = 0x00000400;
inline constexpr int IN_MOVE_SELF = 0x00000800;
inline constexpr int IN_UNMOUNT = 0x00002000;
inline constexpr int IN_Q_OVERFLOW = 0x00004000;
inline constexpr int IN_IGNORED = 0x00008000;
inline constexpr int IN_CLOSE = 0x18;
inline constexpr int IN_MOVE = 0xc0;
inline constexpr int IN_ONLYDIR = 0x01000000;
inline constexpr int IN_DONT_FOLLOW = 0x02000000;
inline constexpr int IN_EXCL_UNLINK = 0x04000000;
inline constexpr int IN_MASK_CREATE = 0x10000000;
inline constexpr int IN_MASK_ADD = 0x20000000;
inline constexpr int IN_ISDIR = 0x40000000;
inline constexpr u32 IN_ONESHOT = 0x80000000;
inline constexpr int IN_ALL_EVENTS = 0xfff;
inline constexpr int IN_CLOEXEC = 0x80000;
inline constexpr int IN_NONBLOCK = 0x800;

}  // namespace abi
