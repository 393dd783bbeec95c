// uname.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/utsname.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct utsname {  // new_utsname
    char sysname[65];
    char nodename[65];
    char release[65];
    char version[65];
    char machine[65];
    char domainname[65];
};
static_assert(sizeof(utsname) == 390);

inline constexpr int __NEW_UTS_LEN = 64;

}  // namespace abi
