// Start of the memory system.
// Callers: main, once, on the boot CPU with interrupts off; and platform for each other CPU.
// Locks, context: after init() every allocator works and the final page tables are loaded.
#pragma once

#include "arch/boot_info.h"
#include "arch/cpu_local.h"

namespace memory {

// Early allocator, frame table, zones, heap, and the kernel's final page tables (write xor execute). Low memory is
// no longer mapped one to one afterwards. Options: nokaslr, mem=SIZE[KMG]. Panics if there is too little memory.
void init(const arch::BootInfo& info);

}  // namespace memory
