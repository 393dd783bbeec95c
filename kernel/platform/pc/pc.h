// The PC platform's start-up steps, in the order in which main/ takes them.
// Callers: main/.
// Locks, context: boot CPU; interrupts off until main enables them after init().
#pragma once

#include "arch/boot_info.h"

namespace platform::pc {

struct Options {
    bool debug_exit = false;  // exit=debug
    u32 max_cpus = 0;         // maxcpus=N; 0: no limit; 1: no other CPU is started
};

// Before memory: old interrupt controllers silenced, ways out of the machine.
void init_early(const Options& options);
// After memory::init(): ACPI, local and I/O APIC, clocks (registered with hw/), power off, number of CPUs.
// main calls time::init() next.
void init(const arch::BootInfo& boot, const Options& options);
// Thread context, before drivers: PCI.
void find_devices(const arch::BootInfo& boot);
// After sched::init_boot_cpu() and with interrupts on: the other CPUs.
// They come up while start-up goes on; await_cpus() before process 1 waits for them, so that it sees them all.
void start_cpus();
void await_cpus();

}  // namespace platform::pc
