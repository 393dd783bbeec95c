// Resource limits and usage, priorities.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/resource.h, asm-generic/resource.h.
#pragma once

#include "abi/linux/time.h"
#include "abi/linux/types.h"

namespace abi {

// Limits.
inline constexpr int RLIMIT_CPU = 0;
inline constexpr int RLIMIT_FSIZE = 1;
inline constexpr int RLIMIT_DATA = 2;
inline constexpr int RLIMIT_STACK = 3;
inline constexpr int RLIMIT_CORE = 4;
inline constexpr int RLIMIT_RSS = 5;
inline constexpr int RLIMIT_NPROC = 6;
inline constexpr int RLIMIT_NOFILE = 7;
inline constexpr int RLIMIT_MEMLOCK = 8;
inline constexpr int RLIMIT_AS = 9;
inline constexpr int RLIMIT_LOCKS = 10;
inline constexpr int RLIMIT_SIGPENDING = 11;
inline constexpr int RLIMIT_MSGQUEUE = 12;
inline constexpr int RLIMIT_NICE = 13;
inline constexpr int RLIMIT_RTPRIO = 14;
inline constexpr int RLIMIT_RTTIME = 15;

inline constexpr int RLIM_NLIMITS = 16;
inline constexpr u64 RLIM_INFINITY = ~0ull;
inline constexpr u64 RLIM64_INFINITY = ~0ull;

struct rlimit {
    u64 rlim_cur;
    u64 rlim_max;
};
using rlimit64 = rlimit;

// getrusage, getpriority.
inline constexpr int RUSAGE_SELF = 0;
inline constexpr int RUSAGE_CHILDREN = -1;
inline constexpr int RUSAGE_THREAD = 1;
inline constexpr int PRIO_MIN = -20;
inline constexpr int PRIO_MAX = 20;
inline constexpr int PRIO_PROCESS = 0;
inline constexpr int PRIO_PGRP = 1;
inline constexpr int PRIO_USER = 2;

struct rusage {
    timeval ru_utime;
    timeval ru_stime;
    i64 ru_maxrss;  // KiB
    i64 ru_ixrss;
    i64 ru_idrss;
    i64 ru_isrss;
    i64 ru_minflt;
    i64 ru_majflt;
    i64 ru_nswap;
    i64 ru_inblock;
    i64 ru_oublock;
    i64 ru_msgsnd;
    i64 ru_msgrcv;
    i64 ru_nsignals;
    i64 ru_nvcsw;
    i64 ru_nivcsw;
};
static_assert(sizeof(rusage) == 144);

}  // namespace abi
