// Filling and loading of the descriptor tables (SDM volume 3, chapters 3, 6 and 8).
// Callers: cpu_init.
// Locks, context: the executing CPU, interrupts off.
#include "arch/descriptors.h"

#include "arch/trap.h"

namespace arch {
namespace {

constexpr u64 kCode64 = 0x00af'9b00'0000'ffff, kData = 0x00cf'9300'0000'ffff,
              kUserCode32Segment = 0x00cf'fb00'0000'ffff, kUserDataSegment = 0x00cf'f300'0000'ffff,
              kUserCode64 = 0x00af'fb00'0000'ffff;
// Segment 15 has the CPU number as its limit, where LSL reads it (Linux: GDT_ENTRY_CPUNODE).
constexpr u64 cpu_number_segment(u32 id) { return 0x0040'f500'0000'0000 | (id & 0xffff) | (u64{id >> 16 & 15} << 48); }

// LGDT and LIDT take ten bytes from `limit` on. The padding aligns the pointer, as its relocation needs.
struct TablePointer {
    u16 pad[3] = {};
    u16 limit;
    u64 base;
};
static_assert(offsetof(TablePointer, base) == offsetof(TablePointer, limit) + 2);

struct Gate {
    u16 offset_low;
    u16 selector;
    u8 ist;
    u8 type;
    u16 offset_middle;
    u32 offset_high;
    u32 reserved;
};
static_assert(sizeof(Gate) == 16);
constexpr u8 kInterruptGate = 0x8e;
constexpr u8 kUserCallable = 0x60;
constexpr usize kStubSize = 16;

constinit Gate idt[256] = {};

}  // namespace

extern "C" const char idt_stubs[];  // entry.S: 256 stubs of kStubSize bytes

void load_gdt(CpuTables& tables, CpuLocal& local) {
    const u64 tss = reinterpret_cast<u64>(&tables.tss);
    u64* gdt = tables.gdt;
    gdt[2] = kCode64;
    gdt[3] = kData;
    gdt[4] = kUserCode32Segment;
    gdt[5] = kUserDataSegment;
    gdt[6] = kUserCode64;
    gdt[8] = (sizeof(Tss) - 1) | (tss & 0xff'ffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    gdt[9] = tss >> 32;
    gdt[15] = cpu_number_segment(local.cpu_id);

    tables.tss.io_map = sizeof(Tss);
    for (usize i = 0; i < kIstCount; ++i) {
        u8* top = tables.stacks[i] + kIstSize - 16;
        *reinterpret_cast<CpuLocal**>(top) = &local;  // in our own array, aligned
        tables.tss.ist[i] = reinterpret_cast<u64>(top);
    }

    const TablePointer pointer{.limit = sizeof(tables.gdt) - 1, .base = reinterpret_cast<u64>(gdt)};
    asm volatile(
        "lgdt %0\n"
        "movl %k2, %%ds\n movl %k2, %%es\n movl %k2, %%ss\n"
        "xorl %%eax, %%eax\n movl %%eax, %%fs\n"
        "pushq %3\n leaq 1f(%%rip), %%rax\n pushq %%rax\n lretq\n1:\n"
        "ltr %w4\n"
        :
        : "m"(pointer.limit), "m"(pointer.base), "r"(u64{kKernelData}), "i"(kKernelCode), "r"(u32{kTssSelector})
        : "rax", "memory");
}

void fill_idt() {
    for (usize vector = 0; vector < 256; ++vector) {
        const u64 stub = reinterpret_cast<u64>(idt_stubs) + vector * kStubSize;
        Ist ist = Ist::kNone;
        switch (static_cast<Vector>(vector)) {
            case Vector::kDoubleFault: ist = Ist::kDoubleFault; break;
            case Vector::kNmi: ist = Ist::kNmi; break;
            case Vector::kMachineCheck: ist = Ist::kMachineCheck; break;
            case Vector::kDebug: ist = Ist::kDebug; break;
            default: break;
        }
        const bool user = vector == static_cast<usize>(Vector::kBreakpoint) ||
                          vector == static_cast<usize>(Vector::kOverflow) || vector == kSyscall32Vector;
        idt[vector] = {.offset_low = static_cast<u16>(stub),
                       .selector = kKernelCode,
                       .ist = static_cast<u8>(ist),
                       .type = static_cast<u8>(kInterruptGate | (user ? kUserCallable : 0)),
                       .offset_middle = static_cast<u16>(stub >> 16),
                       .offset_high = static_cast<u32>(stub >> 32),
                       .reserved = 0};
    }
}

GateInfo gate_info(u8 vector) {
    const Gate& g = idt[vector];
    return {.handler = u64{g.offset_high} << 32 | u64{g.offset_middle} << 16 | g.offset_low,
            .selector = g.selector,
            .stack = static_cast<Ist>(g.ist),
            .user_callable = (g.type & kUserCallable) == kUserCallable};
}

void load_idt() {
    const TablePointer pointer{.limit = sizeof(idt) - 1, .base = reinterpret_cast<u64>(idt)};
    asm volatile("lidt %0" : : "m"(pointer.limit), "m"(pointer.base));
}

}  // namespace arch
