// personality.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/personality.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int UNAME26 = 0x20000;
inline constexpr int ADDR_NO_RANDOMIZE = 0x40000;
inline constexpr int FDPIC_FUNCPTRS = 0x80000;
inline constexpr int MMAP_PAGE_ZERO = 0x100000;
inline constexpr int ADDR_COMPAT_LAYOUT = 0x200000;
inline constexpr int READ_IMPLIES_EXEC = 0x400000;
inline constexpr int ADDR_LIMIT_32BIT = 0x800000;
inline constexpr int SHORT_INODE = 0x1000000;
inline constexpr int WHOLE_SECONDS = 0x2000000;
inline constexpr int STICKY_TIMEOUTS = 0x4000000;
inline constexpr int ADDR_LIMIT_3GB = 0x8000000;
inline constexpr int PER_LINUX = 0x0;
inline constexpr int PER_LINUX_32BIT = 0x800000;
inline constexpr int PER_LINUX32 = 0x8;
inline constexpr int PER_MASK = 0xff;

}  // namespace abi
