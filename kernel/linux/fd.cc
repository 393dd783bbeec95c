// Descriptors: close, close_range, dup, dup2, dup3.
#include "abi/linux/fcntl.h"
#include "generated/syscall_prototypes.h"
#include "process/process.h"

namespace linux_abi {

using object::DescriptorTable;

namespace {

Result<i64> number(const Result<int>& fd) {
    if (!fd.ok()) return fd.error();
    return fd.value();
}

}  // namespace

Result<i64> sys_close(Ctx& ctx, i32 fd) {
    TRY(ctx.task.files().close(fd));
    return 0;
}

Result<i64> sys_close_range(Ctx& ctx, u32 fd, u32 max_fd, u32 flags) {
    if (fd > max_fd) return Errno::kINVAL;
    const bool mark_only = (flags & abi::CLOSE_RANGE_CLOEXEC) != 0;
    if ((flags & abi::CLOSE_RANGE_UNSHARE) != 0 && ctx.task.files().ref_count() > 1) {
        ctx.task.set_files(mark_only ? TRY(ctx.task.files().fork_copy())
                                     : TRY(ctx.task.files().fork_copy_without(fd, max_fd)));
        if (!mark_only) return 0;
    }
    ctx.task.files().close_range(fd, max_fd, mark_only);
    return 0;
}

Result<i64> sys_dup(Ctx& ctx, i32 fildes) { return number(ctx.task.files().dup_from(fildes, 0, false)); }

Result<i64> sys_dup2(Ctx& ctx, i32 oldfd, i32 newfd) {
    DescriptorTable& files = ctx.task.files();
    if (oldfd == newfd) {
        TRY(files.get_any(oldfd));
        return newfd;
    }
    return number(files.dup_to(oldfd, newfd, false));
}

Result<i64> sys_dup3(Ctx& ctx, i32 oldfd, i32 newfd, u32 flags) {
    if ((flags & ~static_cast<u32>(abi::O_CLOEXEC)) != 0 || oldfd == newfd) return Errno::kINVAL;
    return number(ctx.task.files().dup_to(oldfd, newfd, flags != 0));
}

}  // namespace linux_abi
