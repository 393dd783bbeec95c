// Files of /proc about what lies below the file systems: memory maps, descriptor tables, buses, locks.
// Callers: main/, a step of start-up.
// Locks, context: thread context; the files are written in their readers' threads.
#pragma once

#include "arch/boot_info.h"
#include "base/result.h"

namespace kernel_main {

// memmap, pmap, idt, pci, bus/pci/devices, lock_ranks. ENOMEM.
Result<void> add_proc_files(const arch::BootInfo& info);

}  // namespace kernel_main
