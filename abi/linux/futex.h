// futex operations, robust lists, futex_waitv.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/futex.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int FUTEX_WAIT = 0;
inline constexpr int FUTEX_WAKE = 1;
inline constexpr int FUTEX_FD = 2;
inline constexpr int FUTEX_REQUEUE = 3;
inline constexpr int FUTEX_CMP_REQUEUE = 4;
inline constexpr int FUTEX_WAKE_OP = 5;
inline constexpr int FUTEX_LOCK_PI = 6;
inline constexpr int FUTEX_UNLOCK_PI = 7;
inline constexpr int FUTEX_TRYLOCK_PI = 8;
inline constexpr int FUTEX_WAIT_BITSET = 9;
inline constexpr int FUTEX_WAKE_BITSET = 10;
inline constexpr int FUTEX_WAIT_REQUEUE_PI = 11;
inline constexpr int FUTEX_CMP_REQUEUE_PI = 12;
inline constexpr int FUTEX_LOCK_PI2 = 13;
inline constexpr int FUTEX_PRIVATE_FLAG = 128;
inline constexpr int FUTEX_CLOCK_REALTIME = 256;
inline constexpr int FUTEX_CMD_MASK = -385;
inline constexpr int FUTEX_WAIT_PRIVATE = 0x80;
inline constexpr int FUTEX_WAKE_PRIVATE = 0x81;
inline constexpr int FUTEX_REQUEUE_PRIVATE = 0x83;
inline constexpr int FUTEX_CMP_REQUEUE_PRIVATE = 0x84;
inline constexpr int FUTEX_WAKE_OP_PRIVATE = 0x85;
inline constexpr int FUTEX_LOCK_PI_PRIVATE = 0x86;
inline constexpr int FUTEX_LOCK_PI2_PRIVATE = 0x8d;
inline constexpr int FUTEX_UNLOCK_PI_PRIVATE = 0x87;
inline constexpr int FUTEX_TRYLOCK_PI_PRIVATE = 0x88;
inline constexpr int FUTEX_WAIT_BITSET_PRIVATE = 0x89;
inline constexpr int FUTEX_WAKE_BITSET_PRIVATE = 0x8a;
inline constexpr int FUTEX_WAIT_REQUEUE_PI_PRIVATE = 0x8b;
inline constexpr int FUTEX_CMP_REQUEUE_PI_PRIVATE = 0x8c;
inline constexpr int FUTEX_32 = 2;
inline constexpr int FUTEX_WAITV_MAX = 128;
inline constexpr u32 FUTEX_WAITERS = 0x80000000;
inline constexpr int FUTEX_OWNER_DIED = 0x40000000;
inline constexpr int FUTEX_TID_MASK = 0x3fffffff;
inline constexpr u32 FUTEX_BITSET_MATCH_ANY = 0xffffffff;
inline constexpr int FUTEX_OP_SET = 0;
inline constexpr int FUTEX_OP_ADD = 1;
inline constexpr int FUTEX_OP_OR = 2;
inline constexpr int FUTEX_OP_ANDN = 3;
inline constexpr int FUTEX_OP_XOR = 4;
inline constexpr int FUTEX_OP_OPARG_SHIFT = 8;
inline constexpr int FUTEX_OP_CMP_EQ = 0;
inline constexpr int FUTEX_OP_CMP_NE = 1;
inline constexpr int FUTEX_OP_CMP_LT = 2;
inline constexpr int FUTEX_OP_CMP_LE = 3;
inline constexpr int FUTEX_OP_CMP_GT = 4;
inline constexpr int FUTEX_OP_CMP_GE = 5;
inline constexpr int ROBUST_LIST_LIMIT = 2048;

struct robust_list {
    u64 next;
};

struct robust_list_head {
    u64 list;
    i64 futex_offset;
    u64 list_op_pending;
};
static_assert(sizeof(robust_list_head) == 24);

struct futex_waitv {
    u64 val;
    u64 uaddr;
    u32 flags;
    u32 reserved;
};
static_assert(sizeof(futex_waitv) == 24);

}  // namespace abi
