// ftruncate, fallocate.
#include "abi/linux/fcntl.h"
#include "abi/linux/stat.h"
#include "fs/notify.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"

namespace linux_abi {

Result<i64> sys_ftruncate(Ctx& ctx, i32 fd, i64 length) {
    if (length < 0) return Errno::kINVAL;
    object::FileRef file = TRY(ctx.task.files().get(fd));
    object::Attributes attributes;
    TRY(file->stat(attributes));
    if ((attributes.mode & abi::S_IFMT) != abi::S_IFREG || !file->writable()) return Errno::kINVAL;
    if (static_cast<u64>(length) > ctx.task.process().limits().soft(abi::RLIMIT_FSIZE)) {
        process::send_signal_to_self(ctx.task, abi::SIGXFSZ);
        return Errno::kFBIG;
    }
    TRY(file->truncate(static_cast<u64>(length)));
    fs::notify::file(*file, abi::IN_MODIFY);
    return 0;
}

namespace {
constexpr u32 kKnown = abi::FALLOC_FL_KEEP_SIZE | abi::FALLOC_FL_PUNCH_HOLE | abi::FALLOC_FL_COLLAPSE_RANGE |
                       abi::FALLOC_FL_ZERO_RANGE | abi::FALLOC_FL_INSERT_RANGE | abi::FALLOC_FL_UNSHARE_RANGE;

// What no file can do, told before anybody looks at this one (Linux: vfs_fallocate).
Result<void> check_mode(u32 mode) {
    constexpr u32 kHole = abi::FALLOC_FL_PUNCH_HOLE, kZero = abi::FALLOC_FL_ZERO_RANGE,
                  kKeep = abi::FALLOC_FL_KEEP_SIZE;
    constexpr u32 kCollapse = abi::FALLOC_FL_COLLAPSE_RANGE, kInsert = abi::FALLOC_FL_INSERT_RANGE;
    constexpr u32 kUnshare = abi::FALLOC_FL_UNSHARE_RANGE;
    if ((mode & ~kKnown) != 0) return Errno::kOPNOTSUPP;
    if ((mode & kHole) != 0 && ((mode & kZero) != 0 || (mode & kKeep) == 0)) return Errno::kOPNOTSUPP;
    if ((mode & kCollapse) != 0 && mode != kCollapse) return Errno::kINVAL;
    if ((mode & kInsert) != 0 && mode != kInsert) return Errno::kINVAL;
    if ((mode & kUnshare) != 0 && (mode & ~(kUnshare | kKeep)) != 0) return Errno::kINVAL;
    return {};
}
}  // namespace

Result<i64> sys_fallocate(Ctx& ctx, i32 fd, u32 mode, i64 offset, i64 len) {
    object::FileRef file = TRY(ctx.task.files().get(fd));
    if (offset < 0 || len <= 0) return Errno::kINVAL;
    TRY(check_mode(mode));
    if (!file->writable()) return Errno::kBADF;
    object::Attributes attributes;
    TRY(file->stat(attributes));
    switch (attributes.mode & abi::S_IFMT) {
        case abi::S_IFREG:
        case abi::S_IFBLK: break;
        case abi::S_IFIFO: return Errno::kSPIPE;
        case abi::S_IFDIR: return Errno::kISDIR;
        default: return Errno::kNODEV;
    }
    i64 end = 0;
    if (__builtin_add_overflow(offset, len, &end)) return Errno::kFBIG;
    // inode_newsize_ok(): only what makes the file larger is limited.
    const u64 limit = ctx.task.process().limits().soft(abi::RLIMIT_FSIZE);
    if ((mode & abi::FALLOC_FL_KEEP_SIZE) == 0 && static_cast<u64>(end) > attributes.size &&
        static_cast<u64>(end) > limit) {
        process::send_signal_to_self(ctx.task, abi::SIGXFSZ);
        return Errno::kFBIG;
    }
    TRY(file->allocate(mode, static_cast<u64>(offset), static_cast<u64>(len)));
    fs::notify::file(*file, abi::IN_MODIFY);
    return 0;
}

}  // namespace linux_abi
