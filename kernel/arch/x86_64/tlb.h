// Address translation of the executing CPU: CR3 and the TLB. Other CPUs are reached by vm's shootdown.
// Callers: memory and vm.
// Locks, context: preemption off, or the effect may be on another CPU than meant.
#pragma once

#include "arch/cpu.h"

namespace arch {

// Drops the translation of one page, global ones included.
inline void flush_page(u64 address) { asm volatile("invlpg (%0)" : : "r"(address) : "memory"); }
// Drops all translations but global ones.
inline void flush_all_user() { write_cr3(read_cr3()); }
// Drops all, global ones included (toggling CR4.PGE, SDM volume 3, 4.10.4.1).
inline void flush_all() {
    const u64 value = read_cr4();
    if (value & cr4::kGlobalPages) {
        write_cr4(value & ~cr4::kGlobalPages);
        write_cr4(value);
    } else {
        flush_all_user();
    }
}
// Switches to the tables at `root`; drops all translations but global ones.
inline void load_page_tables(PhysAddr root) { write_cr3(root.value); }
inline PhysAddr loaded_page_tables() { return PhysAddr(read_cr3() & 0x000f'ffff'ffff'f000); }

}  // namespace arch
