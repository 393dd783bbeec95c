// Kernel stacks with a guard page below; kept mapped and cached per CPU when freed.
// Callers: sched and process (threads), platform (stacks of other CPUs).
// Locks, context: thread context, or interrupts off for free_kernel_stack().
#pragma once

#include "base/result.h"
#include "generated/config.h"

namespace memory {

inline constexpr usize kKernelStackSize = CONFIG_STACK_SIZE_KIB * usize{1024};

struct KernelStack {
    u64 base = 0;  // lowest address; the page below is not mapped
    u64 top() const { return base + kKernelStackSize; }
    explicit operator bool() const { return base != 0; }
};

[[nodiscard]] Result<KernelStack> allocate_kernel_stack();
// Nobody may run on it any more. True: so many are kept that trim_kernel_stacks() is worth it.
bool free_kernel_stack(KernelStack stack);
// Gives back what is kept beyond a mebibyte. Thread context, no spin locks.
void trim_kernel_stacks();
// True if `address` lies in a guard page of a kernel stack: a stack overflow.
bool in_stack_guard(u64 address);

}  // namespace memory
