// What the parts of boot/ share: tables and symbols of entry.S and the linker script.
// Callers: boot/ alone.
// Locks, context: boot CPU, before the kernel proper.
#pragma once

#include "arch/boot_info.h"
#include "base/types.h"

#pragma GCC visibility push(hidden)  // reached relative to rip, not by way of a GOT that is not relocated yet
extern "C" {
extern u64 boot_pml4[512], boot_pd_image[512];
extern char boot_stack[], boot_stack_end[];
extern const u64 relr_start[], relr_end[];
}
#pragma GCC visibility pop

namespace arch {

extern BootInfo boot_info;
u64 boot_random();

}  // namespace arch
