// TrapFrame: a thread's registers as saved on entry to the kernel, in the order of Linux's struct pt_regs.
// Callers: arch, and the floors that implement the upcalls (upcalls.h), signals, ptrace and clone.
// Locks, context: values only. A user frame belongs to its thread alone.
#pragma once

#include "base/types.h"

namespace arch {

// arch/x86/include/asm/ptrace.h of Linux 6.1: ptrace's and core dumps' register order is this one.
struct TrapFrame {
    u64 r15, r14, r13, r12, rbp, rbx;               // callee-saved
    u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;  // caller-saved
    // System call: its number. Otherwise -1, so that signals do not restart what was no call.
    u64 orig_rax;
    u64 rip, cs, rflags, rsp, ss;  // what IRETQ takes

    bool from_user() const { return (cs & 3) == 3; }
    bool from_compat() const { return cs == 0x23; }
    bool interrupts_enabled() const { return (rflags & (1u << 9)) != 0; }
};
static_assert(sizeof(TrapFrame) == 168);

// Selectors. User space sees these in gdb and core dumps, so they are Linux's.
inline constexpr u16 kKernelCode = 0x10;
inline constexpr u16 kKernelData = 0x18;
inline constexpr u16 kUserCode32 = 0x23;
inline constexpr u16 kUserData = 0x2b;
inline constexpr u16 kUserCode = 0x33;
inline constexpr u16 kTssSelector = 0x40;

namespace rflags {
inline constexpr u64 kCarry = 1 << 0, kFixed = 1 << 1, kParity = 1 << 2, kAdjust = 1 << 4, kZero = 1 << 6,
                     kSign = 1 << 7, kTrap = 1 << 8, kInterrupt = 1 << 9, kDirection = 1 << 10, kOverflow = 1 << 11,
                     kIopl = 3 << 12, kNestedTask = 1 << 14, kResume = 1 << 16, kAlignCheck = 1 << 18, kId = 1 << 21;
// What a signal handler's return or a debugger may set (FIX_EFLAGS of Linux's signal.c).
inline constexpr u64 kUserSettable =
    kCarry | kParity | kAdjust | kZero | kSign | kTrap | kDirection | kOverflow | kResume | kAlignCheck;
}  // namespace rflags

// Intel SDM volume 3, table 6-1.
enum class Vector : u8 {
    kDivide = 0,
    kDebug = 1,
    kNmi = 2,
    kBreakpoint = 3,
    kOverflow = 4,
    kBound = 5,
    kInvalidOpcode = 6,
    kNoFpu = 7,
    kDoubleFault = 8,
    kInvalidTss = 10,
    kSegmentNotPresent = 11,
    kStackSegment = 12,
    kGeneralProtection = 13,
    kPageFault = 14,
    kFpu = 16,
    kAlignment = 17,
    kMachineCheck = 18,
    kSimd = 19,
    kControlProtection = 21,
};
inline constexpr u8 kFirstDeviceVector = 0x20;
inline constexpr u8 kSyscall32Vector = 0x80;
const char* vector_name(u8 vector);

// Page-fault error code, SDM volume 3, 4.7.
namespace fault {
inline constexpr u64 kPresent = 1 << 0, kWrite = 1 << 1, kUser = 1 << 2, kReserved = 1 << 3, kFetch = 1 << 4,
                     kProtectionKey = 1 << 5, kShadowStack = 1 << 6;
}

// Runs `frame`'s continuation if its rip stands in the exception table (user copies, probes). False: a real fault.
// Call it after the memory manager has had its try at the page. May be called with any locks held.
bool fix_exception(TrapFrame& frame);

// Tells the exit path that a user frame's fields other than rax were written. Must follow every such write made
// during a system call (sigreturn, exec, ptrace, restarts): the fast exit restores only what a call may change
// and trusts rip and rflags to be those that SYSCALL saved. Acts on the current thread.
void frame_changed();

}  // namespace arch
