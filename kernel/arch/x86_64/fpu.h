// FPU, SSE and AVX state of user threads. The kernel itself never touches these registers.
// Callers: sched and process by way of context.h; process for fork, signals and ptrace.
// Locks, context: the current thread's state with preemption off; others' while they do not run.
#pragma once

#include <span>

#include "base/types.h"

namespace arch {

struct ThreadArch;

// The state in memory: the standard (not compacted) XSAVE format of SDM volume 1, 13.4, or FXSAVE's first 512
// bytes on CPUs without XSAVE. It is also the format of signal frames. Its true size is fpu_state_size() bytes
// and its alignment 64: allocate it so.
struct alignas(64) FpuState {
    u8 legacy[512];
    u64 xstate_bv;
    u64 xcomp_bv;
    u8 header_reserved[48];
};
static_assert(sizeof(FpuState) == 576);
inline constexpr usize kFpuAlignment = 64;

usize fpu_state_size();  // bytes; fixed after cpu_init on the boot CPU
// All of `state`'s bytes, for signal frames and ptrace.
inline std::span<u8> fpu_bytes(FpuState& state) { return {state.legacy, fpu_state_size()}; }
u64 fpu_features();  // XCR0: the components that are saved; 0 without XSAVE
inline constexpr u32 kMxcsrDefault = 0x1f80;
u32 fpu_mxcsr_mask();  // bits of MXCSR that may be set; others fault in XRSTOR

// A fresh program's state: FNINIT's and MXCSR's defaults, all else zero. Writes fpu_state_size() bytes.
void fpu_init_state(FpuState& state);
// The same for a state that was one before: its header says that all components are in their initial state, what they
// held stays in the bytes and means nothing. A few stores.
void fpu_restart_state(FpuState& state);

// The bare instructions, on this CPU's registers.
void fpu_save(FpuState& state);
// `state` must be valid (fpu_sanitise): invalid reserved bits would fault in the kernel. A fault is caught and
// leaves the initial state in the registers; false then.
bool fpu_restore(const FpuState& state);
// Clears what user space must not set (reserved MXCSR bits, header bytes, components not enabled).
void fpu_sanitise(FpuState& state);

// Writes initial values where the CPU left components out because they were in their initial state (xstate_bv says
// so), for those who look at the bytes: debuggers, core dumps.
void fpu_fill_initial(FpuState& state);

// Writes the current thread's live registers to its FpuState, which is then up to date (fork, signal, ptrace).
void fpu_sync_current();
// Call BEFORE writing the current thread's FpuState (sigreturn, exec): brings it up to date, and has it loaded
// before the next return to user mode. Called after, a thread switch could overwrite what was written.
void fpu_reload_current();
// The same for a thread that does not run (ptrace).
void fpu_invalidate(ThreadArch& thread);
// Gives `thread` (new, or the current kernel thread that becomes a user thread) its state, initialised by
// fpu_init_state or a copy.
void fpu_attach(ThreadArch& thread, FpuState& state);

// Policy, called by switch_to and the exit path: saved when its thread leaves the CPU, loaded only at a return to
// user mode and only if the registers hold another thread's state.
void fpu_switch_out(ThreadArch& thread);
void fpu_switch_in(ThreadArch& thread);
void fpu_load_for_user(ThreadArch& thread);

}  // namespace arch
