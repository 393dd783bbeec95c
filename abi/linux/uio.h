// Vectors of buffers.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/uio.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct iovec {
    u64 iov_base;
    u64 iov_len;
};
static_assert(sizeof(iovec) == 16);

inline constexpr int UIO_FASTIOV = 8;
inline constexpr int IOV_MAX = 1024;
inline constexpr i64 MAX_RW_COUNT = 0x7fff'f000;  // most bytes that one read or write moves

}  // namespace abi
