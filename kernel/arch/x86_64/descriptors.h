// Descriptor tables: GDT, TSS, IDT, and the per-CPU block that holds them with the interrupt stacks.
// Callers: cpu.cc, smp and context; platform allocates a CpuBlock for each CPU it starts.
// Locks, context: a block belongs to its CPU.
#pragma once

#include "arch/cpu_local.h"
#include "base/types.h"

namespace arch {

// SDM volume 3, 8.7.
struct [[gnu::packed]] Tss {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];  // ist[0] is "IST 1"
    u64 reserved2;
    u16 reserved3;
    u16 io_map;
};
static_assert(sizeof(Tss) == 104);

// Interrupt stacks of the exceptions that may come at any instruction.
enum class Ist : u8 { kNone = 0, kDoubleFault = 1, kNmi = 2, kMachineCheck = 3, kDebug = 4 };
inline constexpr usize kIstCount = 4;
inline constexpr usize kIstSize = 8192;

// entry.S finds the CPU's CpuLocal above its frame: the 16 bytes at the top of each of these stacks hold it.
struct alignas(64) CpuTables {
    u8 stacks[kIstCount][kIstSize];
    u64 gdt[16];
    Tss tss;
};

// All that cpu_init needs for one CPU. From the heap or static; freshly made (all zero).
struct CpuBlock {
    CpuTables tables;
    CpuLocal local;
};

void load_gdt(CpuTables& tables, CpuLocal& local);
// One IDT serves all CPUs; filled once by the boot CPU.
void fill_idt();
void load_idt();

// A gate of the IDT as it stands in memory: for /proc/idt.
struct GateInfo {
    u64 handler = 0;
    u16 selector = 0;
    Ist stack = Ist::kNone;
    bool user_callable = false;
};
GateInfo gate_info(u8 vector);

}  // namespace arch
