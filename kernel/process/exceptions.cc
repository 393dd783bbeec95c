// on_exception: faults of programs become signals, with Linux's codes (arch/x86/kernel/traps.c, mm/fault.c); faults of
// the kernel are looked up in the exception table or stop the machine with a report.
#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/fpu.h"
#include "arch/upcalls.h"
#include "base/bytes.h"
#include "log/log.h"
#include "memory/kernel_stack.h"
#include "process/exit.h"
#include "process/oom.h"
#include "process/signal.h"
#include "vm/address_space.h"

namespace {

using namespace process;
using Fault = arch::Vector;

// From the unmasked bits of the x87 status word or MXCSR.
int floating_point_code(u32 raised) {
    if ((raised & 0x01) != 0) return abi::FPE_FLTINV;
    if ((raised & 0x04) != 0) return abi::FPE_FLTDIV;
    if ((raised & 0x08) != 0) return abi::FPE_FLTOVF;
    if ((raised & 0x12) != 0) return abi::FPE_FLTUND;
    if ((raised & 0x20) != 0) return abi::FPE_FLTRES;
    return 0;
}

SignalInfo x87_or_simd(Task& self, const arch::TrapFrame& frame, bool simd) {
    arch::fpu_sync_current();
    const std::span<const u8> state = arch::fpu_bytes(*self.fpu);
    u32 raised;
    if (simd) {
        const u32 mxcsr = base::read_at<u32>(state, offsetof(abi::fpstate, mxcsr)).value_or(0);
        raised = ~(mxcsr >> 7) & mxcsr & 0x3f;
    } else {
        const u16 control = base::read_at<u16>(state, offsetof(abi::fpstate, cwd)).value_or(0);
        const u16 status = base::read_at<u16>(state, offsetof(abi::fpstate, swd)).value_or(0);
        raised = static_cast<u32>(status & ~control) & 0x3f;
    }
    return SignalInfo::fault(abi::SIGFPE, floating_point_code(raised), frame.rip);
}

// Single steps and hardware breakpoints (Linux: exc_debug_user, get_si_code). Interrupts are still off.
SignalInfo debug_signal(Task& self, const arch::TrapFrame& frame) {
    constexpr u64 kBreakpoints = 0xf, kStep = 1 << 14;
    const u64 status = arch::take_debug_status();
    if (self.debug != nullptr) self.debug->status = status & (kBreakpoints | kStep);
    int code = abi::TRAP_BRKPT;
    if ((status & kBreakpoints) != 0) code = abi::TRAP_HWBKPT;
    if ((status & kStep) != 0) code = abi::TRAP_TRACE;
    return SignalInfo::fault(abi::SIGTRAP, code, frame.rip);
}

SignalInfo signal_for(Task& self, const arch::TrapFrame& frame, Fault vector) {
    switch (vector) {
        case Fault::kDivide: return SignalInfo::fault(abi::SIGFPE, abi::FPE_INTDIV, frame.rip);
        case Fault::kDebug: return debug_signal(self, frame);
        case Fault::kBreakpoint: return SignalInfo::kernel(abi::SIGTRAP);
        case Fault::kInvalidOpcode: return SignalInfo::fault(abi::SIGILL, abi::ILL_ILLOPN, frame.rip);
        case Fault::kSegmentNotPresent:
        case Fault::kStackSegment: return SignalInfo::kernel(abi::SIGBUS);
        case Fault::kFpu: return x87_or_simd(self, frame, false);
        case Fault::kSimd: return x87_or_simd(self, frame, true);
        case Fault::kAlignment: return SignalInfo::fault(abi::SIGBUS, abi::BUS_ADRALN, 0);
        default: return SignalInfo::kernel(abi::SIGSEGV);
    }
}

void user_exception(Task& self, const arch::TrapFrame& frame, Fault vector, u64 error) {
    self.fault = {error, static_cast<u64>(vector), self.fault.address};
    force_signal(self, signal_for(self, frame, vector));
}

void user_page_fault(Task& self, vm::PageFaultOutcome outcome, u64 error, u64 address) {
    using vm::PageFaultOutcome;
    self.fault = {error | arch::fault::kUser, static_cast<u64>(Fault::kPageFault), address};
    switch (outcome) {
        case PageFaultOutcome::kSegvMapErr:
            force_signal(self, SignalInfo::fault(abi::SIGSEGV, abi::SEGV_MAPERR, address));
            return;
        case PageFaultOutcome::kSegvAccErr:
            force_signal(self, SignalInfo::fault(abi::SIGSEGV, abi::SEGV_ACCERR, address));
            return;
        case PageFaultOutcome::kSegvPkuErr: {
            vm::MappingInfo mapping{};
            self.address_space().find(UserAddr(address), mapping);
            force_signal(self, SignalInfo::key_fault(address, mapping.key));
            return;
        }
        case PageFaultOutcome::kSigbus:
            force_signal(self, SignalInfo::fault(abi::SIGBUS, abi::BUS_ADRERR, address));
            return;
        case PageFaultOutcome::kOom:
            oom::wait_for_memory(self);  // and once more
            return;
        case PageFaultOutcome::kHandled:
        case PageFaultOutcome::kKernelBug: return;
    }
}

[[noreturn]] void kernel_exception(const arch::TrapFrame& frame, u8 vector, u64 error, u64 address) {
    const bool page_fault = vector == static_cast<u8>(Fault::kPageFault);
    std::string_view what = "unexpected exception in the kernel";
    if (vector == static_cast<u8>(Fault::kDoubleFault)) {
        what = memory::in_stack_guard(arch::read_cr2()) ? "kernel stack overflow" : "double fault";
    } else if (page_fault && address < kPageSize) {
        what = "null pointer in the kernel";
    } else if (page_fault) {
        what = "page fault in the kernel";
    }
    log::panic_text(what, &frame, vector, error, address);
}

}  // namespace

extern "C" void on_exception(arch::TrapFrame& frame, u8 vector, u64 error, u64 fault_addr) {
    const bool from_user = frame.from_user();
    if (vector == static_cast<u8>(Fault::kPageFault)) [[likely]] {
        const vm::PageFaultOutcome outcome = vm::on_page_fault(frame, error, fault_addr);
        if (outcome == vm::PageFaultOutcome::kHandled) [[likely]] {
            if (from_user) current().minor_faults++;
            return;
        }
        if (from_user && outcome != vm::PageFaultOutcome::kKernelBug) {
            user_page_fault(current(), outcome, error, fault_addr);
            return;
        }
        kernel_exception(frame, vector, error, fault_addr);
    }
    const bool machine =
        vector == static_cast<u8>(Fault::kDoubleFault) || vector == static_cast<u8>(Fault::kMachineCheck);
    if (from_user && !machine) {
        // Debug exceptions come with interrupts off; sending a signal does not mind.
        user_exception(current(), frame, static_cast<Fault>(vector), error);
        return;
    }
    if (vector == static_cast<u8>(Fault::kDebug)) {
        // The kernel has touched memory that a program watches: not that program's doing.
        (void)arch::take_debug_status();
        return;
    }
    if (!machine && arch::fix_exception(frame)) return;
    kernel_exception(frame, vector, error, fault_addr);
}
