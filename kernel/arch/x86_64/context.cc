// Switching threads, and the first stacks of new ones.
// Callers: see context.h.
// Locks, context: see context.h.
#include "arch/context.h"

#include <cstring>

#include "arch/cpu.h"
#include "arch/descriptors.h"
#include "arch/report.h"

#pragma GCC visibility push(hidden)
extern "C" {
arch::ThreadArch* switch_stacks(u64* save, u64 next, arch::ThreadArch* previous);
void thread_begin_kernel();
void thread_begin_user();
[[noreturn]] void enter_user_frame(const arch::TrapFrame* frame, arch::TrapFrame* top);
}
#pragma GCC visibility pop

namespace arch {

extern Features cpu_features;

namespace {

// What switch_stacks pops.
struct SwitchFrame {
    u64 r15, r14, r13, r12, rbx, rbp, rip;
};

// The user's GS base waits in the other register while the kernel runs; interrupts are off between the swaps,
// and those that cannot be off find the kernel's base by themselves.
u64 read_inactive_gs() {
    u64 base;
    asm volatile("swapgs; rdgsbase %0; swapgs" : "=r"(base));
    return base;
}
void write_inactive_gs(u64 base) { asm volatile("swapgs; wrgsbase %0; swapgs" : : "r"(base) : "memory"); }

void save_bases(ThreadArch& thread) {
    if (!cpu_features.fsgsbase) return;  // then only arch_prctl changes them, which goes by write_user_*
    asm volatile("rdfsbase %0" : "=r"(thread.fs_base));
    thread.gs_base = read_inactive_gs();
}
void load_bases(const ThreadArch& thread) {
    if (cpu_features.fsgsbase) {
        asm volatile("wrfsbase %0" : : "r"(thread.fs_base));
        write_inactive_gs(thread.gs_base);
    } else {
        wrmsr(msr::kFsBase, thread.fs_base);
        wrmsr(msr::kKernelGsBase, thread.gs_base);
    }
}

void set_stack_top(CpuLocal& local, u64 top) {
    local.kernel_stack_top = top;
    local.tss->rsp[0] = top;
}

}  // namespace

namespace {

void load_debug(const DebugRegisters* debug) {
    write_dr7(0);
    if (debug == nullptr) return;
    write_dr0(debug->address[0]);
    write_dr1(debug->address[1]);
    write_dr2(debug->address[2]);
    write_dr3(debug->address[3]);
    write_dr7(debug->control);
}

}  // namespace

void load_debug_registers() {
    const u64 flags = irq_save();
    load_debug(current()->debug);
    irq_restore(flags);
}

u64 take_debug_status() {
    const u64 status = read_dr6();
    write_dr6(0xffff0ff0);
    return status;
}

ThreadArch* switch_to(ThreadArch& prev, ThreadArch& next) {
    const bool keys = cpu_features.protection_keys;
    if (prev.debug != next.debug) [[unlikely]]
        load_debug(next.debug);
    if (prev.fpu != nullptr) {
        fpu_switch_out(prev);
        save_bases(prev);
        if (keys) prev.pkru = read_pkru();
    }
    CpuLocal& local = cpu();
    set_stack_top(local, next.stack_top);
    if (next.fpu != nullptr) {
        fpu_switch_in(next);
        load_bases(next);
        // Now, not at the return to user mode: the kernel's own accesses to user memory obey it.
        if (keys && read_pkru() != next.pkru) write_pkru(next.pkru);
    }
    local.current = &next;
    return switch_stacks(&prev.kernel_sp, next.kernel_sp, &prev);
}

void prepare_kernel_thread(ThreadArch& thread, u64 stack_top, void (*entry)(void*), void* argument) {
    thread.stack_top = stack_top;
    u64 at = stack_top - 16;  // zeros that end backtraces
    std::memset(reinterpret_cast<void*>(at), 0, 16);
    at -= sizeof(SwitchFrame);
    *reinterpret_cast<SwitchFrame*>(at) = {.r15 = 0,
                                           .r14 = 0,
                                           .r13 = reinterpret_cast<u64>(argument),
                                           .r12 = reinterpret_cast<u64>(entry),
                                           .rbx = 0,
                                           .rbp = 0,
                                           .rip = reinterpret_cast<u64>(&thread_begin_kernel)};
    thread.kernel_sp = at;
}

void prepare_user_thread(ThreadArch& thread, u64 stack_top, const TrapFrame& frame) {
    thread.stack_top = stack_top;
    user_frame(thread) = frame;
    const u64 at = stack_top - sizeof(TrapFrame) - 8 - sizeof(SwitchFrame);
    *reinterpret_cast<SwitchFrame*>(at) = {
        .r15 = 0, .r14 = 0, .r13 = 0, .r12 = 0, .rbx = 0, .rbp = 0, .rip = reinterpret_cast<u64>(&thread_begin_user)};
    thread.kernel_sp = at;
    fpu_invalidate(thread);
}

usize saved_call_chain(const ThreadArch& thread, u64 stack_base, std::span<u64> addresses) {
    const auto holds = [&](u64 at, usize size) {
        return at % alignof(u64) == 0 && at >= stack_base && at <= thread.stack_top - size;
    };
    if (addresses.empty() || !holds(thread.kernel_sp, sizeof(SwitchFrame))) return 0;
    const auto& saved = *reinterpret_cast<const SwitchFrame*>(thread.kernel_sp);
    addresses.front() = saved.rip;
    return 1 + walk_stack(saved.rbp, addresses.subspan(1), holds);
}

void enter_user_mode(const TrapFrame& frame) {
    ThreadArch& thread = *current();
    irq_disable();
    thread.user_work.fetch_or(kWorkFrame, std::memory_order_relaxed);
    enter_user_frame(&frame, &user_frame(thread));
}

TrapFrame fresh_user_frame(UserAddr rip, UserAddr rsp) {
    TrapFrame frame{};
    frame.orig_rax = ~0ull;
    frame.rip = rip.value;
    frame.rsp = rsp.value;
    frame.cs = kUserCode;
    frame.ss = kUserData;
    frame.rflags = rflags::kInterrupt | rflags::kFixed;
    return frame;
}

u64 read_user_fs_base() {
    if (!cpu_features.fsgsbase) return current()->fs_base;
    u64 base;
    asm volatile("rdfsbase %0" : "=r"(base));
    return base;
}
u64 read_user_gs_base() {
    if (!cpu_features.fsgsbase) return current()->gs_base;
    const u64 flags = irq_save();
    const u64 base = read_inactive_gs();
    irq_restore(flags);
    return base;
}
void write_user_fs_base(u64 base) {
    const u64 flags = irq_save();
    current()->fs_base = base;
    wrmsr(msr::kFsBase, base);
    irq_restore(flags);
}
void write_user_gs_base(u64 base) {
    const u64 flags = irq_save();
    current()->gs_base = base;
    wrmsr(msr::kKernelGsBase, base);
    irq_restore(flags);
}

void sync_user_state() {
    const u64 flags = irq_save();
    save_bases(*current());
    if (cpu_features.protection_keys) current()->pkru = read_pkru();
    irq_restore(flags);
    fpu_sync_current();
}

void adopt_boot_context(ThreadArch& thread, u64 stack_top) {
    CpuLocal& local = cpu();
    thread.stack_top = stack_top;
    local.current = &thread;
    set_stack_top(local, stack_top);
}

}  // namespace arch
