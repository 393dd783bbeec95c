// ptrace: requests, options, the register block.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/ptrace.h, arch/x86/include/uapi/asm/{ptrace,ptrace-abi}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int PTRACE_TRACEME = 0;
inline constexpr int PTRACE_PEEKTEXT = 1;
inline constexpr int PTRACE_PEEKDATA = 2;
inline constexpr int PTRACE_PEEKUSR = 3;
inline constexpr int PTRACE_POKETEXT = 4;
inline constexpr int PTRACE_POKEDATA = 5;
inline constexpr int PTRACE_POKEUSR = 6;
inline constexpr int PTRACE_CONT = 7;
inline constexpr int PTRACE_KILL = 8;
inline constexpr int PTRACE_SINGLESTEP = 9;
inline constexpr int PTRACE_ATTACH = 16;
inline constexpr int PTRACE_DETACH = 17;
inline constexpr int PTRACE_SYSCALL = 24;
inline constexpr int PTRACE_SETOPTIONS = 0x4200;
inline constexpr int PTRACE_GETEVENTMSG = 0x4201;
inline constexpr int PTRACE_GETSIGINFO = 0x4202;
inline constexpr int PTRACE_SETSIGINFO = 0x4203;
inline constexpr int PTRACE_GETREGSET = 0x4204;
inline constexpr int PTRACE_SETREGSET = 0x4205;
inline constexpr int PTRACE_SEIZE = 0x4206;
inline constexpr int PTRACE_INTERRUPT = 0x4207;
inline constexpr int PTRACE_LISTEN = 0x4208;
inline constexpr int PTRACE_PEEKSIGINFO = 0x4209;
inline constexpr int PTRACE_GETSIGMASK = 0x420a;
inline constexpr int PTRACE_SETSIGMASK = 0x420b;
inline constexpr int PTRACE_SECCOMP_GET_FILTER = 0x420c;
inline constexpr int PTRACE_SECCOMP_GET_METADATA = 0x420d;
inline constexpr int PTRACE_GET_SYSCALL_INFO = 0x420e;
inline constexpr int PTRACE_SYSCALL_INFO_NONE = 0;
inline constexpr int PTRACE_SYSCALL_INFO_ENTRY = 1;
inline constexpr int PTRACE_SYSCALL_INFO_EXIT = 2;
inline constexpr int PTRACE_SYSCALL_INFO_SECCOMP = 3;
inline constexpr int PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;
inline constexpr int PTRACE_EVENTMSG_SYSCALL_ENTRY = 1;
inline constexpr int PTRACE_EVENTMSG_SYSCALL_EXIT = 2;
inline constexpr int PTRACE_PEEKSIGINFO_SHARED = 1 << 0;
inline constexpr int PTRACE_GETREGS = 12;
inline constexpr int PTRACE_SETREGS = 13;
inline constexpr int PTRACE_GETFPREGS = 14;
inline constexpr int PTRACE_SETFPREGS = 15;
inline constexpr int PTRACE_GETFPXREGS = 18;
inline constexpr int PTRACE_SETFPXREGS = 19;
inline constexpr int PTRACE_OLDSETOPTIONS = 21;
inline constexpr int PTRACE_GET_THREAD_AREA = 25;
inline constexpr int PTRACE_SET_THREAD_AREA = 26;
inline constexpr int PTRACE_ARCH_PRCTL = 30;
inline constexpr int PTRACE_SYSEMU = 31;
inline constexpr int PTRACE_SYSEMU_SINGLESTEP = 32;
inline constexpr int PTRACE_SINGLEBLOCK = 33;

// Options and events.
inline constexpr int PTRACE_O_TRACESYSGOOD = 1;
inline constexpr int PTRACE_O_TRACEFORK = 0x2;
inline constexpr int PTRACE_O_TRACEVFORK = 0x4;
inline constexpr int PTRACE_O_TRACECLONE = 0x8;
inline constexpr int PTRACE_O_TRACEEXEC = 0x10;
inline constexpr int PTRACE_O_TRACEVFORKDONE = 0x20;
inline constexpr int PTRACE_O_TRACEEXIT = 0x40;
inline constexpr int PTRACE_O_TRACESECCOMP = 0x80;
inline constexpr int PTRACE_O_EXITKILL = 1 << 20;
inline constexpr int PTRACE_O_MASK = 0x3000ff;
inline constexpr int PTRACE_EVENT_FORK = 1;
inline constexpr int PTRACE_EVENT_VFORK = 2;
inline constexpr int PTRACE_EVENT_CLONE = 3;
inline constexpr int PTRACE_EVENT_EXEC = 4;
inline constexpr int PTRACE_EVENT_VFORK_DONE = 5;
inline constexpr int PTRACE_EVENT_EXIT = 6;
inline constexpr int PTRACE_EVENT_SECCOMP = 7;
inline constexpr int PTRACE_EVENT_STOP = 128;

struct user_regs_struct {
    u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    u64 orig_rax, rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};
static_assert(sizeof(user_regs_struct) == 216);

// What PTRACE_PEEKUSR and POKEUSR address: the registers, and at fixed places of struct user, the debug registers.
inline constexpr u64 USER_SIZE = 928;
inline constexpr u64 USER_DEBUGREG = 848;

struct ptrace_syscall_info {
    u8 op;
    u8 pad[3];
    u32 arch;
    u64 instruction_pointer;
    u64 stack_pointer;
    union {
        struct {
            u64 nr;
            u64 args[6];
        } entry;
        struct {
            i64 rval;
            u8 is_error;
            u8 pad[7];
        } exit;
        struct {
            u64 nr;
            u64 args[6];
            u32 ret_data;
            u32 pad;
        } seccomp;
    };
};
static_assert(sizeof(ptrace_syscall_info) == 88);

struct ptrace_peeksiginfo_args {
    u64 off;
    u32 flags;
    i32 nr;
};
static_assert(sizeof(ptrace_peeksiginfo_args) == 16);

struct ptrace_rseq_configuration {
    u64 rseq_abi_pointer;
    u32 rseq_abi_size;
    u32 signature;
    u32 flags;
    u32 pad;
};
static_assert(sizeof(ptrace_rseq_configuration) == 24);

// What a call's ABI is called: Linux 6.1 include/uapi/linux/audit.h.
inline constexpr u32 AUDIT_ARCH_I386 = 0x40000003;
inline constexpr u32 AUDIT_ARCH_X86_64 = 0xc000003e;

}  // namespace abi
