// Linux: arch/x86/kernel/ptrace.c, arch/x86/kernel/fpu/regset.c, hw_breakpoint.c.
#include "process/trace_registers.h"

#include <bit>

#include "arch/context.h"
#include "arch/page_table.h"
#include "base/bytes.h"
#include "base/heap.h"
#include "base/own.h"

namespace process {

namespace {

using Words = std::array<u64, kRegisterCount>;
constexpr usize index_of(usize offset) { return offset / sizeof(u64); }
#define REGISTER(name) index_of(offsetof(abi::user_regs_struct, name))

abi::user_regs_struct registers_of(const arch::TrapFrame& f, u64 fs_base, u64 gs_base) {
    return {.r15 = f.r15,
            .r14 = f.r14,
            .r13 = f.r13,
            .r12 = f.r12,
            .rbp = f.rbp,
            .rbx = f.rbx,
            .r11 = f.r11,
            .r10 = f.r10,
            .r9 = f.r9,
            .r8 = f.r8,
            .rax = f.rax,
            .rcx = f.rcx,
            .rdx = f.rdx,
            .rsi = f.rsi,
            .rdi = f.rdi,
            .orig_rax = f.orig_rax,
            .rip = f.rip,
            .cs = f.cs,
            .eflags = f.rflags,
            .rsp = f.rsp,
            .ss = f.ss,
            .fs_base = fs_base,
            .gs_base = gs_base,
            .ds = 0,
            .es = 0,
            .fs = 0,
            .gs = 0};
}

// What a register may be, in TrapFrame's order, which is user_regs_struct's up to ss.
Result<void> set_flags(Task& task, arch::TrapFrame& frame, u64 value) {
    // A trap flag that the tracer writes is the program's own from now on.
    if ((value & arch::rflags::kTrap) != 0) {
        task.tracing.forced_trap_flag = false;
    } else if (task.tracing.forced_trap_flag) {
        value |= arch::rflags::kTrap;
    }
    frame.rflags = (frame.rflags & ~arch::rflags::kUserSettable) | (value & arch::rflags::kUserSettable);
    return {};
}

Result<void> set_base(u64& base, u64 value) {
    if (!arch::is_user_address(value)) return Errno::kIO;
    base = value;
    return {};
}

}  // namespace

abi::user_regs_struct tracee_registers(const Task& task) {
    abi::user_regs_struct r = registers_of(arch::user_frame(task), task.tracing.fs_base, task.tracing.gs_base);
    if (task.tracing.forced_trap_flag) r.eflags &= ~arch::rflags::kTrap;
    return r;
}

abi::user_regs_struct own_registers(const Task& task) {
    return registers_of(arch::user_frame(task), arch::read_user_fs_base(), arch::read_user_gs_base());
}

Result<void> set_tracee_register(Task& task, usize index, u64 value) {
    arch::TrapFrame& frame = arch::user_frame(task);
    switch (index) {
        case REGISTER(eflags): return set_flags(task, frame, value);
        case REGISTER(fs_base): return set_base(task.tracing.fs_base, value);
        case REGISTER(gs_base): return set_base(task.tracing.gs_base, value);
        case REGISTER(cs): return (value & 0xffff) == arch::kUserCode ? Result<void>() : Errno::kIO;
        case REGISTER(ss): return (value & 0xffff) == arch::kUserData ? Result<void>() : Errno::kIO;
        case REGISTER(ds):
        case REGISTER(es):
        case REGISTER(fs):
        case REGISTER(gs):
            // Selectors mean nothing in 64-bit programs beside the bases; they stay 0.
            return (value & 0xffff) == 0 || (value & 3) == 3 ? Result<void>() : Errno::kIO;
        default: break;
    }
    Words words = std::bit_cast<Words>(registers_of(frame, 0, 0));
    words[index] = value;
    const auto r = std::bit_cast<abi::user_regs_struct>(words);
    frame = {.r15 = r.r15,
             .r14 = r.r14,
             .r13 = r.r13,
             .r12 = r.r12,
             .rbp = r.rbp,
             .rbx = r.rbx,
             .r11 = r.r11,
             .r10 = r.r10,
             .r9 = r.r9,
             .r8 = r.r8,
             .rax = r.rax,
             .rcx = r.rcx,
             .rdx = r.rdx,
             .rsi = r.rsi,
             .rdi = r.rdi,
             .orig_rax = r.orig_rax,
             .rip = r.rip,
             .cs = frame.cs,
             .rflags = frame.rflags,
             .rsp = r.rsp,
             .ss = frame.ss};
    return {};
}

namespace {
constexpr usize kSoftwareBytes = 464;  // where Linux tells XCR0 (struct xstate header's user software bytes)
constexpr usize kHeader = kLegacyFpuSize;
constexpr u64 kLegacyComponents = 3;
}  // namespace

std::span<const u8> tracee_fpu(Task& task) {
    arch::fpu_fill_initial(*task.fpu);
    const std::span<u8> state = arch::fpu_bytes(*task.fpu);
    const u64 features = arch::fpu_features();
    base::copy(state.subspan(kSoftwareBytes), base::bytes_of(features));
    return state;
}

Result<void> set_tracee_legacy_fpu(Task& task, std::span<const u8> bytes) {
    const u32 control = base::read_at<u32>(bytes, offsetof(abi::fpstate, mxcsr)).value_or(0);
    if ((control & ~arch::fpu_mxcsr_mask()) != 0) return Errno::kINVAL;
    base::copy(arch::fpu_bytes(*task.fpu), bytes.first(kLegacyFpuSize));
    if (arch::fpu_features() != 0) task.fpu->xstate_bv |= kLegacyComponents;
    return {};
}

Result<void> set_tracee_fpu(Task& task, std::span<const u8> bytes) {
    const u64 present = base::read_at<u64>(bytes, kHeader).value_or(0);
    const u64 compacted = base::read_at<u64>(bytes, kHeader + sizeof(u64)).value_or(0);
    const u32 control = base::read_at<u32>(bytes, offsetof(abi::fpstate, mxcsr)).value_or(0);
    if ((present & ~arch::fpu_features()) != 0 || compacted != 0) return Errno::kINVAL;
    if ((control & ~arch::fpu_mxcsr_mask()) != 0) return Errno::kINVAL;
    base::copy(arch::fpu_bytes(*task.fpu), bytes);
    arch::fpu_sanitise(*task.fpu);
    return {};
}

u64 tracee_debug_register(const Task& task, usize index) {
    if (task.debug == nullptr) return 0;
    if (index < task.debug->address.size()) return task.debug->address[index];
    if (index == 6) return task.debug->status;
    return index == 7 ? task.debug->control : 0;
}

namespace {

// DR7: two enable bits, then 4 bits of kind and length for each breakpoint. Only local and global enables, and kinds
// that user mode can have: execution with length 1, writes, reads and writes (SDM volume 3, 17.2.4).
Result<u64> checked_control(u64 value) {
    constexpr u64 kFixed = 0x400, kExecute = 0, kPorts = 2;
    for (u32 i = 0; i < 4; i++) {
        if (((value >> (2 * i)) & 3) == 0) continue;
        const u64 kind = (value >> (16 + 4 * i)) & 3, length = (value >> (18 + 4 * i)) & 3;
        if (kind == kPorts || (kind == kExecute && length != 0)) return Errno::kINVAL;
    }
    return (value & 0xffff00ff) | kFixed;
}

Result<arch::DebugRegisters*> debug_of(Task& task) {
    if (task.debug == nullptr) {
        Own<arch::DebugRegisters> made = TRY(make_own<arch::DebugRegisters>());
        task.debug = made.release();
    }
    return task.debug;
}

}  // namespace

Result<void> set_tracee_debug_register(Task& task, usize index, u64 value) {
    if (index == 4 || index == 5 || index > 7) return Errno::kIO;
    if (index < 4 && !arch::is_user_address(value)) return Errno::kIO;
    if (index == 7) value = TRY(checked_control(value));
    arch::DebugRegisters* debug = TRY(debug_of(task));
    if (index < 4) debug->address[index] = value;
    if (index == 6) debug->status = value;
    if (index == 7) debug->control = value;
    return {};
}

}  // namespace process
