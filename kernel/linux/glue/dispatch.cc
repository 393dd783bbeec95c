#include "linux/glue/dispatch.h"

#include "arch/upcalls.h"
#include "linux/glue/strace.h"

namespace linux_abi {

u64 call_absent(Ctx&) { return error(Errno::kNOSYS); }

namespace {

// A tracer is interested in the task's calls.
[[gnu::noinline, gnu::cold]] void run_traced(Ctx& ctx, u32 number) {
    StraceRecord record(ctx, number);
    ctx.frame.rax = number < kCallCount ? kHandlers[number](ctx) : error(Errno::kNOSYS);
    record.finish(ctx.frame.rax);
}

[[gnu::always_inline]] inline void run(arch::TrapFrame& frame, u32 number) {
    Ctx ctx{process::current(), frame};
    if (ctx.task.syscall_work.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        run_traced(ctx, number);
    } else if (number < kCallCount) [[likely]] {
        frame.rax = kHandlers[number](ctx);
    } else {
        frame.rax = error(Errno::kNOSYS);
    }
}

}  // namespace
}  // namespace linux_abi

// Only the low half of rax counts (arch/x86/entry/common.c, do_syscall_64).
extern "C" void on_syscall64(arch::TrapFrame& frame) { linux_abi::run(frame, static_cast<u32>(frame.orig_rax)); }

// int 0x80 from 64-bit code: i386's numbers, arguments in ebx ecx edx esi edi ebp. Serves the calls whose arguments
// mean the same in both; the others are absent.
extern "C" void on_syscall32(arch::TrapFrame& frame) {
    using namespace linux_abi;
    const u32 wanted = static_cast<u32>(frame.orig_rax);
    const CompatCall call = wanted < kCompatCalls.size() ? kCompatCalls[wanted] : CompatCall{};
    const arch::TrapFrame saved = frame;
    const auto argument = [&](u64 value, int index) {
        const bool is_signed = ((call.signed_arguments >> index) & 1) != 0;
        return is_signed ? static_cast<u64>(static_cast<i64>(static_cast<i32>(value))) : static_cast<u32>(value);
    };
    frame.rdi = argument(saved.rbx, 0);
    frame.rsi = argument(saved.rcx, 1);
    frame.rdx = argument(saved.rdx, 2);
    frame.r10 = argument(saved.rsi, 3);
    frame.r8 = argument(saved.rdi, 4);
    frame.r9 = argument(saved.rbp, 5);
    run(frame, call.number);
    frame.rdi = saved.rdi;
    frame.rsi = saved.rsi;
    frame.rdx = saved.rdx;
    frame.r10 = saved.r10;
    frame.r8 = saved.r8;
    frame.r9 = saved.r9;
}
