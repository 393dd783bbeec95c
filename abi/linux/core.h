// Core files: what the notes hold, and which mappings are kept.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/linux/elfcore.h, include/uapi/linux/elfcore.h, core(5).
#pragma once

#include "abi/linux/ptrace.h"
#include "abi/linux/time.h"

namespace abi {

struct elf_siginfo {
    i32 si_signo;
    i32 si_code;
    i32 si_errno;
};

struct elf_prstatus {
    elf_siginfo pr_info;
    i16 pr_cursig;
    i16 pad0;
    u64 pr_sigpend;
    u64 pr_sighold;
    i32 pr_pid;
    i32 pr_ppid;
    i32 pr_pgrp;
    i32 pr_sid;
    timeval pr_utime;
    timeval pr_stime;
    timeval pr_cutime;
    timeval pr_cstime;
    user_regs_struct pr_reg;
    i32 pr_fpvalid;
    i32 pad1;
};
static_assert(sizeof(elf_prstatus) == 336);

struct elf_prpsinfo {
    u8 pr_state;
    u8 pr_sname;
    u8 pr_zomb;
    i8 pr_nice;
    u32 pad0;
    u64 pr_flag;
    u32 pr_uid;
    u32 pr_gid;
    i32 pr_pid;
    i32 pr_ppid;
    i32 pr_pgrp;
    i32 pr_sid;
    u8 pr_fname[16];
    u8 pr_psargs[80];
};
static_assert(sizeof(elf_prpsinfo) == 136);

// Bits of /proc/PID/coredump_filter.
inline constexpr u32 kDumpAnonymousPrivate = 1 << 0;
inline constexpr u32 kDumpAnonymousShared = 1 << 1;
inline constexpr u32 kDumpMappedPrivate = 1 << 2;
inline constexpr u32 kDumpMappedShared = 1 << 3;
inline constexpr u32 kDumpElfHeaders = 1 << 4;
inline constexpr u32 kDumpHugePrivate = 1 << 5;
inline constexpr u32 kDumpHugeShared = 1 << 6;
inline constexpr u32 kDumpFilterMask = 0x1ff;

}  // namespace abi
