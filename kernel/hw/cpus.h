// The CPUs of the machine: how many may be, which run, and where each one's local block is.
// Callers: every floor from sync upwards reads; platform and sched announce.
// Locks, context: any; the mask only grows today. Readers see a CPU after all its data.
#pragma once

#include "arch/cpu_local.h"
#include "base/bitmap.h"
#include "generated/config.h"

namespace hw {

inline constexpr u32 kMaxCpus = CONFIG_MAX_CPUS;
using CpuMask = Bitmap<kMaxCpus>;

// CPUs that run the scheduler. At least 1 from the first instruction on: the boot CPU is number 0.
u32 cpus_online();
// CPUs that the firmware lists and the configuration allows.
u32 cpus_possible();
bool is_online(u32 cpu);
CpuMask online_mask();

// The local block of `cpu`; null before it was registered. To poke another CPU (set_need_resched_remote).
arch::CpuLocal* cpu_local(u32 cpu);

// platform: before a CPU is started (and once for the boot CPU).
void set_possible(u32 count);
void register_cpu(u32 cpu, arch::CpuLocal& local);
// The CPU itself, when its scheduler, timer and interrupts are ready.
void set_online(u32 cpu);

}  // namespace hw
