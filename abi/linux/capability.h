// Capabilities: numbers, capget and capset structures.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/capability.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int CAP_CHOWN = 0;
inline constexpr int CAP_DAC_OVERRIDE = 1;
inline constexpr int CAP_DAC_READ_SEARCH = 2;
inline constexpr int CAP_FOWNER = 3;
inline constexpr int CAP_FSETID = 4;
inline constexpr int CAP_KILL = 5;
inline constexpr int CAP_SETGID = 6;
inline constexpr int CAP_SETUID = 7;
inline constexpr int CAP_SETPCAP = 8;
inline constexpr int CAP_LINUX_IMMUTABLE = 9;
inline constexpr int CAP_NET_BIND_SERVICE = 10;
inline constexpr int CAP_NET_BROADCAST = 11;
inline constexpr int CAP_NET_ADMIN = 12;
inline constexpr int CAP_NET_RAW = 13;
inline constexpr int CAP_IPC_LOCK = 14;
inline constexpr int CAP_IPC_OWNER = 15;
inline constexpr int CAP_SYS_MODULE = 16;
inline constexpr int CAP_SYS_RAWIO = 17;
inline constexpr int CAP_SYS_CHROOT = 18;
inline constexpr int CAP_SYS_PTRACE = 19;
inline constexpr int CAP_SYS_PACCT = 20;
inline constexpr int CAP_SYS_ADMIN = 21;
inline constexpr int CAP_SYS_BOOT = 22;
inline constexpr int CAP_SYS_NICE = 23;
inline constexpr int CAP_SYS_RESOURCE = 24;
inline constexpr int CAP_SYS_TIME = 25;
inline constexpr int CAP_SYS_TTY_CONFIG = 26;
inline constexpr int CAP_MKNOD = 27;
inline constexpr int CAP_LEASE = 28;
inline constexpr int CAP_AUDIT_WRITE = 29;
inline constexpr int CAP_AUDIT_CONTROL = 30;
inline constexpr int CAP_SETFCAP = 31;
inline constexpr int CAP_MAC_OVERRIDE = 32;
inline constexpr int CAP_MAC_ADMIN = 33;
inline constexpr int CAP_SYSLOG = 34;
inline constexpr int CAP_WAKE_ALARM = 35;
inline constexpr int CAP_BLOCK_SUSPEND = 36;
inline constexpr int CAP_AUDIT_READ = 37;
inline constexpr int CAP_PERFMON = 38;
inline constexpr int CAP_BPF = 39;
inline constexpr int CAP_CHECKPOINT_RESTORE = 40;

inline constexpr int CAP_LAST_CAP = 40;

// Versions.
inline constexpr int _LINUX_CAPABILITY_VERSION_1 = 0x19980330;
inline constexpr int _LINUX_CAPABILITY_VERSION_2 = 0x20071026;
inline constexpr int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
inline constexpr int _LINUX_CAPABILITY_U32S_1 = 1;
inline constexpr int _LINUX_CAPABILITY_U32S_2 = 2;
inline constexpr int _LINUX_CAPABILITY_U32S_3 = 2;

struct cap_user_header {
    u32 version;
    i32 pid;
};

struct cap_user_data {  // two of them from version 2 on
    u32 effective;
    u32 permitted;
    u32 inheritable;
};
static_assert(sizeof(cap_user_data) == 12);

// File capabilities (security.capability).
inline constexpr u32 VFS_CAP_REVISION_MASK = 0xFF000000;
inline constexpr int VFS_CAP_FLAGS_EFFECTIVE = 0x000001;
inline constexpr int VFS_CAP_REVISION_1 = 0x01000000;
inline constexpr int VFS_CAP_REVISION_2 = 0x02000000;
inline constexpr int VFS_CAP_REVISION_3 = 0x03000000;

}  // namespace abi
