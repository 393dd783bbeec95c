// mmap, mprotect, madvise, mlock, mremap, msync, mbind: flags.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/asm-generic/{mman,mman-common}.h, arch/x86/include/uapi/asm/mman.h, linux/{mman,mempolicy}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// Protection.
inline constexpr int PROT_READ = 0x1;
inline constexpr int PROT_WRITE = 0x2;
inline constexpr int PROT_EXEC = 0x4;
inline constexpr int PROT_SEM = 0x8;
inline constexpr int PROT_NONE = 0x0;
inline constexpr int PROT_GROWSDOWN = 0x01000000;
inline constexpr int PROT_GROWSUP = 0x02000000;

// mmap flags.
inline constexpr int MAP_32BIT = 0x40;
inline constexpr int MAP_TYPE = 0x0f;
inline constexpr int MAP_FIXED = 0x10;
inline constexpr int MAP_ANONYMOUS = 0x20;
inline constexpr int MAP_POPULATE = 0x008000;
inline constexpr int MAP_NONBLOCK = 0x010000;
inline constexpr int MAP_STACK = 0x020000;
inline constexpr int MAP_HUGETLB = 0x040000;
inline constexpr int MAP_SYNC = 0x080000;
inline constexpr int MAP_FIXED_NOREPLACE = 0x100000;
inline constexpr int MAP_UNINITIALIZED = 0x4000000;
inline constexpr int MAP_FILE = 0;
inline constexpr int MAP_GROWSDOWN = 0x0100;
inline constexpr int MAP_DENYWRITE = 0x0800;
inline constexpr int MAP_EXECUTABLE = 0x1000;
inline constexpr int MAP_LOCKED = 0x2000;
inline constexpr int MAP_NORESERVE = 0x4000;
inline constexpr int MAP_SHARED = 0x01;
inline constexpr int MAP_PRIVATE = 0x02;
inline constexpr int MAP_SHARED_VALIDATE = 0x03;
inline constexpr int MAP_HUGE_SHIFT = 0x1a;
inline constexpr int MAP_HUGE_MASK = 0x3f;
inline constexpr int MAP_HUGE_16KB = 0x38000000;
inline constexpr int MAP_HUGE_64KB = 0x40000000;
inline constexpr int MAP_HUGE_512KB = 0x4c000000;
inline constexpr int MAP_HUGE_1MB = 0x50000000;
inline constexpr int MAP_HUGE_2MB = 0x54000000;
inline constexpr int MAP_HUGE_8MB = 0x5c000000;
inline constexpr int MAP_HUGE_16MB = 0x60000000;
inline constexpr int MAP_HUGE_32MB = 0x64000000;
inline constexpr int MAP_HUGE_256MB = 0x70000000;
inline constexpr int MAP_HUGE_512MB = 0x74000000;
inline constexpr int MAP_HUGE_1GB = 0x78000000;
inline constexpr int MAP_HUGE_2GB = 0x7c000000;
inline constexpr u32 MAP_HUGE_16GB = 0x88000000;

// mremap, msync, mlock, mlockall.
inline constexpr int MREMAP_MAYMOVE = 1;
inline constexpr int MREMAP_FIXED = 2;
inline constexpr int MREMAP_DONTUNMAP = 4;
inline constexpr int MS_ASYNC = 1;
inline constexpr int MS_SYNC = 4;
inline constexpr int MS_INVALIDATE = 2;
inline constexpr int MLOCK_ONFAULT = 0x01;
inline constexpr int MCL_CURRENT = 1;
inline constexpr int MCL_FUTURE = 2;
inline constexpr int MCL_ONFAULT = 4;
inline constexpr int OVERCOMMIT_GUESS = 0;
inline constexpr int OVERCOMMIT_ALWAYS = 1;
inline constexpr int OVERCOMMIT_NEVER = 2;

// madvise.
inline constexpr int MADV_NORMAL = 0;
inline constexpr int MADV_RANDOM = 1;
inline constexpr int MADV_SEQUENTIAL = 2;
inline constexpr int MADV_WILLNEED = 3;
inline constexpr int MADV_DONTNEED = 4;
inline constexpr int MADV_FREE = 8;
inline constexpr int MADV_REMOVE = 9;
inline constexpr int MADV_DONTFORK = 10;
inline constexpr int MADV_DOFORK = 11;
inline constexpr int MADV_HWPOISON = 100;
inline constexpr int MADV_SOFT_OFFLINE = 101;
inline constexpr int MADV_MERGEABLE = 12;
inline constexpr int MADV_UNMERGEABLE = 13;
inline constexpr int MADV_HUGEPAGE = 14;
inline constexpr int MADV_NOHUGEPAGE = 15;
inline constexpr int MADV_DONTDUMP = 16;
inline constexpr int MADV_DODUMP = 17;
inline constexpr int MADV_WIPEONFORK = 18;
inline constexpr int MADV_KEEPONFORK = 19;
inline constexpr int MADV_COLD = 20;
inline constexpr int MADV_PAGEOUT = 21;
inline constexpr int MADV_POPULATE_READ = 22;
inline constexpr int MADV_POPULATE_WRITE = 23;
inline constexpr int MADV_DONTNEED_LOCKED = 24;
inline constexpr int MADV_COLLAPSE = 25;

// Protection keys.
inline constexpr int PKEY_DISABLE_ACCESS = 0x1;
inline constexpr int PKEY_DISABLE_WRITE = 0x2;
inline constexpr int PKEY_ACCESS_MASK = 3;

// set_mempolicy, mbind, get_mempolicy, move_pages.
inline constexpr int MPOL_DEFAULT = 0;
inline constexpr int MPOL_PREFERRED = 1;
inline constexpr int MPOL_BIND = 2;
inline constexpr int MPOL_INTERLEAVE = 3;
inline constexpr int MPOL_LOCAL = 4;
inline constexpr int MPOL_PREFERRED_MANY = 5;
inline constexpr int MPOL_F_STATIC_NODES = 1 << 15;
inline constexpr int MPOL_F_RELATIVE_NODES = 1 << 14;
inline constexpr int MPOL_F_NUMA_BALANCING = 1 << 13;
inline constexpr int MPOL_F_NODE = 1 << 0;
inline constexpr int MPOL_F_ADDR = 1 << 1;
inline constexpr int MPOL_F_MEMS_ALLOWED = 1 << 2;
inline constexpr int MPOL_MF_STRICT = 1 << 0;
inline constexpr int MPOL_MF_MOVE = 1 << 1;
inline constexpr int MPOL_MF_MOVE_ALL = 1 << 2;

// 6.1's mbind flags; membarrier commands.

// membarrier.
inline constexpr int MEMBARRIER_CMD_QUERY = 0;
inline constexpr int MEMBARRIER_CMD_GLOBAL = 1;
inline constexpr int MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2;
inline constexpr int MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4;
inline constexpr int MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8;
inline constexpr int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16;
inline constexpr int MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 32;
inline constexpr int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64;
inline constexpr int MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 128;
inline constexpr int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 256;
inline constexpr int MEMBARRIER_CMD_FLAG_CPU = 1;

}  // namespace abi
