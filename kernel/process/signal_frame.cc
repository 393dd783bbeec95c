// The signal frame of x86-64, as Linux's arch/x86/kernel/{signal,fpu/signal}.c lays it out:
//   stack top … [128 bytes red zone] [FPU state, 64-aligned, then FP_XSTATE_MAGIC2] [rt_sigframe, 16n - 8]
#include "arch/cpu.h"
#include "arch/fpu.h"
#include "arch/protection_keys.h"
#include "base/bytes.h"
#include "process/signal.h"
#include "process/signal_deliver.h"
#include "vm/user_memory.h"

namespace process {

namespace {

constexpr u64 kRedZone = 128;

bool lies_on(const abi::stack_t& stack, u64 stack_pointer) {
    return stack_pointer > stack.ss_sp && stack_pointer - stack.ss_sp <= stack.ss_size;
}

struct FramePlace {
    u64 frame = 0;
    u64 fpu = 0;
};

// Where frame and FPU state go; a null frame when the alternate stack is too small.
FramePlace place_frame(const Task& self, const arch::TrapFrame& regs, u64 flags) {
    const abi::stack_t& alternate = self.signals.alternate;
    u64 sp = regs.rsp - kRedZone;
    bool on_alternate = lies_on(alternate, sp);
    if ((flags & static_cast<u64>(abi::SA_ONSTACK)) != 0 && !on_alternate_stack(self, regs.rsp) &&
        alternate.ss_size != 0) {
        sp = alternate.ss_sp + alternate.ss_size;
        on_alternate = true;
    }
    const bool xsave = arch::fpu_features() != 0;
    FramePlace place;
    place.fpu = align_down<u64>(sp - arch::fpu_state_size() - (xsave ? abi::FP_XSTATE_MAGIC2_SIZE : 0), 64);
    place.frame = align_down<u64>(place.fpu - sizeof(abi::rt_sigframe), 16) - 8;
    if (on_alternate && !lies_on(alternate, place.frame)) place.frame = 0;
    return place;
}

abi::sigcontext context_of(const Task& self, const arch::TrapFrame& r, SignalSet mask, u64 fpu) {
    abi::sigcontext c{};
    c.r8 = r.r8, c.r9 = r.r9, c.r10 = r.r10, c.r11 = r.r11, c.r12 = r.r12, c.r13 = r.r13, c.r14 = r.r14, c.r15 = r.r15;
    c.rdi = r.rdi, c.rsi = r.rsi, c.rbp = r.rbp, c.rbx = r.rbx, c.rdx = r.rdx, c.rax = r.rax, c.rcx = r.rcx;
    c.rsp = r.rsp, c.rip = r.rip, c.eflags = r.rflags;
    c.cs = static_cast<u16>(r.cs), c.ss = static_cast<u16>(r.ss);
    c.err = self.fault.error, c.trapno = self.fault.vector, c.cr2 = self.fault.address;
    c.oldmask = mask.bits;
    c.fpstate = fpu;
    return c;
}

// Handlers may change x87 and SSE registers in the frame without knowing the XSAVE header: both count as present,
// and what the CPU left out because it was in its initial state is filled in (Linux: save_xstate_epilog()).
void complete_legacy_state(arch::FpuState& state) {
    constexpr u64 kX87 = 1, kSse = 2;
    const std::span<u8> bytes = arch::fpu_bytes(state);
    if ((state.xstate_bv & kX87) == 0) {
        base::fill(bytes.first(offsetof(abi::fpstate, mxcsr)), 0);
        base::fill(bytes.subspan(offsetof(abi::fpstate, st_space), sizeof(abi::fpstate::st_space)), 0);
        const u16 control = 0x37f;  // FNINIT's
        base::copy(bytes, base::bytes_of(control));
    }
    if ((state.xstate_bv & kSse) == 0) {
        base::fill(bytes.subspan(offsetof(abi::fpstate, xmm_space), sizeof(abi::fpstate::xmm_space)), 0);
    }
    state.xstate_bv |= kX87 | kSse;
}

// The state, with the marks that tell user space (and sigreturn) how much of it is XSAVE's.
Result<void> store_fpu(Task& self, u64 to) {
    arch::fpu_sync_current();
    const std::span<u8> state = arch::fpu_bytes(*self.fpu);
    const u64 features = arch::fpu_features();
    if (features != 0) complete_legacy_state(*self.fpu);
    const vm::UserSpan user{UserAddr(to), state.size() + abi::FP_XSTATE_MAGIC2_SIZE};
    TRY(user.copy_out(state));
    abi::fpx_sw_bytes marks{};
    if (features != 0) {
        marks.magic1 = abi::FP_XSTATE_MAGIC1;
        marks.extended_size = static_cast<u32>(state.size() + abi::FP_XSTATE_MAGIC2_SIZE);
        marks.xfeatures = features;
        marks.xstate_size = static_cast<u32>(state.size());
        const u32 magic2 = abi::FP_XSTATE_MAGIC2;
        TRY(user.copy_out(base::bytes_of(magic2), state.size()));
    }
    if (arch::features().protection_keys) marks.pkru = arch::read_pkru();
    return user.copy_out(base::bytes_of(marks), offsetof(abi::fpstate, sw_reserved));
}

// The keys of a program that never used any are as they were.
void load_pkru(u32 value) {
    if (arch::features().protection_keys && arch::read_pkru() != value) arch::write_pkru(value);
}

// Handlers start with a fresh FPU (Linux: fpu__clear_user_states).
void reset_fpu(Task& self) {
    arch::fpu_reload_current();
    arch::fpu_restart_state(*self.fpu);
    load_pkru(arch::kPkruInitial);
}

void point_to_handler(arch::TrapFrame& r, const Delivery& delivery, u64 frame) {
    r.rdi = static_cast<u64>(delivery.info.signo);
    r.rsi = frame + offsetof(abi::rt_sigframe, info);
    r.rdx = frame + offsetof(abi::rt_sigframe, uc);
    r.rax = 0;
    r.rip = delivery.action.sa_handler;
    r.rsp = frame;
    r.cs = arch::kUserCode;
    r.ss = arch::kUserData;
    r.rflags &= ~(arch::rflags::kDirection | arch::rflags::kResume | arch::rflags::kTrap);
    arch::frame_changed();
}

}  // namespace

bool on_alternate_stack(const Task& task, u64 stack_pointer) {
    // A stack that disarms itself is never "in use": the handler may switch away from it.
    if ((static_cast<u32>(task.signals.alternate.ss_flags) & abi::SS_AUTODISARM) != 0) return false;
    return lies_on(task.signals.alternate, stack_pointer);
}

bool build_signal_frame(Task& self, arch::TrapFrame& regs, const Delivery& delivery, SignalSet mask) {
    const u64 flags = delivery.action.sa_flags;
    if ((flags & static_cast<u64>(abi::SA_RESTORER)) == 0) return false;
    const FramePlace place = place_frame(self, regs, flags);
    if (place.frame == 0 || place.frame >= kUserLimit) return false;
    if (!store_fpu(self, place.fpu).ok()) return false;

    abi::rt_sigframe frame{};
    frame.pretcode = delivery.action.sa_restorer;
    frame.uc.uc_flags = static_cast<u64>((arch::fpu_features() != 0 ? abi::UC_FP_XSTATE : 0) | abi::UC_SIGCONTEXT_SS |
                                         abi::UC_STRICT_RESTORE_SS);
    frame.uc.uc_stack = self.signals.alternate;
    frame.uc.uc_mcontext = context_of(self, regs, mask, place.fpu);
    frame.uc.uc_sigmask = mask.bits;
    const bool with_info = (flags & static_cast<u64>(abi::SA_SIGINFO)) != 0;
    if (with_info) frame.info = delivery.info.to_abi();
    const std::span<const u8> bytes = base::bytes_of(frame);
    const vm::UserSpan user{UserAddr(place.frame), sizeof(frame)};
    if (!user.copy_out(with_info ? bytes : bytes.first(offsetof(abi::rt_sigframe, info))).ok()) return false;

    if ((static_cast<u32>(self.signals.alternate.ss_flags) & abi::SS_AUTODISARM) != 0) {
        self.signals.alternate = {0, abi::SS_DISABLE, 0, 0};
    }
    point_to_handler(regs, delivery, place.frame);
    reset_fpu(self);
    return true;
}

namespace {

void restore_registers(arch::TrapFrame& r, const abi::sigcontext& c, bool strict_ss) {
    r.r8 = c.r8, r.r9 = c.r9, r.r10 = c.r10, r.r11 = c.r11, r.r12 = c.r12, r.r13 = c.r13, r.r14 = c.r14, r.r15 = c.r15;
    r.rdi = c.rdi, r.rsi = c.rsi, r.rbp = c.rbp, r.rbx = c.rbx, r.rdx = c.rdx, r.rax = c.rax, r.rcx = c.rcx;
    r.rsp = c.rsp, r.rip = c.rip;
    // Only selectors of user space: what IRETQ would refuse must not get here.
    r.cs = c.cs == arch::kUserCode32 ? arch::kUserCode32 : arch::kUserCode;
    r.ss = arch::kUserData;
    (void)strict_ss;
    r.rflags = (r.rflags & ~arch::rflags::kUserSettable) | (c.eflags & arch::rflags::kUserSettable);
    r.orig_rax = ~u64{0};
    arch::frame_changed();
}

// How much of the state at `from` is valid: all when XSAVE's marks are whole, else FXSAVE's part.
usize valid_fpu_bytes(const abi::fpx_sw_bytes& marks, u64 from, usize size) {
    constexpr usize kLegacy = sizeof(abi::fpstate);
    if (arch::fpu_features() == 0 || marks.magic1 != abi::FP_XSTATE_MAGIC1) return kLegacy;
    if (marks.xstate_size < sizeof(arch::FpuState) || marks.xstate_size > size ||
        marks.xstate_size > marks.extended_size) {
        return kLegacy;
    }
    auto magic2 = vm::UserIn<u32>(UserAddr(from + marks.xstate_size)).fetch();
    return magic2.ok() && magic2.value() == static_cast<u32>(abi::FP_XSTATE_MAGIC2) ? marks.xstate_size : kLegacy;
}

bool restore_fpu(Task& self, u64 from) {
    if (from == 0) {
        reset_fpu(self);
        return true;
    }
    const std::span<u8> state = arch::fpu_bytes(*self.fpu);
    auto marks = vm::UserIn<abi::fpx_sw_bytes>(UserAddr(from + offsetof(abi::fpstate, sw_reserved))).fetch();
    if (!marks.ok()) return false;
    const usize valid = valid_fpu_bytes(marks.value(), from, state.size());
    // First: from here on a switch does not save live registers over what is put here.
    arch::fpu_reload_current();
    if (valid != state.size()) arch::fpu_init_state(*self.fpu);
    const bool copied = vm::UserSpan{UserAddr(from), valid}.copy_in(state.first(valid)).ok();
    if (!copied) arch::fpu_init_state(*self.fpu);
    if (valid == sizeof(abi::fpstate)) self.fpu->xstate_bv = 3;  // x87 and SSE are what FXSAVE holds
    arch::fpu_sanitise(*self.fpu);
    load_pkru(valid == state.size() ? marks.value().pkru : arch::kPkruInitial);
    return copied;
}

}  // namespace

bool restore_signal_frame(Task& self, arch::TrapFrame& regs) {
    // The handler's RET took pretcode off the stack.
    const u64 at = regs.rsp - sizeof(u64);
    auto context = vm::UserIn<abi::ucontext>(UserAddr(at + offsetof(abi::rt_sigframe, uc))).fetch();
    if (!context.ok()) return false;
    const abi::ucontext& uc = context.value();
    if (uc.uc_mcontext.rip >= kUserLimit) {
        // SYSRET and IRETQ must not see it: as a fault of the program.
        return false;
    }
    set_blocked(self, SignalSet(uc.uc_sigmask));
    if (!restore_fpu(self, uc.uc_mcontext.fpstate)) return false;
    restore_registers(regs, uc.uc_mcontext, (uc.uc_flags & static_cast<u64>(abi::UC_STRICT_RESTORE_SS)) != 0);
    // As sigaltstack(2) would set it, errors ignored.
    const u32 mode = static_cast<u32>(uc.uc_stack.ss_flags) & ~abi::SS_AUTODISARM;
    if (!on_alternate_stack(self, regs.rsp) && mode <= static_cast<u32>(abi::SS_DISABLE)) {
        self.signals.alternate = uc.uc_stack;
        self.signals.alternate.pad0 = 0;
        if (mode == static_cast<u32>(abi::SS_DISABLE))
            self.signals.alternate.ss_sp = self.signals.alternate.ss_size = 0;
    }
    return true;
}

}  // namespace process
