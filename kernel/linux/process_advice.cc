// process_madvise, process_mrelease: another process's memory, named by a pidfd (Linux: mm/madvise.c, mm/oom_kill.c).
#include "abi/linux/mman.h"
#include "abi/linux/uio.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "linux/pidfd_args.h"
#include "process/oom.h"
#include "process/pidfd.h"
#include "process/trace.h"

namespace linux_abi {
namespace {

// What may be said about memory that is not one's own.
Result<vm::Advice> remote_advice(i32 behavior) {
    switch (behavior) {
        case abi::MADV_COLD: return vm::Advice::kCold;
        case abi::MADV_PAGEOUT: return vm::Advice::kPageOut;
        case abi::MADV_WILLNEED: return vm::Advice::kWillNeed;
        case abi::MADV_COLLAPSE: return vm::Advice::kCollapse;
        default: return Errno::kINVAL;
    }
}

}  // namespace

Result<i64> sys_process_madvise(Ctx& ctx, i32 pidfd, vm::UserIn<abi::iovec> vec, u64 vlen, i32 behavior, u32 flags) {
    if (flags != 0) return Errno::kINVAL;
    Segments ranges;
    TRY(ranges.fetch(vec, vlen));
    const Ref<process::Process> target = TRY(process_of_pidfd(ctx, pidfd));
    const OptRef<process::Task> task = target->any_task();
    if (!task) return Errno::kSRCH;
    const vm::Advice advice = TRY(remote_advice(behavior));
    if (&task->process() != &ctx.task.process())
        TRY(process::may_trace(ctx.task, *task, process::AccessMode::kRead, process::AccessIds::kFileSystem));
    if (!ctx.task.credentials().capable(abi::CAP_SYS_NICE)) return Errno::kPERM;
    const OptRef<vm::AddressSpace> space = task->address_space_of();
    if (!space) return Errno::kSRCH;
    i64 done = 0;
    for (const vm::IoSegment& range : ranges.span()) {
        if (Result<void> r = space->advise(UserAddr(range.address), range.length, advice); !r.ok())
            return done > 0 ? Result<i64>(done) : r.error();
        done += static_cast<i64>(range.length);
    }
    return done;
}

Result<i64> sys_process_mrelease(Ctx& ctx, i32 pidfd, u32 flags) {
    if (flags != 0) return Errno::kINVAL;
    const Ref<process::Process> target = TRY(process_of_pidfd(ctx, pidfd));
    TRY(process::oom::release_memory(*target));
    return 0;
}

}  // namespace linux_abi
