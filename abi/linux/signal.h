// Signals: numbers, actions, siginfo, stacks, the frame that a handler sees.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 arch/x86/include/uapi/asm/{signal,sigcontext,ucontext}.h, asm-generic/{siginfo,signal-defs}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// Numbers.
inline constexpr int SIGHUP = 1;
inline constexpr int SIGINT = 2;
inline constexpr int SIGQUIT = 3;
inline constexpr int SIGILL = 4;
inline constexpr int SIGTRAP = 5;
inline constexpr int SIGABRT = 6;
inline constexpr int SIGIOT = 6;
inline constexpr int SIGBUS = 7;
inline constexpr int SIGFPE = 8;
inline constexpr int SIGKILL = 9;
inline constexpr int SIGUSR1 = 10;
inline constexpr int SIGSEGV = 11;
inline constexpr int SIGUSR2 = 12;
inline constexpr int SIGPIPE = 13;
inline constexpr int SIGALRM = 14;
inline constexpr int SIGTERM = 15;
inline constexpr int SIGSTKFLT = 16;
inline constexpr int SIGCHLD = 17;
inline constexpr int SIGCONT = 18;
inline constexpr int SIGSTOP = 19;
inline constexpr int SIGTSTP = 20;
inline constexpr int SIGTTIN = 21;
inline constexpr int SIGTTOU = 22;
inline constexpr int SIGURG = 23;
inline constexpr int SIGXCPU = 24;
inline constexpr int SIGXFSZ = 25;
inline constexpr int SIGVTALRM = 26;
inline constexpr int SIGPROF = 27;
inline constexpr int SIGWINCH = 28;
inline constexpr int SIGIO = 29;
inline constexpr int SIGPOLL = 29;
inline constexpr int SIGPWR = 30;
inline constexpr int SIGSYS = 31;
inline constexpr int SIGUNUSED = 31;
inline constexpr int SIGRTMIN = 32;

inline constexpr int SIGRTMAX = 64;
inline constexpr int _NSIG = 64;

// sigaction flags and sigprocmask.
inline constexpr int SA_RESTORER = 0x04000000;
inline constexpr int SA_NOCLDSTOP = 0x00000001;
inline constexpr int SA_NOCLDWAIT = 0x00000002;
inline constexpr int SA_SIGINFO = 0x00000004;
inline constexpr int SA_UNSUPPORTED = 0x00000400;
inline constexpr int SA_EXPOSE_TAGBITS = 0x00000800;
inline constexpr int SA_ONSTACK = 0x08000000;
inline constexpr int SA_RESTART = 0x10000000;
inline constexpr int SA_NODEFER = 0x40000000;
inline constexpr u32 SA_RESETHAND = 0x80000000;
inline constexpr int SA_NOMASK = 0x40000000;
inline constexpr u32 SA_ONESHOT = 0x80000000;
inline constexpr int SIG_BLOCK = 0;
inline constexpr int SIG_UNBLOCK = 1;
inline constexpr int SIG_SETMASK = 2;

inline constexpr u64 SIG_DFL = 0;
inline constexpr u64 SIG_IGN = 1;

/// One bit a signal, bit 0 is signal 1.
using sigset_t = u64;

struct sigaction {  // of the kernel; the C library's has another order
    u64 sa_handler;
    u64 sa_flags;
    u64 sa_restorer;
    sigset_t sa_mask;
};
static_assert(sizeof(sigaction) == 32);

struct stack_t {
    u64 ss_sp;
    i32 ss_flags;
    u32 pad0;
    u64 ss_size;
};
static_assert(sizeof(stack_t) == 24);

// sigaltstack.
inline constexpr int SS_ONSTACK = 1;
inline constexpr int SS_DISABLE = 2;
inline constexpr u32 SS_AUTODISARM = 1u << 31;
inline constexpr u32 SS_FLAG_BITS = 2147483648;
inline constexpr int MINSIGSTKSZ = 2048;
inline constexpr int SIGSTKSZ = 8192;

/// 128 bytes; the part used depends on si_signo and si_code.
struct siginfo {
    i32 si_signo;
    i32 si_errno;
    i32 si_code;
    i32 pad0;
    union Fields {
        struct {  // kill, tkill, sigqueue
            i32 pid;
            u32 uid;
            u64 value;
        } rt;
        struct {  // POSIX timers
            i32 tid;
            i32 overrun;
            u64 value;
            i32 sys_private;
            u32 pad;
        } timer;
        struct {  // SIGCHLD
            i32 pid;
            u32 uid;
            i32 status;
            u32 pad;
            i64 utime;
            i64 stime;
        } sigchld;
        struct {  // SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP
            u64 addr;
            union {
                i16 addr_lsb;
                struct {
                    u64 pad;
                    u64 lower;
                    u64 upper;
                } bounds;
                struct {
                    u64 pad;
                    u32 pkey;
                    u32 pad1;
                } pkey;
            };
        } sigfault;
        struct {  // SIGIO
            i64 band;
            i32 fd;
            u32 pad;
        } sigpoll;
        struct {  // SIGSYS
            u64 call_addr;
            i32 syscall;
            u32 arch;
        } sigsys;
        u64 words[14];
    } fields;
};
static_assert(sizeof(siginfo) == 128 && offsetof(siginfo, fields) == 16);

// si_code.
inline constexpr int SI_USER = 0;
inline constexpr int SI_KERNEL = 0x80;
inline constexpr int SI_QUEUE = -1;
inline constexpr int SI_TIMER = -2;
inline constexpr int SI_MESGQ = -3;
inline constexpr int SI_ASYNCIO = -4;
inline constexpr int SI_SIGIO = -5;
inline constexpr int SI_TKILL = -6;
inline constexpr int SI_DETHREAD = -7;
inline constexpr int SI_ASYNCNL = -60;
inline constexpr int ILL_ILLOPC = 1;
inline constexpr int ILL_ILLOPN = 2;
inline constexpr int ILL_ILLADR = 3;
inline constexpr int ILL_ILLTRP = 4;
inline constexpr int ILL_PRVOPC = 5;
inline constexpr int ILL_PRVREG = 6;
inline constexpr int ILL_COPROC = 7;
inline constexpr int ILL_BADSTK = 8;
inline constexpr int ILL_BADIADDR = 9;
inline constexpr int FPE_INTDIV = 1;
inline constexpr int FPE_INTOVF = 2;
inline constexpr int FPE_FLTDIV = 3;
inline constexpr int FPE_FLTOVF = 4;
inline constexpr int FPE_FLTUND = 5;
inline constexpr int FPE_FLTRES = 6;
inline constexpr int FPE_FLTINV = 7;
inline constexpr int FPE_FLTSUB = 8;
inline constexpr int FPE_FLTUNK = 14;
inline constexpr int FPE_CONDTRAP = 15;
inline constexpr int SEGV_MAPERR = 1;
inline constexpr int SEGV_ACCERR = 2;
inline constexpr int SEGV_BNDERR = 3;
inline constexpr int SEGV_PKUERR = 4;
inline constexpr int SEGV_ACCADI = 5;
inline constexpr int SEGV_ADIDERR = 6;
inline constexpr int SEGV_ADIPERR = 7;
inline constexpr int SEGV_MTEAERR = 8;
inline constexpr int SEGV_MTESERR = 9;
inline constexpr int BUS_ADRALN = 1;
inline constexpr int BUS_ADRERR = 2;
inline constexpr int BUS_OBJERR = 3;
inline constexpr int BUS_MCEERR_AR = 4;
inline constexpr int BUS_MCEERR_AO = 5;
inline constexpr int TRAP_BRKPT = 1;
inline constexpr int TRAP_TRACE = 2;
inline constexpr int TRAP_BRANCH = 3;
inline constexpr int TRAP_HWBKPT = 4;
inline constexpr int TRAP_UNK = 5;
inline constexpr int TRAP_PERF = 6;
inline constexpr int CLD_EXITED = 1;
inline constexpr int CLD_KILLED = 2;
inline constexpr int CLD_DUMPED = 3;
inline constexpr int CLD_TRAPPED = 4;
inline constexpr int CLD_STOPPED = 5;
inline constexpr int CLD_CONTINUED = 6;
inline constexpr int POLL_IN = 1;
inline constexpr int POLL_OUT = 2;
inline constexpr int POLL_MSG = 3;
inline constexpr int POLL_ERR = 4;
inline constexpr int POLL_PRI = 5;
inline constexpr int POLL_HUP = 6;
inline constexpr int SYS_SECCOMP = 1;
inline constexpr int SYS_USER_DISPATCH = 2;

struct sigevent {
    u64 sigev_value;
    i32 sigev_signo;
    i32 sigev_notify;
    union {
        i32 tid;
        struct {
            u64 function;
            u64 attribute;
        } thread;
        i32 pad[12];
    } sigev_un;
};
static_assert(sizeof(sigevent) == 64);

// sigev_notify.
inline constexpr int SIGEV_SIGNAL = 0;
inline constexpr int SIGEV_NONE = 1;
inline constexpr int SIGEV_THREAD = 2;
inline constexpr int SIGEV_THREAD_ID = 4;
inline constexpr int SIGEV_MAX_SIZE = 64;
inline constexpr int SIGEV_PAD_SIZE = 12;

/// Registers saved in a signal frame.
struct sigcontext {
    u64 r8, r9, r10, r11, r12, r13, r14, r15;
    u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
    u64 eflags;
    u16 cs, gs, fs, ss;
    u64 err;
    u64 trapno;
    u64 oldmask;
    u64 cr2;
    u64 fpstate;  // address of the fpstate, 64-aligned
    u64 reserved1[8];
};
static_assert(sizeof(sigcontext) == 256 && offsetof(sigcontext, rip) == 128);

struct ucontext {
    u64 uc_flags;
    u64 uc_link;
    stack_t uc_stack;
    sigcontext uc_mcontext;
    sigset_t uc_sigmask;
};
static_assert(sizeof(ucontext) == 304 && offsetof(ucontext, uc_mcontext) == 40);

/// What lies at the handler's stack pointer (arch/x86/include/asm/sigframe.h).
struct rt_sigframe {
    u64 pretcode;
    ucontext uc;
    siginfo info;
};
static_assert(sizeof(rt_sigframe) == 440);

/// In the software-reserved bytes (464..511) of the FXSAVE image.
struct fpx_sw_bytes {
    u32 magic1;
    u32 extended_size;
    u64 xfeatures;
    u32 xstate_size;
    u32 pkru;  // Linnet's; with Linux this is padding, PKRU is among the XSAVE components
    u32 padding[6];
};
static_assert(sizeof(fpx_sw_bytes) == 48);

/// FXSAVE image, 512 bytes.
struct fpstate {
    u16 cwd;
    u16 swd;
    u16 twd;
    u16 fop;
    u64 rip;
    u64 rdp;
    u32 mxcsr;
    u32 mxcr_mask;
    u32 st_space[32];
    u32 xmm_space[64];
    u32 reserved2[12];
    fpx_sw_bytes sw_reserved;
};
static_assert(sizeof(fpstate) == 512 && offsetof(fpstate, sw_reserved) == 464);

inline constexpr int UC_FP_XSTATE = 0x1;
inline constexpr int UC_SIGCONTEXT_SS = 0x2;
inline constexpr int UC_STRICT_RESTORE_SS = 0x4;
inline constexpr int FP_XSTATE_MAGIC1 = 0x46505853;
inline constexpr int FP_XSTATE_MAGIC2 = 0x46505845;
inline constexpr int FP_XSTATE_MAGIC2_SIZE = 0x4;

}  // namespace abi
