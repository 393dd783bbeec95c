// The processor: features, control and model-specific registers, interrupt flag, and the set-up of one CPU.
// Callers: trusted floors, platform (MSRs of the APIC) and main.
// Locks, context: any; the registers are the executing CPU's.
#pragma once

#include "arch/cpu_features.h"
#include "arch/cpu_local.h"
#include "base/types.h"

namespace arch {

// What the boot CPU has; set by cpu_init on it, read-only afterwards.
const Features& features();

// GDT, TSS with interrupt stacks, IDT, system-call registers, control registers, FPU and PAT of the executing CPU;
// GS base := &local. Interrupts stay off. `local` must be the member of a CpuBlock (descriptors.h), zeroed but for
// cpu_id (and current, run_queue and other fields that upper floors set for the CPU in advance).
void cpu_init(CpuLocal& local);
// GS base := &local alone: before code that is instrumented or asks for cpu().
void set_gs_base(CpuLocal& local);
// The boot CPU's block, in use since before kernel_start().
CpuLocal& boot_cpu_local();
// Sets the stack canary of `local`. The caller's frame must not be guarded.
void set_stack_canary(CpuLocal& local, u64 random);

// Interrupt flag.
inline u64 read_flags() {
    u64 flags;
    asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}
inline bool irq_enabled() { return (read_flags() & (1 << 9)) != 0; }
inline void irq_enable() { asm volatile("sti" ::: "memory"); }
inline void irq_disable() { asm volatile("cli" ::: "memory"); }
// Interrupts off; returns what irq_restore takes.
inline u64 irq_save() {
    const u64 flags = read_flags();
    irq_disable();
    return flags;
}
inline void irq_restore(u64 flags) {
    if (flags & (1 << 9)) irq_enable();
}

inline void pause() { asm volatile("pause"); }
// Waits for an interrupt with interrupts enabled; the pair is atomic (STI's shadow), so none is lost between.
inline void wait_for_interrupt() { asm volatile("sti; hlt" ::: "memory"); }
[[noreturn]] inline void halt_forever() {
    for (;;) asm volatile("cli; hlt");
}

// Model-specific registers.
inline u64 rdmsr(u32 msr) {
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (u64{high} << 32) | low;
}
inline void wrmsr(u32 msr, u64 value) {
    asm volatile("wrmsr" : : "c"(msr), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)) : "memory");
}
namespace msr {
inline constexpr u32 kApicBase = 0x1b, kMtrrCap = 0xfe, kSysenterCs = 0x174, kPat = 0x277, kTscDeadline = 0x6e0,
                     kX2apicFirst = 0x800, kEfer = 0xc0000080, kStar = 0xc0000081, kLstar = 0xc0000082,
                     kCstar = 0xc0000083, kSfmask = 0xc0000084, kFsBase = 0xc0000100, kGsBase = 0xc0000101,
                     kKernelGsBase = 0xc0000102, kTscAux = 0xc0000103;
}
namespace efer {
inline constexpr u64 kSyscall = 1 << 0, kLongMode = 1 << 8, kNoExecute = 1 << 11;
}
namespace cr0 {
inline constexpr u64 kProtection = 1 << 0, kMonitorFpu = 1 << 1, kEmulateFpu = 1 << 2, kTaskSwitched = 1 << 3,
                     kExtensionType = 1 << 4, kNumericError = 1 << 5, kWriteProtect = 1 << 16, kAlignmentMask = 1 << 18,
                     kPaging = 1u << 31;
}
namespace cr4 {
inline constexpr u64 kPae = 1 << 5, kMachineCheck = 1 << 6, kGlobalPages = 1 << 7, kFxsave = 1 << 9,
                     kSimdExceptions = 1 << 10, kUmip = 1 << 11, kFsgsbase = 1 << 16, kPcid = 1 << 17, kXsave = 1 << 18,
                     kSmep = 1 << 20, kSmap = 1 << 21, kProtectionKeys = 1 << 22;
}

// The time-stamp counter. ordered: not before earlier loads (LFENCE; SDM volume 2, RDTSC).
inline u64 rdtsc() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (u64{high} << 32) | low;
}
inline u64 rdtsc_ordered() {
    u32 low, high;
    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (u64{high} << 32) | low;
}

// 64 random bits of the CPU; false without RDRAND or when it is exhausted.
bool hardware_random(u64& value);

// Control registers.
#define ARCH_CONTROL_REGISTER(n)                                       \
    inline u64 read_cr##n() {                                          \
        u64 value;                                                     \
        asm volatile("mov %%cr" #n ", %0" : "=r"(value) : : "memory"); \
        return value;                                                  \
    }                                                                  \
    inline void write_cr##n(u64 value) { asm volatile("mov %0, %%cr" #n : : "r"(value) : "memory"); }
ARCH_CONTROL_REGISTER(0)
ARCH_CONTROL_REGISTER(2)
ARCH_CONTROL_REGISTER(3)
ARCH_CONTROL_REGISTER(4)
#undef ARCH_CONTROL_REGISTER

// Debug registers 0-3 (addresses), 6 (what happened; write 0xffff0ff0 to clear) and 7 (control). SDM volume 3, 17.2.
#define ARCH_DEBUG_REGISTER(n)                            \
    inline u64 read_dr##n() {                             \
        u64 value;                                        \
        asm volatile("mov %%dr" #n ", %0" : "=r"(value)); \
        return value;                                     \
    }                                                     \
    inline void write_dr##n(u64 value) { asm volatile("mov %0, %%dr" #n : : "r"(value)); }
ARCH_DEBUG_REGISTER(0)
ARCH_DEBUG_REGISTER(1)
ARCH_DEBUG_REGISTER(2)
ARCH_DEBUG_REGISTER(3)
ARCH_DEBUG_REGISTER(6)
ARCH_DEBUG_REGISTER(7)
#undef ARCH_DEBUG_REGISTER

// Caller's frame pointer, where a stack walk starts.
inline u64 frame_pointer() { return reinterpret_cast<u64>(__builtin_frame_address(0)); }

}  // namespace arch
