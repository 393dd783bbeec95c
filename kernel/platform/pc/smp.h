// Start of the other CPUs, and interrupts between CPUs by the local APICs.
// Callers: platform/pc.
// Locks, context: boot CPU, thread context, interrupts on.
// Source: Intel SDM volume 3, 8.4.4 (INIT-SIPI-SIPI).
#pragma once

#include "platform/pc/acpi/madt.h"

namespace platform::pc::smp {

// Registers the sender and the handlers of IPIs.
void init_ipis();
// Remembers which CPUs there are; hw::cpus_possible() is right afterwards. `limit`: at most so many (0: no limit).
void set_cpus(const acpi::Madt& madt, u32 limit);
// Begins to start all CPUs that are possible; each runs sched::run_idle_cpu() when it is there.
void start_others();
// Waits for them. One that does not answer within a second is named and left out.
void await_others();

}  // namespace platform::pc::smp
