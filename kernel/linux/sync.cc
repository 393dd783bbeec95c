// fsync, fdatasync, sync, syncfs, sync_file_range: files in memory are always as durable as they get.
#include "abi/linux/fcntl.h"
#include "generated/syscall_prototypes.h"
#include "object/file.h"

namespace linux_abi {

Result<i64> sys_fsync(Ctx& ctx, i32 fd) {
    TRY(TRY(ctx.task.files().get(fd))->sync(false));
    return 0;
}

Result<i64> sys_fdatasync(Ctx& ctx, i32 fd) {
    TRY(TRY(ctx.task.files().get(fd))->sync(true));
    return 0;
}

Result<i64> sys_sync(Ctx&) { return 0; }

Result<i64> sys_syncfs(Ctx& ctx, i32 fd) {
    TRY(ctx.task.files().get(fd));
    return 0;
}

Result<i64> sys_sync_file_range(Ctx& ctx, i32 fd, i64 offset, i64 nbytes, u32 flags) {
    object::FileRef file = TRY(ctx.task.files().get(fd));
    constexpr u32 kKnown =
        abi::SYNC_FILE_RANGE_WAIT_BEFORE | abi::SYNC_FILE_RANGE_WRITE | abi::SYNC_FILE_RANGE_WAIT_AFTER;
    i64 end = 0;
    if ((flags & ~kKnown) != 0 || offset < 0 || nbytes < 0 || __builtin_add_overflow(offset, nbytes, &end))
        return Errno::kINVAL;
    if ((file->mode() & object::File::kSeekable) == 0) return Errno::kSPIPE;
    return 0;
}

}  // namespace linux_abi
