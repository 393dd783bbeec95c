// The boot protocols' parsers: pure functions from physical memory to BootInfo.
// Callers: boot/relocate.cc; tests and fuzzers.
// Locks, context: before relocation: no pointers in global data, no indirect tables.
#pragma once

#include "arch/boot/phys_memory.h"
#include "arch/boot_info.h"

namespace arch {

// The structure at `start`; false if it is not one. What is malformed inside it is left out.
// PVH: hvm_start_info (Xen, public/arch-x86/hvm/start_info.h).
bool parse_pvh(const PhysMemory& memory, u64 start, BootInfo& info);
// Multiboot2 specification 3.6.
bool parse_multiboot2(const PhysMemory& memory, u64 start, BootInfo& info);

// Whether `word` stands in the command line before " -- ".
bool has_option(std::string_view command_line, std::string_view word);

}  // namespace arch
