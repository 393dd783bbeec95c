// wait4, waitid: options, and how a status is made.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/wait.h; wait(2).
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int WNOHANG = 0x00000001;
inline constexpr int WUNTRACED = 0x00000002;
inline constexpr int WSTOPPED = 0x2;
inline constexpr int WEXITED = 0x00000004;
inline constexpr int WCONTINUED = 0x00000008;
inline constexpr int WNOWAIT = 0x01000000;
inline constexpr int __WNOTHREAD = 0x20000000;
inline constexpr int __WALL = 0x40000000;
inline constexpr u32 __WCLONE = 0x80000000;
inline constexpr int P_ALL = 0;
inline constexpr int P_PID = 1;
inline constexpr int P_PGID = 2;
inline constexpr int P_PIDFD = 3;

constexpr i32 W_EXITCODE(i32 code, i32 signal) { return ((code & 0xff) << 8) | signal; }
constexpr i32 W_STOPCODE(i32 signal) { return (signal << 8) | 0x7f; }
inline constexpr i32 W_CONTINUED = 0xffff;
inline constexpr i32 WCOREFLAG = 0x80;
constexpr bool WIFEXITED(i32 status) { return (status & 0x7f) == 0; }
constexpr i32 WEXITSTATUS(i32 status) { return (status >> 8) & 0xff; }
constexpr bool WIFSIGNALED(i32 status) { return (status & 0x7f) != 0 && (status & 0x7f) != 0x7f; }
constexpr i32 WTERMSIG(i32 status) { return status & 0x7f; }
constexpr bool WIFSTOPPED(i32 status) { return (status & 0xff) == 0x7f; }
constexpr i32 WSTOPSIG(i32 status) { return WEXITSTATUS(status); }
constexpr bool WIFCONTINUED(i32 status) { return status == W_CONTINUED; }

}  // namespace abi
