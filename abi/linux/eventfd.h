// eventfd2 flags.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/linux/eventfd.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int EFD_SEMAPHORE = 01;
inline constexpr int EFD_CLOEXEC = 02000000;
inline constexpr int EFD_NONBLOCK = 04000;

}  // namespace abi
