// sysinfo.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/sysinfo.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct sysinfo {
    i64 uptime;    // s
    u64 loads[3];  // fixed point, 1 << SI_LOAD_SHIFT is 1.0
    u64 totalram;  // in units of mem_unit bytes
    u64 freeram;
    u64 sharedram;
    u64 bufferram;
    u64 totalswap;
    u64 freeswap;
    u16 procs;
    u16 pad0;
    u32 pad1;
    u64 totalhigh;
    u64 freehigh;
    u32 mem_unit;
    u32 pad2;
};
static_assert(sizeof(sysinfo) == 112);

inline constexpr int SI_LOAD_SHIFT = 16;

}  // namespace abi
