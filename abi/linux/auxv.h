// Auxiliary vector of a new program.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int AT_SYSINFO_EHDR = 33;
inline constexpr int AT_VECTOR_SIZE_ARCH = 3;
inline constexpr int AT_NULL = 0;
inline constexpr int AT_IGNORE = 1;
inline constexpr int AT_EXECFD = 2;
inline constexpr int AT_PHDR = 3;
inline constexpr int AT_PHENT = 4;
inline constexpr int AT_PHNUM = 5;
inline constexpr int AT_PAGESZ = 6;
inline constexpr int AT_BASE = 7;
inline constexpr int AT_FLAGS = 8;
inline constexpr int AT_ENTRY = 9;
inline constexpr int AT_NOTELF = 10;
inline constexpr int AT_UID = 11;
inline constexpr int AT_EUID = 12;
inline constexpr int AT_GID = 13;
inline constexpr int AT_EGID = 14;
inline constexpr int AT_PLATFORM = 15;
inline constexpr int AT_HWCAP = 16;
inline constexpr int AT_CLKTCK = 17;
inline constexpr int AT_SECURE = 23;
inline constexpr int AT_BASE_PLATFORM = 24;
inline constexpr int AT_RANDOM = 25;
inline constexpr int AT_HWCAP2 = 26;
inline constexpr int AT_EXECFN = 31;
inline constexpr int AT_MINSIGSTKSZ = 51;

}  // namespace abi
