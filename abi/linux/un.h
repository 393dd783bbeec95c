// UNIX-domain socket addresses.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/un.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct sockaddr_un {
    u16 sun_family;
    char sun_path[108];
};
static_assert(sizeof(sockaddr_un) == 110);

inline constexpr int UNIX_PATH_MAX = 108;

inline constexpr u32 SIOCUNIXFILE = 0x89e0;

}  // namespace abi
