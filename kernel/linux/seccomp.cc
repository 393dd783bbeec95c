// seccomp(2), and prctl(PR_SET_SECCOMP).
#include "process/seccomp.h"

#include "abi/linux/prctl.h"
#include "generated/syscall_prototypes.h"
#include "linux/seccomp.h"

namespace linux_abi {
namespace {

constexpr u32 kTsync = 1, kLog = 2, kSpecAllow = 4, kTsyncEsrch = 16;

Result<i64> set_filter(Ctx& ctx, u32 flags, u64 address) {
    // Without listeners (SECCOMP_FILTER_FLAG_NEW_LISTENER).
    if ((flags & ~(kTsync | kLog | kSpecAllow | kTsyncEsrch)) != 0) return Errno::kINVAL;
    abi::sock_fprog program;
    TRY((vm::UserSpan{UserAddr(address), sizeof(program)}.copy_in(base::writable_bytes_of(program))));
    if (program.len == 0 || program.len > abi::BPF_MAXINSNS || program.filter == 0) return Errno::kINVAL;
    Vector<abi::sock_filter> instructions;
    TRY(instructions.try_reserve(program.len));
    for (usize i = 0; i < program.len; i++) instructions.push_reserved(abi::sock_filter{});
    TRY(vm::UserIn<abi::sock_filter>(UserAddr(program.filter)).fetch_array(instructions.span()));
    const auto scope = (flags & kTsync) != 0 ? process::SeccompScope::kProcess : process::SeccompScope::kThread;
    const i32 other = TRY(process::add_seccomp_filter(ctx.task, std::move(instructions), (flags & kLog) != 0, scope));
    if (other != 0 && (flags & kTsyncEsrch) != 0) return Errno::kSRCH;
    return other;
}

Result<i64> set_strict(Ctx& ctx) {
    TRY(process::set_seccomp_strict(ctx.task));
    return 0;
}

Result<i64> is_available(u64 address) {
    switch (TRY(vm::UserIn<u32>(UserAddr(address)).fetch())) {
        case abi::SECCOMP_RET_KILL_PROCESS:
        case abi::SECCOMP_RET_KILL_THREAD:
        case abi::SECCOMP_RET_TRAP:
        case abi::SECCOMP_RET_ERRNO:
        case abi::SECCOMP_RET_TRACE:
        case abi::SECCOMP_RET_LOG:
        case abi::SECCOMP_RET_ALLOW: return 0;
        default: return Errno::kOPNOTSUPP;
    }
}

}  // namespace

Result<i64> prctl_set_seccomp(Ctx& ctx, u64 mode, u64 filter) {
    if (mode == abi::SECCOMP_MODE_STRICT) return set_strict(ctx);
    return mode == abi::SECCOMP_MODE_FILTER ? set_filter(ctx, 0, filter) : Errno::kINVAL;
}

Result<i64> sys_seccomp(Ctx& ctx, i32 op, u32 flags, UserAddr uargs) {
    switch (op) {
        case abi::SECCOMP_SET_MODE_STRICT:
            if (flags != 0 || !uargs.is_null()) return Errno::kINVAL;
            return set_strict(ctx);
        case abi::SECCOMP_SET_MODE_FILTER: return set_filter(ctx, flags, uargs.value);
        case abi::SECCOMP_GET_ACTION_AVAIL:
            if (flags != 0) return Errno::kINVAL;
            return is_available(uargs.value);
        default: return Errno::kINVAL;
    }
}

}  // namespace linux_abi
