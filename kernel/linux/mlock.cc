// mlock, mlock2, munlock, mlockall, munlockall: pages stay in memory anyway; the limits and errors are Linux's.
#include "abi/linux/capability.h"
#include "abi/linux/mman.h"
#include "generated/syscall_prototypes.h"
#include "vm/address_space.h"

namespace linux_abi {
namespace {

bool privileged(Ctx& ctx) { return ctx.task.credentials().capable(abi::CAP_IPC_LOCK); }

// The range by whole pages; EINVAL when it wraps.
Result<i64> lock(Ctx& ctx, UserAddr start, usize len, bool on_fault) {
    TRY(ctx.task.address_space().lock_pages(start, len, on_fault, privileged(ctx)));
    return 0;
}

}  // namespace

Result<i64> sys_mlock(Ctx& ctx, UserAddr start, usize len) { return lock(ctx, start, len, false); }

Result<i64> sys_mlock2(Ctx& ctx, UserAddr start, usize len, u32 flags) {
    if ((flags & ~u32{abi::MLOCK_ONFAULT}) != 0) return Errno::kINVAL;
    return lock(ctx, start, len, (flags & abi::MLOCK_ONFAULT) != 0);
}

Result<i64> sys_munlock(Ctx& ctx, UserAddr start, usize len) {
    TRY(ctx.task.address_space().unlock_pages(start, len));
    return 0;
}

Result<i64> sys_mlockall(Ctx& ctx, u32 flags) {
    constexpr u32 kAll = abi::MCL_CURRENT | abi::MCL_FUTURE | abi::MCL_ONFAULT;
    if (flags == 0 || (flags & ~kAll) != 0 || flags == abi::MCL_ONFAULT) return Errno::kINVAL;
    TRY(ctx.task.address_space().lock_all((flags & abi::MCL_CURRENT) != 0, (flags & abi::MCL_FUTURE) != 0,
                                          (flags & abi::MCL_ONFAULT) != 0, privileged(ctx)));
    return 0;
}

Result<i64> sys_munlockall(Ctx& ctx) {
    TRY(ctx.task.address_space().unlock_all());
    return 0;
}

}  // namespace linux_abi
