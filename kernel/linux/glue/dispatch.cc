#include "linux/glue/dispatch.h"

#include "abi/linux/ptrace.h"
#include "arch/upcalls.h"
#include "linux/glue/strace.h"
#include "process/trace.h"
#include "process/user_dispatch.h"

namespace linux_abi {

u64 call_absent(Ctx&) { return error(Errno::kNOSYS); }

namespace {

u64 call_handler(Ctx& ctx, u32 number) {
    StraceRecord record(ctx, number);
    const u64 result = number < kCallCount ? kHandlers[number](ctx) : error(Errno::kNOSYS);
    record.finish(result);
    return result;
}

// Tracers and filters see the call, and may change or refuse it. `make` makes it, with what then stands in the frame.
template <typename Make>
[[gnu::noinline, gnu::cold]] void run_observed(Ctx& ctx, u32 arch, Make make) {
    process::Task& task = ctx.task;
    ctx.frame.rax = error(Errno::kNOSYS);
    task.tracing.call_arch = arch;
    const bool dispatched = (task.syscall_work.load(std::memory_order_relaxed) & process::kSyscallDispatch) != 0;
    if (dispatched && !process::user_dispatch_admits(task, ctx.frame)) return;
    if (process::admit_call(task, ctx.frame)) {
        task.tracing.in_slow_call = true;
        // A tracer that sets the number to -1 has set the result too.
        const u32 number = static_cast<u32>(ctx.frame.orig_rax);
        if (number != ~0u) ctx.frame.rax = make(number);
        task.tracing.in_slow_call = false;
    }
    process::trace_call_exit(task, ctx.frame);
}

[[gnu::always_inline]] inline void run(arch::TrapFrame& frame, u32 number) {
    Ctx ctx{process::current(), frame};
    if (ctx.task.syscall_work.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        run_observed(ctx, abi::AUDIT_ARCH_X86_64, [&](u32 n) { return call_handler(ctx, n); });
    } else if (number < kCallCount) [[likely]] {
        frame.rax = kHandlers[number](ctx);
    } else {
        frame.rax = error(Errno::kNOSYS);
    }
}

// The call of i386's number, with its arguments where the 64-bit handlers look for them.
u64 run_compat(Ctx& ctx, u32 wanted) {
    arch::TrapFrame& frame = ctx.frame;
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
    const u64 result = call_handler(ctx, call.number);
    frame.rdi = saved.rdi;
    frame.rsi = saved.rsi;
    frame.rdx = saved.rdx;
    frame.r10 = saved.r10;
    frame.r8 = saved.r8;
    frame.r9 = saved.r9;
    return result;
}

}  // namespace
}  // namespace linux_abi

// Only the low half of rax counts (arch/x86/entry/common.c, do_syscall_64).
extern "C" void on_syscall64(arch::TrapFrame& frame) { linux_abi::run(frame, static_cast<u32>(frame.orig_rax)); }

// int 0x80 from 64-bit code: i386's numbers, arguments in ebx ecx edx esi edi ebp. Serves the calls whose arguments
// mean the same in both; the others are absent.
extern "C" void on_syscall32(arch::TrapFrame& frame) {
    linux_abi::Ctx ctx{process::current(), frame};
    if (ctx.task.syscall_work.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        linux_abi::run_observed(ctx, abi::AUDIT_ARCH_I386, [&](u32 n) { return linux_abi::run_compat(ctx, n); });
    } else {
        frame.rax = linux_abi::run_compat(ctx, static_cast<u32>(frame.orig_rax));
    }
}
