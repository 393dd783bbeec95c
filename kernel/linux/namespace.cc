// unshare, setns: what threads share with each other, and which namespaces they are in.
#include "process/namespaces.h"

#include "fs/mount_operations.h"
#include "generated/syscall_prototypes.h"
#include "process/pidfd.h"
#include "process/process.h"
#include "process/procfs/handles.h"

namespace linux_abi {
namespace {

using process::procfs::NamespaceHandle;

// What setns is going to change; all of it is made before anything changes.
struct Entry {
    OptRef<fs::FsContext> fs;
    OptRef<process::UtsNamespace> uts;
};

// Linux: mntns_install(), utsns_install().
Result<void> enter(Ctx& ctx, const NamespaceHandle& handle, Entry& entry) {
    const object::Credentials& c = ctx.task.credentials();
    if (!c.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    if (handle.type == abi::CLONE_NEWUSER) return Errno::kINVAL;  // into one's own
    if (handle.mount) {
        if (!c.capable(abi::CAP_SYS_CHROOT)) return Errno::kPERM;
        if (ctx.task.fs().ref_count() > 1) return Errno::kINVAL;  // shared with other threads
        const fs::Path top = handle.mount->top();
        entry.fs = TRY(make_ref<fs::FsContext>(top, top, handle.mount.ref(), ctx.task.fs().umask()));
    }
    if (handle.uts) entry.uts = handle.uts;
    return {};
}

// setns with a pidfd: several kinds at once. Linux: check_setns_flags(), validate_nsset().
Result<void> enter_all_of(Ctx& ctx, process::Process& target, u64 flags, Entry& entry) {
    if (flags == 0 || (flags & ~process::kNamespaceFlags) != 0) return Errno::kINVAL;
    const OptRef<process::Task> task = target.any_task();
    if (!task) return Errno::kSRCH;
    NamespaceHandle handle;
    if ((flags & abi::CLONE_NEWNS) != 0) {
        const OptRef<fs::FsContext> context = task->fs_of();
        if (!context) return Errno::kSRCH;
        handle.mount = Ref<fs::MountNamespace>(context->space());
    }
    if ((flags & abi::CLONE_NEWUTS) != 0) {
        handle.uts = task->uts_of();
        if (!handle.uts) return Errno::kSRCH;
    }
    if ((flags & abi::CLONE_NEWUSER) != 0) handle.type = abi::CLONE_NEWUSER;
    return enter(ctx, handle, entry);
}

Result<void> check_unshare(process::Task& task, u64 flags) {
    constexpr u64 kKnown = static_cast<u64>(abi::CLONE_THREAD | abi::CLONE_FS | abi::CLONE_SIGHAND | abi::CLONE_VM |
                                            abi::CLONE_FILES | abi::CLONE_SYSVSEM) |
                           process::kNamespaceFlags;
    constexpr u64 kAlone = static_cast<u64>(abi::CLONE_THREAD | abi::CLONE_SIGHAND | abi::CLONE_VM);
    if ((flags & abi::CLONE_NEWUSER) != 0) flags |= abi::CLONE_THREAD;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    if ((flags & kAlone) != 0) {
        const bool alone = task.process().signals().with([](process::SignalState& s) { return s.thread_count == 1; });
        if (!alone) return Errno::kINVAL;
    }
    return process::check_new_namespaces(task.credentials(), flags);
}

}  // namespace

Result<i64> sys_unshare(Ctx& ctx, u64 unshare_flags) {
    process::Task& task = ctx.task;
    TRY(check_unshare(task, unshare_flags));
    OptRef<fs::FsContext> context;
    OptRef<object::DescriptorTable> files;
    OptRef<process::UtsNamespace> uts;
    if ((unshare_flags & abi::CLONE_NEWNS) != 0) {
        context = TRY(fs::in_new_namespace(task.fs()));
    } else if ((unshare_flags & abi::CLONE_FS) != 0) {
        context = TRY(task.fs().fork_copy());
    }
    if ((unshare_flags & abi::CLONE_FILES) != 0 && task.files().ref_count() > 1) files = TRY(task.files().fork_copy());
    if ((unshare_flags & abi::CLONE_NEWUTS) != 0) uts = TRY(task.uts().copy());
    if (context) task.set_fs(std::move(context));
    if (files) task.set_files(std::move(files));
    if (uts) task.set_uts(std::move(uts));
    if ((unshare_flags & abi::CLONE_SYSVSEM) != 0) ipc::sem::leave(task.semaphore_undo, task.process().pid());
    return 0;
}

Result<i64> sys_setns(Ctx& ctx, i32 fd, u32 flags) {
    const object::FileRef file = TRY(ctx.task.files().get(fd));
    Entry entry;
    if (const NamespaceHandle* handle = process::procfs::namespace_of(*file)) {
        if (flags != 0 && flags != handle->type) return Errno::kINVAL;
        TRY(enter(ctx, *handle, entry));
    } else if (process::PidFile* pidfd = file->as<process::PidFile>()) {
        TRY(enter_all_of(ctx, pidfd->process(), flags, entry));
    } else {
        return Errno::kINVAL;
    }
    if (entry.fs) ctx.task.set_fs(std::move(entry.fs));
    if (entry.uts) ctx.task.set_uts(std::move(entry.uts));
    return 0;
}

}  // namespace linux_abi
