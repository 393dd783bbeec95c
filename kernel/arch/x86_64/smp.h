// Start of other CPUs: the real-mode trampoline that a start-up IPI runs.
// Callers: platform's SMP bring-up.
// Locks, context: one CPU is started at a time; the page is written while no AP runs in it.
#pragma once

#include "arch/cpu_local.h"
#include "base/types.h"

namespace arch {

struct ApStart {
    PhysAddr page_tables;      // below 4 GiB; must map the trampoline page one to one, and the kernel
    u64 stack_top;             // virtual, 16-byte aligned
    CpuLocal* local;           // cpu_id set
    void (*entry)(CpuLocal&);  // runs after cpu_init(local), interrupts off; must not return
};

inline constexpr usize kTrampolineSize = kPageSize;

// Fills the page at `page` (virtual view of the physical page `phys`, below 1 MiB and page aligned; the start-up
// IPI's vector is phys >> 12).
void prepare_trampoline(void* page, PhysAddr phys, const ApStart& start);
// True once the AP has left the trampoline page, which may then be filled for the next.
bool trampoline_done(const void* page);

}  // namespace arch
