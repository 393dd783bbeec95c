// fork, vfork, clone, clone3.
#include "process/clone.h"

#include "abi/linux/sched.h"
#include "linux/versioned.h"

namespace linux_abi {
namespace {

constexpr u64 kSignalMask = abi::CSIGNAL;

Result<abi::clone_args> fetch_arguments(UserAddr from, usize size) {
    if (size < abi::CLONE_ARGS_SIZE_VER0) return Errno::kINVAL;
    if (size > kPageSize) return Errno::k2BIG;
    return fetch_versioned<abi::clone_args>(from, size);
}

// Linux: clone3_args_valid(), clone3_stack_valid().
Result<void> check_arguments(const abi::clone_args& args) {
    constexpr u64 kAll = 0xffffffff | abi::CLONE_CLEAR_SIGHAND;
    if ((args.flags & ~kAll) != 0) return Errno::kINVAL;
    if ((args.flags &
         (static_cast<u64>(abi::CLONE_DETACHED) | (kSignalMask & ~static_cast<u64>(abi::CLONE_NEWTIME)))) != 0) {
        return Errno::kINVAL;
    }
    if ((args.exit_signal & ~kSignalMask) != 0 || args.exit_signal > static_cast<u64>(abi::_NSIG)) return Errno::kINVAL;
    constexpr u64 kNoSignal = abi::CLONE_THREAD | abi::CLONE_PARENT;
    if ((args.flags & kNoSignal) != 0 && args.exit_signal != 0) return Errno::kINVAL;
    if ((args.stack == 0) != (args.stack_size == 0)) return Errno::kINVAL;
    if (args.stack >= kUserLimit || args.stack_size > kUserLimit - args.stack) return Errno::kINVAL;
    if (args.set_tid_size > 32 || (args.set_tid == 0) != (args.set_tid_size == 0)) return Errno::kINVAL;
    return {};
}

}  // namespace

Result<i64> sys_fork(Ctx& ctx) { return process::clone(ctx, {.exit_signal = abi::SIGCHLD}); }

Result<i64> sys_vfork(Ctx& ctx) {
    return process::clone(ctx,
                          {.flags = static_cast<u64>(abi::CLONE_VFORK | abi::CLONE_VM), .exit_signal = abi::SIGCHLD});
}

Result<i64> sys_clone(Ctx& ctx, u64 clone_flags, UserAddr newsp, UserAddr parent_tidptr, UserAddr child_tidptr,
                      u64 tls) {
    const u64 flags = clone_flags & 0xffffffff & ~kSignalMask;
    // Both come in the same argument.
    constexpr u64 kBoth = abi::CLONE_PIDFD | abi::CLONE_PARENT_SETTID;
    if ((flags & kBoth) == kBoth) return Errno::kINVAL;
    return process::clone(ctx, {.flags = flags,
                                .exit_signal = static_cast<int>(clone_flags & kSignalMask),
                                .stack = newsp,
                                .tls = tls,
                                .parent_tid = parent_tidptr,
                                .child_tid = child_tidptr,
                                .pidfd = parent_tidptr});
}

Result<i64> sys_clone3(Ctx& ctx, UserAddr uargs, usize size) {
    const abi::clone_args args = TRY(fetch_arguments(uargs, size));
    TRY(check_arguments(args));
    std::array<i32, 1> number{};
    if (args.set_tid_size > 1) return Errno::kINVAL;  // one level of pid namespaces
    if (args.set_tid_size == 1) number[0] = TRY(vm::UserIn<i32>(UserAddr(args.set_tid)).fetch());
    return process::clone(ctx, {.flags = args.flags,
                                .exit_signal = static_cast<int>(args.exit_signal),
                                .stack = UserAddr(args.stack == 0 ? 0 : args.stack + args.stack_size),
                                .tls = args.tls,
                                .parent_tid = UserAddr(args.parent_tid),
                                .child_tid = UserAddr(args.child_tid),
                                .pidfd = UserAddr(args.pidfd),
                                .set_tid = std::span(number).first(args.set_tid_size)});
}

}  // namespace linux_abi
