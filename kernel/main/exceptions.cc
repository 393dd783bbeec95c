// Exceptions: page faults to the memory floor, users' faults to their process as signals, the rest is a kernel bug.
#include "arch/cpu.h"
#include "arch/upcalls.h"
#include "log/log.h"
#include "memory/kernel_stack.h"

namespace {

[[noreturn]] void kernel_fault(arch::TrapFrame& frame, u8 vector, u64 error, u64 address) {
    const bool page_fault = vector == static_cast<u8>(arch::Vector::kPageFault);
    std::string_view what = "unexpected exception in the kernel";
    if (vector == static_cast<u8>(arch::Vector::kDoubleFault)) {
        what = memory::in_stack_guard(arch::read_cr2()) ? "kernel stack overflow" : "double fault";
    } else if (page_fault && address < kPageSize) {
        what = "null pointer in the kernel";
    } else if (page_fault) {
        what = "page fault in the kernel";
    }
    log::panic_text(what, &frame, vector, error, address);
}

}  // namespace

extern "C" void on_exception(arch::TrapFrame& frame, u8 vector, u64 error, u64 address) {
    if (!frame.from_user() && arch::fix_exception(frame)) return;
    kernel_fault(frame, vector, error, address);
}
