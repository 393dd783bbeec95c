// The registers of a stopped tracee as ptrace(2) shows them, and what of them may be set.
// Callers: linux/ptrace; core dumps (reading, of the running task itself).
// Locks, context: the task is a HeldTracee, or the running task after sync_user_state().
#pragma once

#include "abi/linux/ptrace.h"
#include "process/task.h"

namespace process {

// Of a tracee in a stop.
abi::user_regs_struct tracee_registers(const Task& task);
// Of the running task, which no tracer looks at.
abi::user_regs_struct own_registers(const Task& task);

inline constexpr usize kRegisterCount = sizeof(abi::user_regs_struct) / sizeof(u64);
// The `index`-th of user_regs_struct. EIO: not a value that user mode may have.
Result<void> set_tracee_register(Task& task, usize index, u64 value);

// All bytes of the FPU state, with initial values where the CPU left them out and XCR0 in the software bytes.
std::span<const u8> tracee_fpu(Task& task);
inline constexpr usize kLegacyFpuSize = 512;
// Writes the FXSAVE part. EINVAL: reserved bits of MXCSR.
Result<void> set_tracee_legacy_fpu(Task& task, std::span<const u8> bytes);
// Writes the whole state, in the format of XSAVE. EINVAL: components that the CPU does not have, compacted format.
Result<void> set_tracee_fpu(Task& task, std::span<const u8> bytes);

// Debug registers 0 to 7. EIO, EINVAL, ENOMEM.
u64 tracee_debug_register(const Task& task, usize index);
Result<void> set_tracee_debug_register(Task& task, usize index, u64 value);

}  // namespace process
