// unshare, setns: what threads share with each other; there is one namespace of each kind.
#include "abi/linux/capability.h"
#include "abi/linux/sched.h"
#include "generated/syscall_prototypes.h"
#include "process/process.h"
#include "process/procfs/handles.h"

namespace linux_abi {

Result<i64> sys_unshare(Ctx& ctx, u64 unshare_flags) {
    constexpr u64 kKnown = static_cast<u64>(abi::CLONE_THREAD | abi::CLONE_FS | abi::CLONE_SIGHAND | abi::CLONE_VM |
                                            abi::CLONE_FILES | abi::CLONE_SYSVSEM);
    constexpr u64 kAlone = static_cast<u64>(abi::CLONE_THREAD | abi::CLONE_SIGHAND | abi::CLONE_VM);
    process::Task& task = ctx.task;
    if ((unshare_flags & ~kKnown) != 0) return Errno::kINVAL;
    if ((unshare_flags & kAlone) != 0) {
        const bool alone = task.process().signals().with([](process::SignalState& s) { return s.thread_count == 1; });
        if (!alone) return Errno::kINVAL;
    }
    if ((unshare_flags & abi::CLONE_FS) != 0) task.set_fs(OptRef<fs::FsContext>(TRY(task.fs().fork_copy())));
    if ((unshare_flags & abi::CLONE_FILES) != 0 && task.files().ref_count() > 1) {
        task.set_files(OptRef<object::DescriptorTable>(TRY(task.files().fork_copy())));
    }
    if ((unshare_flags & abi::CLONE_SYSVSEM) != 0) ipc::sem::leave(task.semaphore_undo, task.process().pid());
    return 0;
}

// Into the one that all threads are in.
Result<i64> sys_setns(Ctx& ctx, i32 fd, u32) {
    const object::FileRef file = TRY(ctx.task.files().get(fd));
    if (!process::procfs::is_namespace(*file)) return Errno::kINVAL;
    if (!ctx.task.credentials().capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    return 0;
}

}  // namespace linux_abi
