// Restartable sequences.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/rseq.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct rseq {  // of the size that 6.1 takes; 32-aligned in user memory
    u32 cpu_id_start;
    u32 cpu_id;
    u64 rseq_cs;
    u32 flags;
    u32 padding[3];
};
static_assert(sizeof(rseq) == 32);

struct rseq_cs {
    u32 version;
    u32 flags;
    u64 start_ip;
    u64 post_commit_offset;
    u64 abort_ip;
};
static_assert(sizeof(rseq_cs) == 32);

inline constexpr int RSEQ_CPU_ID_UNINITIALIZED = -1;
inline constexpr int RSEQ_CPU_ID_REGISTRATION_FAILED = -2;
inline constexpr int RSEQ_FLAG_UNREGISTER = 1;
inline constexpr int RSEQ_CS_FLAG_NO_RESTART_ON_PREEMPT = 1;
inline constexpr int RSEQ_CS_FLAG_NO_RESTART_ON_SIGNAL = 2;
inline constexpr int RSEQ_CS_FLAG_NO_RESTART_ON_MIGRATE = 4;

}  // namespace abi
