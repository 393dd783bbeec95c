// CpuLocal: the per-CPU block at the kernel's GS base, and one-instruction access to its fields.
// Callers: arch, sync and sched; other floors use time/, sched/ and PerCpu<T> instead (rule no-ambient-current).
// Locks, context: fields are their own CPU's, written with preemption or interrupts off, but where stated.
#pragma once

#include <atomic>

#include "base/types.h"

namespace arch {

struct ThreadArch;
struct Tss;

// Offsets up to 80 are known to entry.S and to the compiler (stack canary: -mstack-protector-guard-offset=40).
struct alignas(64) CpuLocal {
    CpuLocal* self;
    u64 kernel_stack_top;  // of the current thread, 16-byte aligned
    u64 user_rsp_scratch;
    ThreadArch* current;
    u32 cpu_id;  // 0..kMaxCpus-1, boot CPU 0
    // Bits 0..30: how many reasons not to preempt. Bit 31 is need_resched inverted, so that "may and should
    // preempt now" is the single value 0 (the trick of Linux's arch/x86/include/asm/preempt.h).
    u32 preempt_count;
    u64 stack_canary;
    u32 irq_depth;
    std::atomic<u8> need_resched;  // other CPUs may set it, then send an interrupt to have it seen
    u8 pad[3];
    Tss* tss;
    void* loaded_space;     // what vm::AddressSpace has loaded in CR3; owned by vm
    ThreadArch* fpu_owner;  // whose state the FPU registers hold
    void* run_queue;        // owned by sched
    void* idle_thread;      // owned by sched
    u32 apic_id;
    u32 numa_node;
    u64 percpu_offset;    // free for sync::PerCpu
    void* floor_data[8];  // one slot a floor, indices in CpuSlot
};
enum class CpuSlot : u8 { kSync, kTime, kMemory, kSched, kVm, kIrq, kPlatform, kProcess };

static_assert(offsetof(CpuLocal, kernel_stack_top) == 8);
static_assert(offsetof(CpuLocal, user_rsp_scratch) == 16);
static_assert(offsetof(CpuLocal, current) == 24);
static_assert(offsetof(CpuLocal, cpu_id) == 32);
static_assert(offsetof(CpuLocal, preempt_count) == 36);
static_assert(offsetof(CpuLocal, stack_canary) == 40);
static_assert(offsetof(CpuLocal, irq_depth) == 48);
static_assert(offsetof(CpuLocal, need_resched) == 52);
static_assert(offsetof(CpuLocal, tss) == 56);
static_assert(offsetof(CpuLocal, loaded_space) == 64);
static_assert(offsetof(CpuLocal, fpu_owner) == 72);

inline constexpr u32 kNoReschedBit = 1u << 31;

#define ARCH_GS_READ(type, offset)                                        \
    ({                                                                    \
        type _gs_value;                                                   \
        asm volatile("mov %%gs:%c1, %0" : "=r"(_gs_value) : "i"(offset)); \
        _gs_value;                                                        \
    })
#define ARCH_GS_WRITE(type, offset, value) \
    asm volatile("mov %0, %%gs:%c1" : : "r"(static_cast<type>(value)), "i"(offset) : "memory")

// This CPU's block. Stays valid only while preemption is off.
inline CpuLocal& cpu() { return *ARCH_GS_READ(CpuLocal*, 0); }
// Stale at once unless preemption is off.
inline u32 cpu_id() { return ARCH_GS_READ(u32, 32); }
// The running thread; always right, since a thread takes `current` with it, so the compiler may read it once a
// function (not volatile). sched::Thread starts with ThreadArch.
inline ThreadArch* current() {
    ThreadArch* thread;
    asm("movq %%gs:24, %0" : "=r"(thread));
    return thread;
}
inline u32 irq_depth() { return ARCH_GS_READ(u32, 48); }
inline bool in_interrupt() { return irq_depth() != 0; }

inline u32 preempt_count() { return ARCH_GS_READ(u32, 36) & ~kNoReschedBit; }
inline bool preemptible() { return preempt_count() == 0; }
inline void preempt_disable() { asm volatile("incl %%gs:36" ::: "memory", "cc"); }
// Lets preemption happen later (at the next interrupt or preempt_enable), not here.
inline void preempt_enable_no_resched() { asm volatile("decl %%gs:36" ::: "memory", "cc"); }
// Calls on_preempt() if interrupts are on; saves no registers beyond the ABI's.
void preempt_now();
inline void preempt_enable() {
    bool due;
    asm volatile("decl %%gs:36" : "=@ccz"(due) : : "memory");
    if (due) [[unlikely]]
        preempt_now();
}

// Asks this CPU to reschedule: before its next return to user mode, or as soon as preemption is on again.
void set_need_resched();
// Asks `other` to; the caller must then send it an interrupt, whose entry folds the wish into preempt_count.
void set_need_resched_remote(CpuLocal& other);
void clear_need_resched();
inline bool need_resched() { return ARCH_GS_READ(u8, 52) != 0; }

}  // namespace arch
