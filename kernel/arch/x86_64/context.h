// ThreadArch, the machine part of a thread, and the switch between threads.
// Callers: sched (switching), process (creating user threads), arch.
// Locks, context: switch_to with interrupts off; the rest on threads that do not run, but where stated.
#pragma once

#include <array>
#include <atomic>

#include "arch/cpu_local.h"
#include "arch/fpu.h"
#include "arch/protection_keys.h"
#include "arch/trap.h"

namespace arch {

// Hardware breakpoints (SDM volume 3, 17.2): addresses, what happened, control.
struct DebugRegisters {
    std::array<u64, 4> address{};
    u64 status = 0;  // DR6 as the debugger sees it
    u64 control = 0;
};

// First member of sched::Thread: entry.S reads user_work through CpuLocal::current.
struct ThreadArch {
    // Why the next return to user mode takes the slow path: WorkBits. Set from anywhere, with atomic operations.
    std::atomic<u32> user_work{0};
    u32 fpu_cpu = kNoCpu;  // the CPU whose registers held this thread's FPU state last
    u64 kernel_sp = 0;     // saved by the switch
    u64 stack_top = 0;     // 16-byte aligned end of the kernel stack
    u64 fs_base = 0;       // user segment bases while not running; see read_user_fs_base()
    u64 gs_base = 0;
    u32 pkru = kPkruInitial;  // rights by protection key while not running
    FpuState* fpu = nullptr;  // null: a kernel thread, which has no user registers at all
    // Breakpoints that a debugger has set, loaded while the thread runs; null: none. Whoever changes it for a thread
    // that may be running calls load_debug_registers() there.
    DebugRegisters* debug = nullptr;
    std::atomic<u32> fail_nth{0};  // the n-th allocation from now on fails (memory/inject.h); 0: none will

    static constexpr u32 kNoCpu = ~0u;
};
static_assert(offsetof(ThreadArch, user_work) == 0 && offsetof(ThreadArch, kernel_sp) == 8);

// Bits of user_work. Those of arch are 0..7; the others belong to process/ (signals, tracing, …), which defines
// them from kWorkUpper on. Any upper bit makes on_return_to_user() run.
inline constexpr u32 kWorkResched = 1u << 0;  // mirrors need_resched of the CPU
inline constexpr u32 kWorkFpu = 1u << 1;      // FPU registers are not this thread's: load before return
inline constexpr u32 kWorkFrame = 1u << 2;    // frame_changed()
inline constexpr u32 kWorkUpper = 1u << 8;
inline constexpr u32 kWorkArchMask = kWorkUpper - 1;

// Leaves `prev` and continues `next` where it last called switch_to, on this CPU: FPU, segment bases, stack top,
// `current`. The address space is the caller's affair. Returns, when `prev` runs again, the thread that ran
// just before it (then on whatever CPU that is). Interrupts off.
ThreadArch* switch_to(ThreadArch& prev, ThreadArch& next);

// Makes `thread`, on the stack that ends at `stack_top`, begin with on_thread_begin() and then entry(argument).
// entry must not return.
void prepare_kernel_thread(ThreadArch& thread, u64 stack_top, void (*entry)(void*), void* argument);

// Makes `thread` begin with on_thread_begin() and then return to user mode with the registers of `frame`
// (by way of the exit work). `thread.fpu` must be set.
void prepare_user_thread(ThreadArch& thread, u64 stack_top, const TrapFrame& frame);

// The frame at the top of the stack of a thread that entered from user mode.
inline TrapFrame& user_frame(const ThreadArch& thread) {
    return *reinterpret_cast<TrapFrame*>(thread.stack_top - sizeof(TrapFrame));  // entry.S puts it there
}

// Return addresses of a thread that switch_to() has switched away from, innermost first; how many. Nothing below
// `stack_base` and above its stack's top is read. The caller keeps it from running.
usize saved_call_chain(const ThreadArch& thread, u64 stack_base, std::span<u64> addresses);

// Ends the current thread's kernel work: writes `frame` at the top of its stack and goes to user mode. For the
// first program of a thread that began as a kernel thread (its `fpu` must be set). Interrupts in any state.
[[noreturn]] void enter_user_mode(const TrapFrame& frame);

// A frame for a fresh program: all registers 0 but rip and rsp, interrupts on.
TrapFrame fresh_user_frame(UserAddr rip, UserAddr rsp);

// User segment bases of the current thread (arch_prctl, clone's CLONE_SETTLS, signal and core-dump code).
u64 read_user_fs_base();
u64 read_user_gs_base();
void write_user_fs_base(u64 base);
void write_user_gs_base(u64 base);
// Brings the bases and FPU state in `current`'s ThreadArch up to date, for fork and ptrace.
void sync_user_state();

// Loads the current thread's breakpoints, or none. Interrupts in any state.
void load_debug_registers();
// What caused the debug exception that is being handled, and clears it. Interrupts off since the exception.
u64 take_debug_status();

// Makes this CPU's block, TSS and GS describe `thread` as running on the stack it is on: for the first thread of
// each CPU, made out of the boot context.
void adopt_boot_context(ThreadArch& thread, u64 stack_top);

}  // namespace arch
