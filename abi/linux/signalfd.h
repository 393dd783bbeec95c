// signalfd flags and struct signalfd_siginfo.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/signalfd.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int SFD_CLOEXEC = 02000000;
inline constexpr int SFD_NONBLOCK = 04000;

struct signalfd_siginfo {
    u32 ssi_signo;
    i32 ssi_errno;
    i32 ssi_code;
    u32 ssi_pid;
    u32 ssi_uid;
    i32 ssi_fd;
    u32 ssi_tid;
    u32 ssi_band;
    u32 ssi_overrun;
    u32 ssi_trapno;
    i32 ssi_status;
    i32 ssi_int;
    u64 ssi_ptr;
    u64 ssi_utime;
    u64 ssi_stime;
    u64 ssi_addr;
    u16 ssi_addr_lsb;
    u16 pad2;
    i32 ssi_syscall;
    u64 ssi_call_addr;
    u32 ssi_arch;
    u8 pad[28];
};
static_assert(sizeof(signalfd_siginfo) == 128);

}  // namespace abi
