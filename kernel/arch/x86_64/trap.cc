// From the entry stubs to the upcalls: interrupt depth, preemption, the work before a return to user mode.
// Callers: entry.S.
// Locks, context: entered with interrupts off.
#include "arch/trap.h"

#include "arch/cpu.h"
#include "arch/fpu.h"
#include "arch/upcalls.h"

#pragma GCC visibility push(hidden)
extern "C" {
struct ExceptionTableEntry {
    i32 fault, fixup;  // each relative to its own address
};
extern const ExceptionTableEntry extable_start[], extable_end[];
}
#pragma GCC visibility pop

namespace arch {
namespace {

constexpr u32 kUpperWork = ~kWorkArchMask;

void enter_interrupt() {
    asm volatile("incl %%gs:36; incl %%gs:48" ::: "memory", "cc");  // preempt_count, irq_depth
}
void leave_interrupt() {
    asm volatile("decl %%gs:48; decl %%gs:36" ::: "memory", "cc");
    // Another CPU may have asked for a reschedule and sent the interrupt that ends here.
    if (need_resched()) set_need_resched();
}

u64 raw_preempt_count() { return ARCH_GS_READ(u32, 36); }

void interrupt(TrapFrame& frame, u8 vector) {
    enter_interrupt();
    on_interrupt(frame, vector);
    leave_interrupt();
}

// Restores what the hardware's entry loses: the fault address must be read before anything may fault again.
void exception(TrapFrame& frame, u8 vector) {
    const u64 error = frame.orig_rax;
    const u64 address = vector == static_cast<u8>(Vector::kPageFault) ? read_cr2() : 0;
    frame.orig_rax = ~0ull;
    const bool enable = frame.interrupts_enabled() && vector != static_cast<u8>(Vector::kDebug) &&
                        vector != static_cast<u8>(Vector::kMachineCheck);
    if (enable) irq_enable();
    on_exception(frame, vector, error, address);
    irq_disable();
}

void syscall32(TrapFrame& frame) {
    frame.orig_rax = frame.rax;
    irq_enable();
    on_syscall32(frame);
    irq_disable();
}

}  // namespace

// Stack has the frame; interrupts off. Before IRETQ or SYSRET nothing may be pending.
extern "C" void exit_to_user(TrapFrame& frame) {
    ThreadArch& thread = *current();
    u32 work = thread.user_work.load(std::memory_order_relaxed);
    while ((work & (kUpperWork | kWorkResched)) != 0 || need_resched()) {
        if ((work & kUpperWork) != 0 || need_resched()) on_return_to_user(frame);
        if (!need_resched()) thread.user_work.fetch_and(~kWorkResched, std::memory_order_relaxed);
        work = thread.user_work.load(std::memory_order_relaxed);
    }
    if (work & kWorkFpu) fpu_load_for_user(thread);
    if (work & kWorkFrame) thread.user_work.fetch_and(~kWorkFrame, std::memory_order_relaxed);
}

extern "C" void trap_dispatch(TrapFrame& frame, u64 vector_number) {
    const u8 vector = static_cast<u8>(vector_number);
    if (vector == kSyscall32Vector) {
        syscall32(frame);
    } else if (vector >= kFirstDeviceVector) {
        frame.orig_rax = ~0ull;
        interrupt(frame, vector);
    } else if (vector == static_cast<u8>(Vector::kNmi)) {
        frame.orig_rax = ~0ull;
        interrupt(frame, vector);
        return;  // NMIs stay blocked until IRETQ: no work that could switch threads before it
    } else {
        exception(frame, vector);
    }
    if (frame.from_user()) {
        exit_to_user(frame);
    } else if (raw_preempt_count() == 0 && frame.interrupts_enabled()) {
        on_preempt();
    }
}

// On an interrupt stack, from kernel code at any instruction: no preemption, no enabling of interrupts.
extern "C" void trap_paranoid(TrapFrame& frame, u64 vector_number) {
    const u8 vector = static_cast<u8>(vector_number);
    const u64 error = frame.orig_rax;
    frame.orig_rax = ~0ull;
    asm volatile("incl %%gs:36; incl %%gs:48" ::: "memory", "cc");
    if (vector == static_cast<u8>(Vector::kNmi)) {
        on_interrupt(frame, vector);
    } else {
        on_exception(frame, vector, error, 0);
    }
    asm volatile("decl %%gs:48; decl %%gs:36" ::: "memory", "cc");
}

void preempt_now() {
    // With interrupts off the wish stays noted and is seen by the next interrupt or preempt_enable.
    if (!irq_enabled()) return;
    do {
        irq_disable();
        on_preempt();
        irq_enable();
    } while (raw_preempt_count() == 0);
}

void set_need_resched() {
    CpuLocal& local = cpu();
    local.need_resched.store(1, std::memory_order_relaxed);
    asm volatile("andl %0, %%gs:36" : : "i"(0x7fffffff) : "memory", "cc");
    local.current->user_work.fetch_or(kWorkResched, std::memory_order_relaxed);
}

void set_need_resched_remote(CpuLocal& other) { other.need_resched.store(1, std::memory_order_release); }

void clear_need_resched() {
    CpuLocal& local = cpu();
    local.need_resched.store(0, std::memory_order_relaxed);
    asm volatile("orl %0, %%gs:36" : : "i"(kNoReschedBit) : "memory", "cc");
    local.current->user_work.fetch_and(~kWorkResched, std::memory_order_relaxed);
}

void frame_changed() { current()->user_work.fetch_or(kWorkFrame, std::memory_order_relaxed); }

bool fix_exception(TrapFrame& frame) {
    for (const ExceptionTableEntry* e = extable_start; e < extable_end; ++e) {
        if (reinterpret_cast<u64>(&e->fault) + static_cast<u64>(i64{e->fault}) == frame.rip) {
            frame.rip = reinterpret_cast<u64>(&e->fixup) + static_cast<u64>(i64{e->fixup});
            return true;
        }
    }
    return false;
}

const char* vector_name(u8 vector) {
    static constexpr const char* kNames[] = {"divide error",
                                             "debug",
                                             "NMI",
                                             "breakpoint",
                                             "overflow",
                                             "bound range exceeded",
                                             "invalid opcode",
                                             "device not available",
                                             "double fault",
                                             "coprocessor segment overrun",
                                             "invalid TSS",
                                             "segment not present",
                                             "stack fault",
                                             "general protection fault",
                                             "page fault",
                                             "reserved",
                                             "x87 floating-point error",
                                             "alignment check",
                                             "machine check",
                                             "SIMD floating-point error",
                                             "virtualisation exception",
                                             "control-protection fault"};
    return vector < sizeof(kNames) / sizeof(kNames[0]) ? kNames[vector] : "interrupt";
}

}  // namespace arch
