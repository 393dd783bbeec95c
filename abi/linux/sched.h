// clone flags and clone_args, scheduling policies and parameters.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/sched.h, linux/sched/types.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// clone, clone3, unshare, setns.
inline constexpr int CSIGNAL = 0x000000ff;
inline constexpr int CLONE_VM = 0x00000100;
inline constexpr int CLONE_FS = 0x00000200;
inline constexpr int CLONE_FILES = 0x00000400;
inline constexpr int CLONE_SIGHAND = 0x00000800;
inline constexpr int CLONE_PIDFD = 0x00001000;
inline constexpr int CLONE_PTRACE = 0x00002000;
inline constexpr int CLONE_VFORK = 0x00004000;
inline constexpr int CLONE_PARENT = 0x00008000;
inline constexpr int CLONE_THREAD = 0x00010000;
inline constexpr int CLONE_NEWNS = 0x00020000;
inline constexpr int CLONE_SYSVSEM = 0x00040000;
inline constexpr int CLONE_SETTLS = 0x00080000;
inline constexpr int CLONE_PARENT_SETTID = 0x00100000;
inline constexpr int CLONE_CHILD_CLEARTID = 0x00200000;
inline constexpr int CLONE_DETACHED = 0x00400000;
inline constexpr int CLONE_UNTRACED = 0x00800000;
inline constexpr int CLONE_CHILD_SETTID = 0x01000000;
inline constexpr int CLONE_NEWCGROUP = 0x02000000;
inline constexpr int CLONE_NEWUTS = 0x04000000;
inline constexpr int CLONE_NEWIPC = 0x08000000;
inline constexpr int CLONE_NEWUSER = 0x10000000;
inline constexpr int CLONE_NEWPID = 0x20000000;
inline constexpr int CLONE_NEWNET = 0x40000000;
inline constexpr u32 CLONE_IO = 0x80000000;
inline constexpr i64 CLONE_CLEAR_SIGHAND = 0x100000000;
inline constexpr i64 CLONE_INTO_CGROUP = 0x200000000;
inline constexpr int CLONE_NEWTIME = 0x00000080;

struct clone_args {
    u64 flags;
    u64 pidfd;
    u64 child_tid;
    u64 parent_tid;
    u64 exit_signal;
    u64 stack;
    u64 stack_size;
    u64 tls;
    u64 set_tid;       // from version 1
    u64 set_tid_size;  // from version 1
    u64 cgroup;        // from version 2
};
static_assert(sizeof(clone_args) == 88);

// Sizes of clone_args of older callers.
inline constexpr int CLONE_ARGS_SIZE_VER0 = 64;
inline constexpr int CLONE_ARGS_SIZE_VER1 = 80;
inline constexpr int CLONE_ARGS_SIZE_VER2 = 88;

// Scheduling policies.
inline constexpr int SCHED_NORMAL = 0;
inline constexpr int SCHED_FIFO = 1;
inline constexpr int SCHED_RR = 2;
inline constexpr int SCHED_BATCH = 3;
inline constexpr int SCHED_IDLE = 5;
inline constexpr int SCHED_DEADLINE = 6;
inline constexpr int SCHED_RESET_ON_FORK = 0x40000000;
inline constexpr int SCHED_FLAG_RESET_ON_FORK = 0x01;
inline constexpr int SCHED_FLAG_RECLAIM = 0x02;
inline constexpr int SCHED_FLAG_DL_OVERRUN = 0x04;
inline constexpr int SCHED_FLAG_KEEP_POLICY = 0x08;
inline constexpr int SCHED_FLAG_KEEP_PARAMS = 0x10;
inline constexpr int SCHED_FLAG_UTIL_CLAMP_MIN = 0x20;
inline constexpr int SCHED_FLAG_UTIL_CLAMP_MAX = 0x40;
inline constexpr int SCHED_FLAG_KEEP_ALL = 0x18;
inline constexpr int SCHED_FLAG_UTIL_CLAMP = 0x60;
inline constexpr int SCHED_FLAG_ALL = 0x7f;

struct sched_param {
    i32 sched_priority;
};

struct sched_attr {
    u32 size;
    u32 sched_policy;
    u64 sched_flags;
    i32 sched_nice;
    u32 sched_priority;
    u64 sched_runtime;   // ns
    u64 sched_deadline;  // ns
    u64 sched_period;    // ns
    u32 sched_util_min;
    u32 sched_util_max;
};
static_assert(sizeof(sched_attr) == 56);

inline constexpr int SCHED_ATTR_SIZE_VER0 = 48;
inline constexpr int SCHED_ATTR_SIZE_VER1 = 56;

}  // namespace abi
