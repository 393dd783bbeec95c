// /proc/memmap (physical) and /proc/pmap (the kernel's page tables).
// Callers: main/proc.
// Locks, context: thread context.
#pragma once

#include "arch/boot_info.h"
#include "base/result.h"

namespace kernel_main {

// `info` lives for ever. ENOMEM.
Result<void> add_memory_files(const arch::BootInfo& info);

}  // namespace kernel_main
